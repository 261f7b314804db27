"""Whether a label can be switched while the rest of a sentence stays, and what z knows of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from explorer.evaluation.applicability import NotApplicable, NotRelevant, Reason
from explorer.evaluation.context import EvaluationContext
from explorer.evaluation.reconstruction import bleu
from explorer.latent_space.random_rows import draw

MOST_KINDS = 50
SENTENCES = 2000
"""Most sentences that are rewritten."""
MAX_FITTED = 500_000
"""Maximum training sentences times labels of the classifier that judges: minutes."""
STRENGTHS = (0.5, 1.0, 1.5, 2.0, 3.0)
FACTORS = (0.5, 1.0, 1.5, 2.0, 3.0)


@dataclass(frozen=True, slots=True)
class Switch:
    """How one method of switching the label came out."""

    strength: float
    accuracy: float
    """Share of the rewritten sentences that the judge takes for the other label."""
    bleu: float
    """Of the rewritten sentences against those they were made from."""


@dataclass(frozen=True)
class Labelled:
    """A labelled split, its labels as numbers, and an outside judge of words.

    The judge is a logistic regression on the words and pairs of words of the training text; it
    knows nothing of the model.
    """

    run: EvaluationContext
    kinds: Sequence[str]
    """Labels that the training text, the model if it is conditional, and `rows` have."""
    rows: Sequence[int]
    """Held-out sentences with such a label and a word, at most `SENTENCES`, drawn by the seed."""

    @classmethod
    def of(cls, run: EvaluationContext) -> "Labelled":
        """The labelled part of a measurement.

        Raises:
            NotApplicable: If the model has no latent space, or the corpus too many labels.
            NotRelevant: If it has none.
        """
        distinct = sorted({label for label in run.held_out.training_labels or () if label})
        if len(distinct) < 2:
            raise NotRelevant("the corpus has no labels")
        run.need_latent()
        if len(distinct) > MOST_KINDS:
            raise NotApplicable(
                Reason.LABELS, f"the corpus has {len(distinct)} labels, more than {MOST_KINDS}"
            )
        known = set(distinct) & set(run.model.config.labels or distinct)
        held = run.held_out
        assert held.labels is not None
        labels, words = held.labels, held.tokens
        order = run.order("labelled")
        rows = sorted([row for row in order if labels[row] in known and words[row]][:SENTENCES])
        kinds = sorted({held.labels[row] for row in rows})
        if len(kinds) < 2:
            raise NotApplicable(Reason.LABELS, "the sentences do not have two different labels")
        return cls(run, kinds, rows)

    @cached_property
    def labels(self) -> np.ndarray:
        """The label of each of `rows`, an index into `kinds`."""
        held = self.run.held_out
        assert held.labels is not None
        return np.array([self.kinds.index(held.labels[row]) for row in self.rows])

    @property
    def others(self) -> np.ndarray:
        """The label each sentence is to be given: the next one, in a circle."""
        return (self.labels + 1) % len(self.kinds)

    @cached_property
    def tokens(self) -> list[Sequence[str]]:
        return [self.run.held_out.tokens[row] for row in self.rows]

    @cached_property
    def mean(self) -> Float[Tensor, "n latent"]:
        return self.run.posterior.mean[self.rows]

    @cached_property
    def _judge(self) -> Any:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline

        held = self.run.held_out
        assert held.training_labels is not None
        pairs = zip(held.training, held.training_labels, strict=True)
        known = [(" ".join(words), label) for words, label in pairs if label and words]
        # Every k-th row would not do: what alternates in a file would all be of one kind.
        rows = draw(len(known), max(2, MAX_FITTED // len(self.kinds)), self.run.seed)
        known = [known[row] for row in rows.tolist()]
        counts = Counter(word for text, _ in known for word in set(text.split()))
        least = min(2, max(counts.values(), default=1))  # words of one sentence say little
        words = TfidfVectorizer(
            token_pattern=r"\S+", lowercase=False, ngram_range=(1, 2), min_df=least
        )
        judge = make_pipeline(words, LogisticRegression(C=10.0, max_iter=1000))
        return judge.fit([text for text, _ in known], [label for _, label in known])

    def accuracy(self, sentences: Sequence[Sequence[str]], labels: np.ndarray) -> float:
        """Share of the sentences that the judge takes for these labels."""
        texts = [" ".join(tokens) for tokens in sentences]
        named = np.array(self.kinds, object)[labels]
        return float((self._judge.predict(texts) == named).mean())

    def _switch(self, strength: float, inputs: Tensor) -> Switch:
        decoded = self.run.decode_inputs(inputs)
        return Switch(strength, self.accuracy(decoded, self.others), bleu(decoded, self.tokens))

    @cached_property
    def switches(self) -> list[Switch]:
        """The sentences decoded from their z with another label.

        Raises:
            NotApplicable: If the model is not conditional.
        """
        model = self.run.model
        if not model.config.labels:
            raise NotApplicable(
                Reason.NOT_CONDITIONAL, "the decoder is not conditioned on the label"
            )
        results = []
        for strength in STRENGTHS:
            inputs = torch.empty(len(self.rows), self.mean.shape[1] + len(model.config.labels))
            inputs = inputs.to(self.mean)
            for number, kind in enumerate(self.kinds):
                rows = torch.from_numpy(np.flatnonzero(self.others == number))
                inputs[rows] = model.condition_on_label(self.mean[rows], kind, strength)
            results.append(self._switch(strength, inputs))
        return results

    @cached_property
    def moves(self) -> list[Switch]:
        """The sentences decoded from z + k · (mean of the other label − mean of their own)."""
        run = self.run
        labels = torch.from_numpy(self.labels).to(self.mean.device)
        centres = torch.stack(
            [self.mean[labels == number].mean(0) for number in range(len(self.kinds))]
        )
        direction = centres[torch.from_numpy(self.others).to(labels)] - centres[labels]
        codes = [run.codes[row] for row in self.rows] if run.codes else []

        def moved(k: float) -> Tensor:
            return run.model.latent.project(self.mean + k * direction)

        return [self._switch(k, run.model.condition(moved(k), codes)) for k in FACTORS]

    @cached_property
    def information(self) -> dict[str, float]:
        """I(z; label), nats, from below: label entropy − what a classifier on z leaves of it.

        The classifier is a logistic regression fitted on one half of the samples of z and judged
        on the other, so a `value` below 0 means that it learned nothing that holds.
        """
        from sklearn.linear_model import LogisticRegression
        from sklearn.metrics import log_loss
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        z = self.run.z[self.rows].cpu().numpy()
        half = np.random.default_rng(self.run.seed).permutation(len(z)) % 2 == 0
        kinds = np.arange(len(self.kinds))
        if len(set(self.labels[half])) < len(kinds) or len(set(self.labels[~half])) < 2:
            raise NotApplicable(Reason.TOO_FEW_SENTENCES, "too few sentences of some label")
        reader = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        reader.fit(z[half], self.labels[half])
        judged = self.labels[~half]
        shares = np.bincount(judged, minlength=len(kinds)) / len(judged)
        entropy = float(-(shares[shares > 0] * np.log(shares[shares > 0])).sum())
        left = float(log_loss(judged, reader.predict_proba(z[~half]), labels=kinds))
        accuracy = float(reader.score(z[~half], judged))
        return {"value": entropy - left, "ceiling": entropy, "accuracy": accuracy}


def labelled(run: EvaluationContext) -> Labelled:
    """The labelled part of a measurement, the same for every metric; see `Labelled.of`."""
    known = vars(run)  # where `cached_property` keeps what a measurement computed
    if "_labelled" not in known:
        known["_labelled"] = Labelled.of(run)
    return known["_labelled"]
