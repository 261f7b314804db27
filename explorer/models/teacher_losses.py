"""Auxiliary losses by which z learns from a pre-trained sentence encoder, its teacher."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from explorer.errors import one_of, positive
from explorer.models.auxiliary_base import Auxiliary, Sentences, need_latent
from explorer.models.encoder_catalog import SENTENCE_ENCODERS


class _Taught(Auxiliary):
    """An auxiliary loss with a teacher: what all of them check.

    Args:
        name: In `AUXILIARIES`, for messages.
        latent_dim: Size of z.
        weight: Of the loss.
        encoder: Name in `SENTENCE_ENCODERS`.
    """

    def __init__(self, name: str, latent_dim: int, weight: float, encoder: str) -> None:
        super().__init__()
        need_latent(name, latent_dim, weight)
        one_of("model.auxiliary.encoder", encoder, sorted(SENTENCE_ENCODERS))
        self.sentence_encoder = encoder
        self._weight = weight


class _TaughtInBatch(_Taught):
    """A loss that compares the sentences of a batch by their directions from its mean.

    Args:
        name: As of `_Taught`.
        latent_dim: As of `_Taught`.
        weight: As of `_Taught`.
        encoder: As of `_Taught`.
        temperature: Of the cosines.
        noise: Whether z is a posterior sample; False takes the posterior mean.
    """

    compares_batch = averages_groups = True

    def __init__(
        self,
        name: str,
        latent_dim: int,
        weight: float,
        encoder: str,
        temperature: float,
        noise: bool,
    ) -> None:
        super().__init__(name, latent_dim, weight, encoder)
        positive("model.auxiliary.temperature", temperature)
        self._temperature, self._noise = temperature, noise

    def _points(
        self, z: Float[Tensor, "batch latent"], sentences: Sentences
    ) -> Float[Tensor, "batch latent"]:
        """What the loss is of: posterior samples, or means."""
        assert sentences.means is not None
        return z if self._noise else sentences.means


class Teacher(_Taught):
    """A linear map of z predicts the sentence's vector from a pre-trained sentence encoder.

    Sentences of similar meaning thus move together in z. The teacher reads the training sentences
    once, before training; the finished run needs neither it nor its package.

    Args:
        embedding: Unused.
        latent_dim: Size of z.
        num_labels: Unused.
        weight: The loss at a cosine of 0, nats.
        encoder: Name in `SENTENCE_ENCODERS`.

    Raises:
        ExplorerError: For an unknown encoder, a weight of 0 or less, or no latent space.
    """

    def __init__(
        self,
        embedding: nn.Embedding,
        latent_dim: int,
        num_labels: int,
        weight: float = 10.0,
        encoder: str = "minilm",
    ) -> None:
        super().__init__("teacher", latent_dim, weight, encoder)
        self.head = nn.Linear(latent_dim, SENTENCE_ENCODERS[encoder].dim)

    def forward(
        self, z: Float[Tensor, "batch latent"], sentences: Sentences
    ) -> Float[Tensor, " batch"]:
        """Weight × (1 − cosine of prediction and target)."""
        assert sentences.targets is not None
        return self._weight * (1 - self.cosine(z, sentences.targets))

    def cosine(
        self, z: Float[Tensor, "batch latent"], targets: Float[Tensor, "batch target"]
    ) -> Float[Tensor, " batch"]:
        return functional.cosine_similarity(self.head(z), targets, dim=1)


class Contrast(_TaughtInBatch):
    """z identifies the teacher's vector of its own sentence among those of the batch (InfoNCE).

    The vectors are mapped linearly to the latent space and compared with z by the cosine of what
    is centred in the batch: sentences that the teacher finds similar become neighbours in z
    itself. In a corpus with groups, such as the captions of one image, the target is the mean
    vector of the group.

    Args:
        embedding: Unused.
        latent_dim: Size of z.
        num_labels: Unused.
        weight: Of this loss, at most log(batch size) nats for a random z.
        encoder: Name in `SENTENCE_ENCODERS`.
        temperature: Of the cosines.
        noise: Whether z is a posterior sample; False takes the posterior mean, whose precision
            costs no rate and tells the decoder nothing.

    Raises:
        ExplorerError: For an unknown encoder, a weight or temperature of 0 or less, or no latent
            space.

    Source:
        Radford et al. (2021), Learning Transferable Visual Models From Natural Language
        Supervision, arXiv:2103.00020, figure 3, with fixed vectors in place of images.
    """

    def __init__(
        self,
        embedding: nn.Embedding,
        latent_dim: int,
        num_labels: int,
        weight: float = 1.0,
        encoder: str = "minilm",
        temperature: float = 0.1,
        noise: bool = True,
    ) -> None:
        super().__init__("contrast", latent_dim, weight, encoder, temperature, noise)
        self.head = nn.Linear(SENTENCE_ENCODERS[encoder].dim, latent_dim)

    def forward(
        self, z: Float[Tensor, "batch latent"], sentences: Sentences
    ) -> Float[Tensor, " batch"]:
        """Weight × the cross-entropy of the own vector among those of the batch."""
        assert sentences.targets is not None
        queries = _directions(self._points(z, sentences))
        keys = _directions(self.head(sentences.targets))
        own = torch.arange(len(z), device=z.device)
        logits = queries @ keys.T / self._temperature
        return self._weight * functional.cross_entropy(logits, own, reduction="none")

    def cosine(
        self, z: Float[Tensor, "batch latent"], targets: Float[Tensor, "batch target"]
    ) -> Float[Tensor, " batch"]:
        return (_directions(z) * _directions(self.head(targets))).sum(1)


class Neighbours(_TaughtInBatch):
    """The similarities of z to the others of its batch follow those of the teacher's vectors.

    Of each sentence, the cosines to all others, centred in the batch, make a distribution over
    them, for z and for the teacher; the loss is the divergence of the two. Sentences that the
    teacher finds similar become neighbours in z itself, and so on the map. In a corpus with
    groups, such as the captions of one image, a sentence's vector is the mean of its group.

    Args:
        embedding: Unused.
        latent_dim: Size of z.
        num_labels: Unused.
        weight: Of this loss.
        encoder: Name in `SENTENCE_ENCODERS`.
        temperature: Of the cosines of z.
        target_temperature: Of the teacher's.
        noise: Whether z is a posterior sample; False takes the posterior mean, whose precision
            costs no rate.

    Raises:
        ExplorerError: For an unknown encoder, a weight or temperature of 0 or less, or no latent
            space.

    Source:
        Passalis & Tefas (2018), Learning Deep Representations with Probabilistic Knowledge
        Transfer, arXiv:1803.10837, section 3.
    """

    def __init__(
        self,
        embedding: nn.Embedding,
        latent_dim: int,
        num_labels: int,
        weight: float = 20.0,
        encoder: str = "minilm",
        temperature: float = 0.1,
        target_temperature: float = 0.05,
        noise: bool = False,
    ) -> None:
        super().__init__("neighbours", latent_dim, weight, encoder, temperature, noise)
        positive("model.auxiliary.target_temperature", target_temperature)
        self._target_temperature = target_temperature

    def forward(
        self, z: Float[Tensor, "batch latent"], sentences: Sentences
    ) -> Float[Tensor, " batch"]:
        """Weight × KL(teacher's distribution ‖ z's) over the other sentences of the batch."""
        assert sentences.targets is not None
        own = _log_similarities(self._points(z, sentences), self._temperature)
        wanted = _log_similarities(sentences.targets, self._target_temperature)
        return self._weight * (wanted.exp() * (wanted - own)).sum(1)


def _log_similarities(
    points: Float[Tensor, "batch dim"], temperature: float
) -> Float[Tensor, "batch batch"]:
    """Log-probability that a point (row) gives each other one: the softmax of their cosines."""
    directions = _directions(points)
    itself = torch.eye(len(points), dtype=torch.bool, device=points.device)
    cosines = directions @ directions.T / temperature
    return cosines.masked_fill(itself, torch.finfo(cosines.dtype).min / 2).log_softmax(1)


def _directions(points: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch latent"]:
    """Unit vectors from the mean of the batch."""
    return functional.normalize(points - points.mean(0), dim=1)


TEACHERS: dict[str, Callable[..., Auxiliary]] = {
    "teacher": Teacher,
    "contrast": Contrast,
    "neighbours": Neighbours,
}
