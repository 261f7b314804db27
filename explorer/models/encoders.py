"""Encoders: token ids to the features from which a latent space forms a posterior."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from explorer.errors import one_of, within
from explorer.models.encoder_base import Encoder
from explorer.models.padding import mask, masked_mean
from explorer.models.vector_lookup import VectorLookup
from explorer.models.words import WordsEncoder
from explorer.text.tokens import EOS, UNK

POOLS = {"last": 1, "max": 1, "mean": 1, "max+mean": 2}
"""Pooling methods, and the width of the result in state sizes."""


class LSTMEncoder(Encoder):
    """A single-layer LSTM whose states are pooled into one vector.

    Args:
        embedding: Shared with the decoder.
        hidden_dim: State size of each direction.
        pool: `max` over time (Li et al. 2019), `mean` over time, `max+mean` for both, or `last`,
            the state after the last token.
        bidirectional: Whether a second LSTM reads from the end.
        dropout: Fraction of the embedding's entries dropped in training.
        word_dropout: Fraction of the words replaced by <unk> in training: with a `point` latent
            space a denoising autoencoder (Hill et al. 2016, arXiv:1602.03483).
    """

    def __init__(
        self,
        embedding: nn.Embedding,
        hidden_dim: int = 256,
        pool: str = "max",
        bidirectional: bool = False,
        dropout: float = 0.0,
        word_dropout: float = 0.0,
    ) -> None:
        super().__init__()
        one_of("model.encoder.pool", pool, sorted(POOLS))
        self.embedding = embedding
        within("model.encoder.word_dropout", word_dropout, 0, 1)
        self.pool = pool
        self.word_dropout = word_dropout
        self.dropout = nn.Dropout(dropout)
        self.lstm = nn.LSTM(
            embedding.embedding_dim, hidden_dim, batch_first=True, bidirectional=bidirectional
        )
        self.feature_dim = hidden_dim * (2 if bidirectional else 1) * POOLS[pool]

    def forward(self, tokens: Int[Tensor, "batch time"]) -> Float[Tensor, "batch features"]:
        """One vector per sentence, independent of padding and of the other rows."""
        tokens = tokens[:, 1:]  # without the start, which carries no information
        valid = mask(tokens)
        if self.training and self.word_dropout:
            hidden = torch.rand(tokens.shape, device=tokens.device) < self.word_dropout
            tokens = tokens.masked_fill(hidden & valid & (tokens != EOS), UNK)
        embedded = self.dropout(self.embedding(tokens))
        if self.lstm.bidirectional and not bool(valid.all()):
            packed = pack_padded_sequence(
                embedded, valid.sum(1).cpu(), batch_first=True, enforce_sorted=False
            )
            packed, (last, _) = self.lstm(packed)
            states, _ = pad_packed_sequence(packed, batch_first=True, total_length=valid.shape[1])
        else:
            # Padding comes after the sentence and cannot change its states; pooling leaves it out.
            states, (last, _) = self.lstm(embedded)
            if self.pool == "last" and not self.lstm.bidirectional:
                rows = torch.arange(len(states), device=states.device)
                last = states[rows, valid.sum(1) - 1].unsqueeze(0)
        return self._pool(states, valid, last)

    def read(
        self, embedded: Float[Tensor, "batch time embedding"]
    ) -> Float[Tensor, "batch features"]:
        """One vector per sequence of embeddings without padding."""
        states, (last, _) = self.lstm(embedded)
        valid = torch.ones(states.shape[:2], dtype=torch.bool, device=states.device)
        return self._pool(states, valid, last)

    def _pool(
        self,
        states: Float[Tensor, "batch time hidden"],
        valid: Bool[Tensor, "batch time"],
        last: Float[Tensor, "directions batch half"],
    ) -> Float[Tensor, "batch features"]:
        if self.pool == "last":
            return last.movedim(0, 1).flatten(1)
        pooled = []
        if "max" in self.pool:
            pooled.append(states.masked_fill(~valid.unsqueeze(-1), -torch.inf).amax(1))
        if "mean" in self.pool:
            pooled.append(masked_mean(states, valid))
        return torch.cat(pooled, 1)


ENCODERS: dict[str, type[Encoder]] = {
    "lstm": LSTMEncoder,
    "vectors": VectorLookup,
    "words": WordsEncoder,
}
