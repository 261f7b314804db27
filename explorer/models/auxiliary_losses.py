"""Auxiliary losses on z, added to the negative ELBO in training."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from explorer.errors import ExplorerError
from explorer.models.auxiliary_base import Auxiliary, Sentences, need_latent
from explorer.models.label_conditioning import NO_LABEL
from explorer.models.padding import mask
from explorer.models.teacher_losses import TEACHERS
from explorer.registry import choose
from explorer.text.tokens import EOS


def nothing(embedding: nn.Embedding, latent_dim: int, num_labels: int) -> Auxiliary:
    """No auxiliary loss."""
    return Auxiliary()


class BagOfWords(Auxiliary):
    """z predicts the words of the sentence, regardless of their order.

    Args:
        embedding: Of the words; their logits are products with it.
        latent_dim: Of z.
        num_labels: Unused.
        weight: Of this loss.

    Source:
        Zhao et al. (2017), Learning Discourse-level Diversity for Neural Dialog Models,
        arXiv:1703.10960, section 3.3.
    """

    def __init__(
        self, embedding: nn.Embedding, latent_dim: int, num_labels: int, weight: float = 1.0
    ) -> None:
        super().__init__()
        need_latent("bag_of_words", latent_dim, weight)
        self.embedding = embedding
        self.features = nn.Linear(latent_dim, embedding.embedding_dim)
        self.bias = nn.Parameter(torch.zeros(embedding.num_embeddings))
        self._weight = weight

    def forward(
        self, z: Float[Tensor, "batch latent"], sentences: Sentences
    ) -> Float[Tensor, " batch"]:
        """Weight × the negative log-likelihood of the words, independent given z."""
        logits = functional.linear(self.features(z).tanh(), self.embedding.weight, self.bias)
        words = sentences.tokens[:, 1:]
        log_probs = logits.log_softmax(1).gather(1, words)
        return -self._weight * (log_probs * (mask(words) & (words != EOS))).sum(1)


class Adversary(Auxiliary):
    """A classifier predicts the label from z; the encoder learns to defeat it.

    The decoder gets the label anyway. Once z does not carry it too, switching the label changes
    the decoded sentence.

    Args:
        embedding: Unused.
        latent_dim: Of z.
        num_labels: Of a conditional model; 0 if it is not one.
        weight: Factor of the reversed gradient from the classifier to the encoder.
        hidden_dim: Of the classifier.

    Source:
        Ganin et al. (2016), Domain-Adversarial Training of Neural Networks, arXiv:1505.07818,
        section 3; for latent spaces of text John et al. (2019), arXiv:1808.04339.
    """

    def __init__(
        self,
        embedding: nn.Embedding,
        latent_dim: int,
        num_labels: int,
        weight: float = 1.0,
        hidden_dim: int = 128,
    ) -> None:
        super().__init__()
        need_latent("adversary", latent_dim, weight)
        if not num_labels:
            raise ExplorerError(
                "model.auxiliary: an adversary needs model.labels, which `explorer new "
                "--conditional` writes"
            )
        self.classifier = nn.Sequential(
            nn.Linear(latent_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, num_labels)
        )
        self._weight = weight

    def forward(
        self, z: Float[Tensor, "batch latent"], sentences: Sentences
    ) -> Float[Tensor, " batch"]:
        """The classifier's cross-entropy; 0 where the label is unknown."""
        logits = self.classifier(_reverse(z, self._weight))
        target = torch.tensor(sentences.labels, dtype=torch.int64, device=z.device)
        return functional.cross_entropy(logits, target, reduction="none", ignore_index=NO_LABEL)


class Sum(Auxiliary):
    """The sum of several auxiliary losses.

    Args:
        embedding: Passed on to each.
        latent_dim: Passed on to each.
        num_labels: Passed on to each.
        terms: The losses, each a table of its name and settings.

    Raises:
        ExplorerError: For anything but a list of tables, an invalid term, or terms with different
            sentence encoders.
    """

    def __init__(
        self, embedding: nn.Embedding, latent_dim: int, num_labels: int, terms: Sequence[Any]
    ) -> None:
        super().__init__()
        is_list = isinstance(terms, list | tuple) and bool(terms)
        if not is_list or not all(isinstance(term, Mapping) for term in terms):
            raise ExplorerError(
                'model.auxiliary.terms: expected a list of tables, [{ name = "teacher" }, …], '
                f"got {terms!r}"
            )
        self.terms = nn.ModuleList(
            choose(
                AUXILIARIES,
                term,
                f"model.auxiliary.terms[{index}]",
                embedding=embedding,
                latent_dim=latent_dim,
                num_labels=num_labels,
            )
            for index, term in enumerate(terms)
        )
        encoders = {term.sentence_encoder for term in self._terms()} - {""}
        if len(encoders) > 1:
            raise ExplorerError(
                "model.auxiliary.terms: use one sentence encoder, not "
                + " and ".join(sorted(encoders))
            )
        self.sentence_encoder = "".join(encoders)
        self.compares_batch = any(term.compares_batch for term in self._terms())
        self.averages_groups = any(term.averages_groups for term in self._terms())

    def _terms(self) -> list[Auxiliary]:
        return [term for term in self.terms if isinstance(term, Auxiliary)]

    def forward(
        self, z: Float[Tensor, "batch latent"], sentences: Sentences
    ) -> Float[Tensor, " batch"]:
        """The sum over the terms."""
        losses = [term(z, sentences) for term in self._terms()]
        return torch.stack(losses).sum(0)

    def cosine(
        self, z: Float[Tensor, "batch latent"], targets: Float[Tensor, "batch target"]
    ) -> Float[Tensor, " batch"] | None:
        """That of the first term with a teacher."""
        cosines = (term.cosine(z, targets) for term in self._terms())
        return next((cosine for cosine in cosines if cosine is not None), None)


class _Reverse(torch.autograd.Function):
    """The identity, with a reversed and scaled gradient."""

    @staticmethod
    def forward(ctx: Any, z: Tensor, weight: float) -> Tensor:
        ctx.weight = weight
        return z.view_as(z)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return -ctx.weight * gradients[0], None


def _reverse(z: Tensor, weight: float) -> Tensor:
    return _Reverse.apply(z, weight)  # type: ignore[return-value]


AUXILIARIES: dict[str, Callable[..., Auxiliary]] = {
    "none": nothing,
    "bag_of_words": BagOfWords,
    "adversary": Adversary,
    **TEACHERS,
    "sum": Sum,
}
