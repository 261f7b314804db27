"""Auxiliary losses on z, added to the negative ELBO in training."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from explorer.errors import ExplorerError, above, one_of
from explorer.models.encoder_catalog import SENTENCE_ENCODERS
from explorer.models.label_conditioning import NO_LABEL
from explorer.models.padding import mask
from explorer.registry import choose
from explorer.text.tokens import EOS


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
        _need_latent("bag_of_words", latent_dim, weight)
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
        _need_latent("adversary", latent_dim, weight)
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


class Teacher(Auxiliary):
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
        super().__init__()
        _need_latent("teacher", latent_dim, weight)
        one_of("model.auxiliary.encoder", encoder, sorted(SENTENCE_ENCODERS))
        self.sentence_encoder = encoder
        self.head = nn.Linear(latent_dim, SENTENCE_ENCODERS[encoder].dim)
        self._weight = weight

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


class Contrast(Auxiliary):
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

    compares_batch = averages_groups = True

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
        super().__init__()
        _need_latent("contrast", latent_dim, weight)
        one_of("model.auxiliary.encoder", encoder, sorted(SENTENCE_ENCODERS))
        above("model.auxiliary.temperature", temperature, 0)
        self.sentence_encoder = encoder
        self.head = nn.Linear(SENTENCE_ENCODERS[encoder].dim, latent_dim)
        self._weight, self._temperature, self._noise = weight, temperature, noise

    def forward(
        self, z: Float[Tensor, "batch latent"], sentences: Sentences
    ) -> Float[Tensor, " batch"]:
        """Weight × the cross-entropy of the own vector among those of the batch."""
        assert sentences.targets is not None and sentences.means is not None
        queries = _directions(z if self._noise else sentences.means)
        keys = _directions(self.head(sentences.targets))
        own = torch.arange(len(z), device=z.device)
        logits = queries @ keys.T / self._temperature
        return self._weight * functional.cross_entropy(logits, own, reduction="none")

    def cosine(
        self, z: Float[Tensor, "batch latent"], targets: Float[Tensor, "batch target"]
    ) -> Float[Tensor, " batch"]:
        return (_directions(z) * _directions(self.head(targets))).sum(1)


def _directions(points: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch latent"]:
    """Unit vectors from the mean of the batch."""
    return functional.normalize(points - points.mean(0), dim=1)


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


def _need_latent(name: str, latent_dim: int, weight: float) -> None:
    if not latent_dim:
        raise ExplorerError(f"model.auxiliary: {name} needs a latent space")
    above("model.auxiliary.weight", weight, 0)


AUXILIARIES: dict[str, Callable[..., Auxiliary]] = {
    "none": nothing,
    "bag_of_words": BagOfWords,
    "adversary": Adversary,
    "teacher": Teacher,
    "contrast": Contrast,
    "sum": Sum,
}
