"""A trained run, opened: the facade of the pages, the command line and notebooks."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float32, Int

from explorer.errors import ExplorerError
from explorer.evaluation.sampling_verdict import can_be_sampled
from explorer.evaluation.verdict import Verdict, uses_z
from explorer.explore.added_texts import AddedTexts, locate_texts
from explorer.explore.arguments import array, numbers, whole
from explorer.explore.domain import Domain
from explorer.explore.mapped_run import Latents, MappedRun
from explorer.explore.selection import read_selection, rows_of
from explorer.explore.selection_comparison import Comparison, compare
from explorer.latent_space import arithmetic, interpolation
from explorer.latent_space.map_index import Cycle
from explorer.models.decoding_settings import Decoded, Decoding
from explorer.runs import folder as folders
from explorer.text.tokens import EOS, SPECIALS

if TYPE_CHECKING:
    from torch import Tensor

    from explorer import LatentMap

GAIN_SAMPLES = 16
"""Prior samples a word's probability is compared with, for its latent gain."""


class Run(MappedRun):
    """A run folder, its model and its map."""

    # What its metrics say.

    @property
    def uses_z(self) -> Verdict:
        """Whether the decoder uses z, from `metrics`."""
        return uses_z(self.metrics)

    @property
    def can_be_sampled(self) -> Verdict:
        """Whether samples of the prior decode to sentences, from `metrics`."""
        return can_be_sampled(self.metrics)

    # From text to latents and back.

    def ids(self, texts: Iterable[str]) -> list[list[int]]:
        """Sentences as ids of words or pieces, without start and end.

        Raises:
            ExplorerError: For a single string in place of a list, and for items that are no
                strings.
        """
        if isinstance(texts, str):
            raise ExplorerError(f"sentences come in a list: [{texts[:40]!r}]")
        texts = list(texts)
        for text in texts:
            if not isinstance(text, str):
                raise ExplorerError(f"a sentence is text, not {type(text).__name__}")
        return [self.vocabulary.encode(self.words(text)) for text in texts]

    def unknown(self, text: str) -> list[str]:
        """The words of a sentence that are outside the vocabulary."""
        return self.vocabulary.unknown(self.words(text))

    def rare(self, text: str) -> list[str]:
        """The words of a sentence without a vocabulary entry: unknown, or split into pieces."""
        return self.vocabulary.rare(self.words(text))

    def encode(self, texts: Iterable[str]) -> Latents:
        """The posterior mean of each sentence."""
        return self.posterior(texts)[0]

    def posterior(self, texts: Iterable[str]) -> tuple[Latents, Latents]:
        """Mean and standard deviation of each sentence's posterior."""
        from explorer.models.batch_inference import posteriors

        self._need_latent()
        return posteriors(self.model, self.ids(texts))

    def decode(self, z: Latents, decoding: Decoding | None = None) -> list[str]:
        """One sentence for each latent point; greedily by default.

        Raises:
            ExplorerError: If `z` does not have this run's latent size, or is not finite.
        """
        return [self._text(row) for row in self._generate(self._points(z), decoding)]

    def decode_tokens(self, z: Latents, decoding: Decoding | None = None) -> list[Decoded]:
        """Like `decode`, with each word's log-probability and latent gain, summed over pieces."""
        import torch

        from explorer.models.latent_gain import token_scores
        from explorer.models.padding import collate

        decoding = decoding or Decoding()
        points = self._points(z)
        rows = self._generate(points, decoding)
        tokens = collate(rows, self.model.device)
        with torch.inference_mode():
            log_probs, gains = token_scores(
                self.model.decoder,
                points,
                tokens,
                self._reference(),
                GAIN_SAMPLES,
                condition=lambda z: self._decoder_input(z, decoding),
            )
        result = []
        for row, log_prob, gain in zip(rows, log_probs.tolist(), gains.tolist(), strict=True):
            words = self.vocabulary.decode(row)
            named = words
            if len(row) < decoding.max_tokens:  # else it was cut off before its end
                named = [*words, SPECIALS[EOS]]
            index = [*self.vocabulary.word_index(row), len(words)]
            sums = (_summed(scores, index, len(named)) for scores in (log_prob, gain))
            result.append(Decoded(self.tokeniser.text(words), named, *sums))
        return result

    def reconstruct(self, texts: Sequence[str], decoding: Decoding | None = None) -> list[str]:
        """Decodes the posterior mean of each sentence."""
        return self.decode(self.encode(texts), decoding)

    def sample(self, n: int, decoding: Decoding | None = None) -> list[str]:
        """Decodes n draws from the prior; by default words are drawn too, at temperature 1.

        Raises:
            ExplorerError: For an autoencoder on whose encodings no density was fitted.
        """
        decoding = decoding or Decoding(strategy="sample")
        return self.decode(self.prior_samples(n, decoding.seed), decoding)

    def prior_samples(self, n: int, seed: int = 0) -> Latents:
        """Draws z from the prior, or from the density fitted on an autoencoder's encodings.

        Raises:
            ExplorerError: For an autoencoder on whose encodings no density was fitted.
        """
        import torch

        from explorer.evaluation.prior_diagnostics import need_density
        from explorer.models.random_streams import generator, sample

        need_density(self.model, self.folder)
        n, seed = whole("n", n, 0), whole("seed", seed, 0, 2**63 - 1)
        if not n:  # of which a mixture or a flow cannot draw
            return np.zeros((0, self.config.model.latent_dim), np.float32)
        with torch.inference_mode():
            # A separate stream: decoding draws words with the same seed.
            return sample(self.model.prior(), n, generator(seed, "prior")).cpu().numpy()

    def around(
        self,
        z: Float32[np.ndarray, " latent"],
        scale: Float32[np.ndarray, " latent"],
        k: int = 5,
        decoding: Decoding | None = None,
    ) -> list[str]:
        """Decodes k draws from N(z, diag(scale²))."""
        z, count = self._latent(z), whole("k", k, 0)
        random = np.random.default_rng(decoding.seed if decoding else 0)
        noise = random.standard_normal((count, len(z))).astype(np.float32)
        return self.decode(z + noise * scale, decoding)

    def interpolate(
        self,
        a: str | np.ndarray,
        b: str | np.ndarray,
        steps: int = 9,
        spherical: bool = False,
        decoding: Decoding | None = None,
    ) -> list[str]:
        """Sentences at even steps from one sentence or latent point to another, ends included."""
        return self.decode(self.path(a, b, steps, spherical), decoding)

    def path(
        self, a: str | np.ndarray, b: str | np.ndarray, steps: int = 9, spherical: bool = False
    ) -> Latents:
        """The latent points of `interpolate`, projected onto the space where it is bounded.

        A straight line leaves a sphere, and lies between codes: its points are projected onto the
        space, so that a path between codes jumps at its middle.
        """
        steps = whole("steps", steps, 2, 1000)
        interpolate = interpolation.spherical if spherical else interpolation.linear
        z = interpolate(self._latent(a), self._latent(b), interpolation.steps(steps))
        return self._points(z).numpy()

    def analogy(
        self,
        a: str | np.ndarray,
        b: str | np.ndarray,
        c: str | np.ndarray,
        k: float | Sequence[float] | np.ndarray = 1.0,
    ) -> Latents:
        """C + k·(b − a) for every k, projected onto the space where it is bounded."""
        start, end, other = (self._latent(point) for point in (a, b, c))
        return self._points(arithmetic.analogy(start, end, other, numbers("k", k))).numpy()

    def traverse(
        self, point: str | np.ndarray, dimension: int, values: Sequence[float] | np.ndarray
    ) -> Latents:
        """The point with one coordinate set to each value, projected as in `path`."""
        z, coordinates = self._latent(point), numbers("values", values).astype(np.float32)
        z = arithmetic.traverse(z, whole("dimension", dimension, 0, len(z) - 1), coordinates)
        return self._points(z).numpy()

    def score(self, texts: Sequence[str], label: str = "") -> tuple[np.ndarray, np.ndarray]:
        """Distortion (one posterior sample) and rate of each sentence, nats.

        Args:
            texts: Sentences.
            label: For a conditional run: the label that conditions the decoder; empty for the
                average of all labels.

        Raises:
            ExplorerError: If the model was not trained with this label.
        """
        from explorer.models import label_conditioning
        from explorer.models.batch_inference import scores

        ids, index = self.ids(texts), label_conditioning.index(self.config.model.labels, label)
        return scores(self.model, ids, labels=[index] * len(ids))

    def nats_per_word(self, texts: Sequence[str], label: str = "") -> np.ndarray:
        """Distortion of each sentence over the number of its words, the end counted as one.

        Args:
            texts: Sentences.
            label: As in `score`.
        """
        words = [len(self.vocabulary.decode(row)) + 1 for row in self.ids(texts)]
        return self.score(texts, label)[0] / np.array(words, np.float32)

    @cached_property
    def domain(self) -> Domain | None:
        """What 99% of the training sentences cost; None where the map does not say."""
        return Domain.of(self)

    def out_of_domain(self, texts: Sequence[str], label: str = "") -> np.ndarray | None:
        """Whether each sentence costs more nats per word than 99% of the training sentences.

        A model decodes such a sentence as one of its corpus. Held-out sentences are called so
        more often than 1%: on captions-smooth about one in twenty.

        Args:
            texts: Sentences.
            label: As in `score`.

        Returns:
            A truth value each; None for a run whose `domain` is not known.
        """
        domain = self.domain
        return None if domain is None else self.nats_per_word(texts, label) > domain.limit

    def cycle(self, z: Float32[np.ndarray, " latent"], text: str | None = None) -> Cycle:
        """Encodes a point's decoded sentence again; without `text`, decodes it greedily."""
        z = self._latent(z)
        if text is None:
            text = self.decode(z[None])[0]
        back = self.encode([text])[0]
        return Cycle(text, back, float(np.linalg.norm(back - z)))

    # On the map.

    def locate_texts(self, texts: Sequence[str]) -> AddedTexts:
        """Texts of another corpus on the map: z, cost, domain; `positions(run)` has their x, y.

        Raises:
            ExplorerError: Without texts, or for a run without a map.
        """
        return locate_texts(self, texts)

    def select(self, selection: str) -> Int[np.ndarray, " rows"]:
        """Atlas indexes of the sentences that a selection describes, ascending.

        Conditions are joined by `and`, `or`, `not` and parentheses:

            run.select('region:"dog, park" and length:5..12')
            run.select('words:"red bus" or regex:"^two .* sit"')
            run.select('near:"a man rides a horse"~50 and not label:sports')

        Args:
            selection: As text; the map page writes the same into its address. Conditions are the
                keys of `explorer.explore.criteria.CRITERIA`.

        Raises:
            ExplorerError: If the text is malformed, or names a label or region that the map does
                not have.
        """
        return rows_of(self, read_selection(selection))

    def compare_selections(self, a: str, b: str) -> Comparison:
        """Two selections compared: overlap, words, decoded centres, distance and separation.

            compared = run.compare_selections("label:sports", "words:dog")
            run.decode(run.analogy(*compared.ends, "two men talk", [0, 1, 2]))

        `a` and `b` are selections as text; see `select`.

        Raises:
            ExplorerError: As `select`; also if one is empty, or both are the same sentences.
        """
        result = compare(self, self.select(a), self.select(b))
        return replace(result, decoded=tuple(self.decode(np.stack(result.centres))))

    # Help.

    def map(self, **options: Any) -> "LatentMap":
        """The map as a notebook widget, of which `pick` and `selection` can be read and set.

        Args:
            **options: As `explorer.notebook.latent_map.LatentMap` takes them.

        Raises:
            ExplorerError: If the run has no map, or anywidget is missing.
        """
        from explorer import latent_map

        return latent_map(self, **options)

    def _need_latent(self) -> None:
        if not self.has_latent:
            raise ExplorerError(f"{self.name} is a language model: it has no latent space")

    def _latent(self, point: str | np.ndarray) -> np.ndarray:
        """One latent point: a sentence's posterior mean, or a vector, checked."""
        if isinstance(point, str):
            return self.encode([point])[0]
        size, z = self.config.model.latent_dim, array(point)
        if z.shape != (size,) or z.dtype.kind not in "fiu":
            raise ExplorerError(
                f"a latent point of {self.name} is {size} numbers, not {z.dtype} {z.shape}"
            )
        return _finite(z)

    def _text(self, row: Sequence[int]) -> str:
        return self.tokeniser.text(self.vocabulary.decode(row))

    def _points(self, z: np.ndarray) -> "Tensor":
        """Latent points for the decoder: checked, and projected onto the latent space."""
        import torch

        size, z = self.config.model.latent_dim, array(z)
        if z.ndim != 2 or z.shape[1] != size or z.dtype.kind not in "fiu":
            raise ExplorerError(f"latents of {self.name} have shape (n, {size}), not {z.shape}")
        return self.model.latent.project(torch.from_numpy(np.ascontiguousarray(_finite(z))))

    def _generate(self, points: "Tensor", decoding: Decoding | None) -> list[list[int]]:
        from explorer.models.decoding_strategies import generate

        decoding = decoding or Decoding()
        if not self.vocabulary.has_unknown:
            decoding = replace(decoding, allow_unknown=False)
        return generate(self.model.decoder, self._decoder_input(points, decoding), decoding)

    def _decoder_input(self, z: "Tensor", decoding: Decoding) -> "Tensor":
        return self.model.condition_on_label(z, decoding.label, decoding.strength)

    def _reference(self) -> Any:
        """The reference of the latent gain: the prior, else a Gaussian of the encodings."""
        import torch
        from torch.distributions import Independent, Normal

        if self.model.has_density:
            return self.model.prior()
        mean = torch.from_numpy(self.needed_atlas.mean)
        return Independent(Normal(mean.mean(0), mean.std(0)), 1)


def _summed(scores: Sequence[float], index: Sequence[int], count: int) -> list[float]:
    """Scores of ids, summed over each of the first `count` words."""
    sums = [0.0] * count
    for score, word in zip(scores, index, strict=False):  # padding follows the end
        if word < count:
            sums[word] += score
    return sums


def _finite(z: np.ndarray) -> np.ndarray:
    """In single precision, checked."""
    with np.errstate(over="ignore"):
        z = z.astype(np.float32)
    if not np.isfinite(z).all():
        raise ExplorerError("a latent point holds a value that is not a finite number")
    return z


def open_run(run: str | Path) -> Run:
    """Opens a run by name or path. Nothing in the folder is executed.

    Raises:
        ExplorerError: If there is no such run, or its recipe is damaged.
    """
    return Run(folders.find(run))
