"""What an auxiliary loss on z is: an interface, and what it is given."""

from collections.abc import Sequence
from typing import NamedTuple

from jaxtyping import Float, Int
from torch import Tensor, nn

from explorer.errors import ExplorerError, positive


class Sentences(NamedTuple):
    """What an auxiliary loss may predict from z."""

    tokens: Int[Tensor, "batch time"]
    labels: Sequence[int]
    """Indices of their labels; empty for a model without labels."""
    targets: Float[Tensor, "batch target"] | None = None
    """Their vectors from `Auxiliary.sentence_encoder`, if one is named."""
    means: Float[Tensor, "batch latent"] | None = None
    """Their posterior means, for a loss that reads them in place of z."""


class Auxiliary(nn.Module):
    """An auxiliary loss on z; this one is 0.

    Its weights are used in training only: a finished run does not store them.
    """

    sentence_encoder: str = ""
    """The entry of `SENTENCE_ENCODERS` whose vectors are the targets; empty: none needed."""
    compares_batch: bool = False
    """Whether a sentence's loss depends on the other sentences of its batch."""
    averages_groups: bool = False
    """Whether a target is the mean vector of the sentence's group, where the corpus has groups."""

    def forward(
        self, z: Float[Tensor, "batch latent"], sentences: Sentences
    ) -> Float[Tensor, " batch"]:
        """The auxiliary loss of each sentence, nats.

        Args:
            z: Latent points.
            sentences: Theirs.
        """
        return z.new_zeros(len(z))

    def cosine(
        self, z: Float[Tensor, "batch latent"], targets: Float[Tensor, "batch target"]
    ) -> Float[Tensor, " batch"] | None:
        """Cosine between the targets and their predictions from z; None without a teacher."""
        return None


def need_latent(name: str, latent_dim: int, weight: float) -> None:
    """Checks that there is a latent space, and that the weight of a loss on it is above 0."""
    if not latent_dim:
        raise ExplorerError(f"model.auxiliary: {name} needs a latent space")
    positive("model.auxiliary.weight", weight)
