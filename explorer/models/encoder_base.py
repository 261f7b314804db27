"""The base of encoders: token ids to the features from which a latent space forms a posterior."""

from jaxtyping import Float
from torch import Tensor, nn


class Encoder(nn.Module):
    """From tokens to features.

    A subclass sets `feature_dim`, and `forward` returns one row of features per sentence.
    """

    embedding: nn.Embedding
    """Of the words, if it reads any."""
    feature_dim: int
    reads_text = True
    """Whether it encodes any sentence, not only those of the corpus."""

    def read(
        self, embedded: Float[Tensor, "batch time embedding"]
    ) -> Float[Tensor, "batch features"]:
        """The features of sequences of embeddings without padding."""
        raise NotImplementedError

    def adopt(self, other: "Encoder") -> None:
        """Takes from another encoder of the same recipe what is not among its weights."""
