"""What z may be asked for in training beside the ELBO."""

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from explorer.errors import ExplorerError
from explorer.models.padding import mask
from explorer.text.tokens import EOS


class Auxiliary(nn.Module):
    """A further loss on z; this one asks for nothing."""

    def forward(
        self,
        z: Float[Tensor, "batch latent"],
        tokens: Int[Tensor, "batch time"],
        labels: Sequence[int],
    ) -> Float[Tensor, " batch"]:
        """What is added to each sentence's loss, nats."""
        return z.new_zeros(len(z))


def nothing(embedding: nn.Embedding, latent_dim: int, kinds: int) -> Auxiliary:
    """No further loss."""
    return Auxiliary()


class BagOfWords(Auxiliary):
    """z has to say which words stand in the sentence, in whatever order.

    Args:
        embedding: Of the words; scores are products with it.
        latent_dim: Of z.
        kinds: Labels the decoder is told; not used.
        weight: Of this loss.

    Source:
        Zhao et al. (2017), Learning Discourse-level Diversity for Neural Dialog Models,
        arXiv:1703.10960, section 3.3.
    """

    def __init__(
        self, embedding: nn.Embedding, latent_dim: int, kinds: int, weight: float = 1.0
    ) -> None:
        super().__init__()
        _need_latent("bag_of_words", latent_dim, weight)
        self.embedding = embedding
        self.features = nn.Linear(latent_dim, embedding.embedding_dim)
        self.bias = nn.Parameter(torch.zeros(embedding.num_embeddings))
        self._weight = weight

    def forward(
        self,
        z: Float[Tensor, "batch latent"],
        tokens: Int[Tensor, "batch time"],
        labels: Sequence[int],
    ) -> Float[Tensor, " batch"]:
        """Minus the log-probability of the sentence's words, each drawn by itself, weighted."""
        scores = functional.linear(self.features(z).tanh(), self.embedding.weight, self.bias)
        words = tokens[:, 1:]
        said = scores.log_softmax(1).gather(1, words)
        return -self._weight * (said * (mask(words) & (words != EOS))).sum(1)


class Adversary(Auxiliary):
    """A classifier tries to read the label off z; the encoder learns to keep it from doing so.

    What the decoder is told anyway is thus not written into z a second time, and switching the
    label switches what is said.

    Args:
        embedding: Not used.
        latent_dim: Of z.
        kinds: Labels the decoder is told.
        weight: With which the classifier's gradient reaches the encoder, turned around.
        hidden_dim: Of the classifier.

    Source:
        Ganin et al. (2016), Domain-Adversarial Training of Neural Networks, arXiv:1505.07818,
        section 3; for latent spaces of text John et al. (2019), arXiv:1808.04339.
    """

    def __init__(
        self,
        embedding: nn.Embedding,
        latent_dim: int,
        kinds: int,
        weight: float = 1.0,
        hidden_dim: int = 128,
    ) -> None:
        super().__init__()
        _need_latent("adversary", latent_dim, weight)
        if not kinds:
            raise ExplorerError(
                "model.auxiliary: an adversary needs model.labels, which `explorer new "
                "--conditional` writes"
            )
        self.classifier = nn.Sequential(
            nn.Linear(latent_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, kinds)
        )
        self._weight = weight

    def forward(
        self,
        z: Float[Tensor, "batch latent"],
        tokens: Int[Tensor, "batch time"],
        labels: Sequence[int],
    ) -> Float[Tensor, " batch"]:
        """The classifier's cross-entropy; 0 where the label is not known."""
        scores = self.classifier(_reverse(z, self._weight))
        target = torch.tensor(labels, dtype=torch.int64, device=z.device)
        return functional.cross_entropy(scores, target, reduction="none", ignore_index=-1)


class _Reverse(torch.autograd.Function):
    """The identity, whose gradient is turned around and scaled."""

    @staticmethod
    def forward(ctx: Any, z: Tensor, weight: float) -> Tensor:
        """Gives z as it is."""
        ctx.weight = weight
        return z.view_as(z)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        """The gradient with its sign turned."""
        return -ctx.weight * gradients[0], None


def _reverse(z: Tensor, weight: float) -> Tensor:
    return _Reverse.apply(z, weight)  # type: ignore[return-value]


def _need_latent(name: str, latent_dim: int, weight: float) -> None:
    if not latent_dim:
        raise ExplorerError(f"model.auxiliary: {name} needs a latent space")
    if weight <= 0:
        raise ExplorerError(f"model.auxiliary.weight: {weight} is not above 0")


AUXILIARIES = {"none": nothing, "bag_of_words": BagOfWords, "adversary": Adversary}
