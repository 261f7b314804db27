"""A trained run from sentences to latents and back: encoding, decoding, samples."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float32

from explorer.errors import ExplorerError
from explorer.explore import ranked_words, text_points
from explorer.explore.arguments import array, numbers, sentences, string, whole
from explorer.explore.mapped_run import Latents, MappedRun
from explorer.models.decoding_settings import Decoded, Decoding
from explorer.system.cache import Cache
from explorer.text.tokens import EOS, SPECIALS

if TYPE_CHECKING:
    from torch import Tensor

_LEAST_SCALE = 1e-6
_RECENT = 64
_MOST_DRAWS = 10**7  # more fill the memory of most machines
_LOOP = Lock()
"""Closed loops of several threads take turns: side by side none of them ends sooner, and whatever
is answered at once, a click or the lens, waits for all of them."""


class CodedRun(MappedRun):
    """A run's map, its encoder and its decoder."""

    def ids(self, texts: Iterable[str]) -> list[list[int]]:
        """Sentences as ids of words or pieces, without start and end.

        Raises:
            ExplorerError: For a single string in place of a list, and for items that are no
                strings.
        """
        return [self.vocabulary.encode(self.words(text)) for text in sentences(texts)]

    def unknown(self, text: str) -> list[str]:
        """The words of a sentence that are outside the vocabulary."""
        return self.vocabulary.unknown(self.words(string("a sentence", text)))

    def unknown_share(self, texts: Iterable[str]) -> Float32[np.ndarray, " n"]:
        """The fraction of each sentence's words that are outside the vocabulary."""
        shares = []
        for text in sentences(texts):
            words = self.words(text) if self.vocabulary.has_unknown else []
            missing = set(self.vocabulary.unknown(words))
            shares.append(sum(word in missing for word in words) / max(len(words), 1))
        return np.array(shares, np.float32)

    def encode(self, texts: Iterable[str]) -> Latents:
        """The posterior mean of each sentence."""
        return self.posterior(texts)[0]

    def posterior(self, texts: Iterable[str], bf16: bool = False) -> tuple[Latents, Latents]:
        """Mean and standard deviation of each sentence's posterior.

        Args:
            texts: Sentences.
            bf16: Whether the encoder computes in bfloat16 where the hardware supports it: several
                times as fast, means off by a hundredth of the standard deviation.

        Raises:
            ExplorerError: If a sentence needs an encoder that is not at hand (`cannot_encode`).
        """
        self._need_latent()
        texts = sentences(texts)
        return text_points.posterior(self, texts, self.ids(texts), bf16)

    def decode(self, z: Latents, decoding: Decoding | None = None) -> list[str]:
        """One sentence for each latent point; greedily by default.

        Raises:
            ExplorerError: If `z` does not have this run's latent size, or is not finite.
        """
        return [self._text(row) for row in self._generate(self._points(z), decoding)]

    def decode_tokens(self, z: Latents, decoding: Decoding | None = None) -> list[Decoded]:
        """Like `decode`, with each word's log-probability and latent gain, summed over pieces.

        Ranked words of a run of documents have their lift over the whole text as gain.
        """
        import torch

        from explorer.models.latent_gain import token_scores
        from explorer.models.padding import collate

        decoding = decoding or Decoding()
        points = self._points(z)
        rows = self._generate(points, decoding)
        if self.is_of_documents:
            return ranked_words.decoded(self, self._decoder_input(points, decoding), rows)
        tokens = collate(rows, self.model.device)
        with torch.inference_mode():
            log_probs, gains = token_scores(
                self.model.decoder,
                points,
                tokens,
                self._references,
                condition=lambda z: self._decoder_input(z, decoding),
            )
        result = []
        for row, log_prob, gain in zip(rows, log_probs.tolist(), gains.tolist(), strict=True):
            words = self.vocabulary.decode(row)
            named = words
            if len(row) < decoding.max_tokens:  # else it was cut off before its end
                named = [*words, SPECIALS[EOS]]
            index = [*self.vocabulary.word_index(row), len(words)]
            sums = [_summed(scores, index, len(named)) for scores in (log_prob, gain)]
            result.append(Decoded(self.tokeniser.text(words), named, sums[0], sums[1]))
        if decoding.nearest > 1:
            near = self.cosines(points.numpy(), [item.text for item in result]).tolist()
            result = [replace(item, cosine=far) for item, far in zip(result, near, strict=True)]
        return result

    def reconstruct(self, texts: Sequence[str], decoding: Decoding | None = None) -> list[str]:
        """Decodes the posterior mean of each sentence.

        By default greedily, in a closed loop of as many decodes as suit this run (`candidates`);
        `Decoding()` decodes once.
        """
        return self.decode(self.encode(texts), decoding or Decoding(nearest=self.candidates))

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
        n, seed = whole("n", n, 0, _MOST_DRAWS), whole("seed", seed, 0, 2**63 - 1)
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
        """Decodes k draws from N(z, diag(scale²)).

        Raises:
            ExplorerError: If `scale` is not one number for each dimension, at least 0, or `z` is
                no point.
        """
        z, count = self._latent(z), whole("k", k, 0)
        scale = numbers("scale", scale).astype(np.float32)
        if len(scale) not in (1, len(z)) or (scale < 0).any():
            raise ExplorerError(f"scale must be {len(z)} non-negative standard deviations")
        random = np.random.default_rng(decoding.seed if decoding else 0)
        noise = random.standard_normal((count, len(z))).astype(np.float32)
        return self.decode(z + noise * scale, decoding)

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
                f"a latent point of {self.name} must have {size} numbers, not {z.dtype} {z.shape}"
            )
        return _finite(z)

    def _text(self, row: Sequence[int]) -> str:
        return self.tokeniser.text(self.vocabulary.decode(row))

    def _points(self, z: np.ndarray) -> "Tensor":
        """Latent points for the decoder: checked, and projected onto the latent space."""
        import torch

        return self.model.latent.project(torch.from_numpy(np.ascontiguousarray(self._latents(z))))

    def _latents(self, z: np.ndarray) -> Latents:
        size, z = self.config.model.latent_dim, array(z)
        if z.dtype.kind not in "fiu":
            raise ExplorerError(f"latents of {self.name} must be real numbers, not {z.dtype}")
        if z.ndim != 2 or z.shape[1] != size:
            raise ExplorerError(
                f"latents of {self.name} must have shape (n, {size}), not {z.shape}"
            )
        return _finite(z)

    def _generate(self, points: "Tensor", decoding: Decoding | None) -> list[list[int]]:
        from explorer.models import candidates
        from explorer.models.decoding_strategies import generate

        decoding = decoding or Decoding()
        if not self.vocabulary.has_unknown:
            decoding = replace(decoding, allow_unknown=False)
        if decoding.nearest > 1 and not self.is_of_documents:
            with _LOOP:
                return candidates.nearest(
                    points, decoding, self.model.latent, self._generate, self._encode_again
                )

        def decode() -> list[list[int]]:
            return generate(self.model.decoder, self._decoder_input(points, decoding), decoding)

        if len(points) > 1:
            return decode()
        return self._single.get((points.numpy().tobytes(), decoding), decode)

    @cached_property
    def _single(self) -> Cache[list[list[int]]]:
        """Recent decodes of one point: the lens, the first words and the candidates share them."""
        return Cache(_RECENT)

    def _encode_again(self, rows: Sequence[Sequence[int]]) -> "Tensor":
        import torch

        return torch.from_numpy(text_points.encoded(self, [self._text(row) for row in rows]))

    def _decoder_input(self, z: "Tensor", decoding: Decoding) -> "Tensor":
        return self.model.condition_on_label(z, decoding.label, decoding.strength)

    @cached_property
    def _references(self) -> "Tensor":
        """Draws for the latent gain, of the prior, else of a Gaussian of the encodings."""
        import torch
        from torch.distributions import Independent, Normal

        from explorer.models.latent_gain import references

        if self.model.has_density:
            with torch.inference_mode():
                return references(self.model.prior())
        mean = torch.from_numpy(self.needed_atlas.mean)
        # Given vectors may have numbers that never vary.
        scale = mean.std(0).clamp(min=_LEAST_SCALE)
        return references(Independent(Normal(mean.mean(0), scale), 1))


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
        raise ExplorerError("a latent point contains a non-finite value")
    return z
