"""Baselines of documents, fitted on counts: unigrams, mixtures of unigrams, LDA."""

import importlib.util
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from explorer.evaluation import lda
from explorer.evaluation.lda import LDA
from explorer.latent_space import topics
from explorer.models import unigram_mixture

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_SMOOTHING = 1.0
"""Occurrences added to each word of each topic of a mixture; chosen on validation documents."""


@dataclass(frozen=True, slots=True)
class DocumentScores:
    """What one model reaches on held-out documents; None where it has none."""

    title: str
    per_document: float | None = None
    per_word: float | None = None
    npmi: float | None = None
    diversity: float | None = None


def baselines(
    train: "csr_matrix", test: "csr_matrix", num_topics: int = 50, seed: int = 0
) -> Iterator[DocumentScores]:
    """Fits each baseline to the counts of training documents, and measures it on others.

    Perplexities are exact but for LDA, where they are variational bounds. LDA by Gibbs sampling
    needs tomotopy (`pip install -e '.[topics]'`), and is left out without it.

    Args:
        train: Counts (documents, words).
        test: The same of held-out documents, each with at least one word.
        num_topics: Of LDA and of the larger mixtures.
        seed: Of all starts.

    Source:
        Nigam et al. (2000); of LDA see `explorer.evaluation.lda`.
    """
    yield _unigrams(train, test)
    for count in dict.fromkeys((20, num_topics)):
        for hard in (False, True):
            yield _mixture(train, test, count, hard, seed)
    yield _lda(lda.online(train, num_topics, seed), "online", train, test)
    if importlib.util.find_spec("tomotopy"):
        yield _lda(lda.by_gibbs(train, num_topics, seed), "Gibbs sampling", train, test)


def _unigrams(train: "csr_matrix", test: "csr_matrix") -> DocumentScores:
    counts = np.asarray(train.sum(0)).ravel() + 0.5
    nats = -np.asarray(test @ np.log(counts / counts.sum()))
    return _scored("unigrams", nats, test)


def _mixture(
    train: "csr_matrix", test: "csr_matrix", count: int, hard: bool, seed: int
) -> DocumentScores:
    steps = unigram_mixture.fit(train, count, seed, hard, smoothing=_SMOOTHING)
    mixture = unigram_mixture.fitted(steps)
    nats = -unigram_mixture.log_likelihoods(test, mixture)
    title = f"mixture of {count} unigrams, {'hard EM' if hard else 'EM'}"
    return _scored(title, nats, test, np.exp(mixture.log_words), train)


def _lda(model: LDA, how: str, train: "csr_matrix", test: "csr_matrix") -> DocumentScores:
    title = f"LDA, {len(model.alpha)} topics, {how}"
    return _scored(title, -lda.bounds(test, model), test, model.words, train)


def _scored(
    title: str,
    nats: Float[np.ndarray, " documents"],
    test: "csr_matrix",
    words: Float[np.ndarray, "topics words"] | None = None,
    train: "csr_matrix | None" = None,
) -> DocumentScores:
    lengths = np.asarray(test.sum(1)).ravel()
    per_document = math.exp((nats / lengths).mean())
    per_word = math.exp(nats.sum() / lengths.sum())
    scored = (None, None) if words is None or train is None else _coherent(words, train)
    return DocumentScores(title, per_document, per_word, *scored)


def _coherent(
    words: Float[np.ndarray, "topics words"], train: "csr_matrix"
) -> tuple[float, float]:
    scores = topics.contrast(words)
    npmi = topics.coherences(topics.top_words(scores, topics.COHERENT), train).mean()
    return float(npmi), topics.diversity(topics.top_words(scores, topics.DIVERSE))
