"""A transformer decoder that sees z as a memory, in its embeddings, or as both."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from explorer.errors import one_of
from explorer.models.decoder_base import Decoder
from explorer.models.transformer import KeyValues, Transformer, TransformerShape

INJECTIONS = ("both", "memory", "embedding")
"""How z enters."""


@dataclass(frozen=True, slots=True)
class TransformerState:
    """The state of a transformer decoder between two tokens."""

    z: Float[Tensor, "batch latent"]
    added: Float[Tensor, "batch width"]
    past: tuple[KeyValues, ...]
    num_read: int

    def select(self, rows: Int[Tensor, " rows"]) -> "TransformerState":
        """The states of some rows, in that order; a row may be taken twice."""
        past = tuple(cache.select(rows) for cache in self.past)
        return TransformerState(self.z[rows], self.added[rows], past, self.num_read)


class TransformerDecoder(Decoder):
    """A causal transformer that reads z as Optimus does.

    As *memory* z is one more key and value in every block, to which all words attend; as
    *embedding* it is added to every input, at first as zero.

    Args:
        embedding: Of the words; with `tied` its weight is the output layer's too.
        latent_dim: Size of z; 0 for a language model.
        hidden_dim: Width of the blocks.
        layers: Number of blocks.
        heads: Attention heads of a block.
        kv_heads: See `TransformerShape`, as for all up to `bias`; those of a pre-trained model.
        feedforward: Hidden units of a block.
        norm: `rms` or `layer`.
        activation: `swiglu` or `gelu`.
        positions: Learned positions; 0 for rotary ones.
        rope_base: Of rotary positions.
        epsilon: Of the norms.
        bias: Whether linear layers have a bias.
        inject: How z enters: `memory`, `embedding`, or `both`.
        memory_score: Added to every score of the memory before any training; of -4, a pre-trained
            model hardly notices it at first.
        tied: Whether output and input words share one embedding.
        skip: Whether z is also added to the output features.
        word_dropout: See `Decoder`.
        dropout: See `Decoder`; also of what each block adds.

    Raises:
        ExplorerError: For heads that do not divide the width into even parts, no layer, or an
            unknown name.

    Source:
        Li et al. (2020), Optimus: Organizing Sentences via Pre-trained Modeling of a Latent Space,
        arXiv:2004.04092, section 3.1.
    """

    def __init__(
        self,
        embedding: nn.Embedding,
        latent_dim: int,
        hidden_dim: int = 256,
        layers: int = 4,
        heads: int = 4,
        kv_heads: int = 0,
        feedforward: int = 0,
        norm: str = "rms",
        activation: str = "swiglu",
        positions: int = 0,
        rope_base: float = 10_000.0,
        epsilon: float = 1e-5,
        bias: bool = False,
        inject: str = "both",
        memory_score: float = 0.0,
        tied: bool = True,
        skip: bool = False,
        word_dropout: float = 0.0,
        dropout: float = 0.1,
    ) -> None:
        super().__init__(embedding, latent_dim, word_dropout, dropout)
        one_of("model.decoder.inject", inject, INJECTIONS)
        sizes = (hidden_dim, layers, heads, kv_heads, feedforward)
        shape = TransformerShape(*sizes, norm, activation, positions, rope_base, epsilon, bias)
        width = embedding.embedding_dim
        self.enter = nn.Linear(width, hidden_dim) if width != hidden_dim else nn.Identity()
        self.transformer = Transformer(shape, dropout)
        has_memory = latent_dim > 0 and inject != "embedding"
        has_added = latent_dim > 0 and inject != "memory"
        cached = 2 * shape.num_kv_heads * shape.head_dim
        self.memory = nn.Linear(latent_dim, layers * cached) if has_memory else None
        scores = nn.Parameter(torch.full((layers,), memory_score))
        self.memory_score = scores if has_memory else None
        self.added = nn.Linear(latent_dim, hidden_dim, bias=False) if has_added else None
        if self.added is not None:  # beside the embeddings of a pre-trained model it would be loud
            nn.init.zeros_(self.added.weight)
        self._add_output(hidden_dim, tied, skip)

    def begin(self, z: Float[Tensor, "batch latent"]) -> TransformerState:
        past = self.transformer.empty(z)
        if self.memory is not None:
            shape = self.transformer.shape
            size = (shape.layers, 2, shape.num_kv_heads, 1, shape.head_dim)
            blocks = self.memory(z).unflatten(1, size).unbind(1)
            past = tuple(KeyValues(*block.unbind(1)) for block in blocks)
        added = z.new_zeros(len(z), 1) if self.added is None else self.added(z)
        return TransformerState(z, added, past, 0)

    def advance(
        self, token: Int[Tensor, " batch"], state: TransformerState
    ) -> tuple[Float[Tensor, "batch embedding"], TransformerState]:
        features, state = self._read(token.unsqueeze(1), state)
        return features.squeeze(1), state

    def _features(
        self, z: Float[Tensor, "batch latent"], inputs: Int[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time embedding"]:
        return self._read(inputs, self.begin(z))[0]

    def _read(
        self, inputs: Int[Tensor, "batch time"], state: TransformerState
    ) -> tuple[Float[Tensor, "batch time embedding"], TransformerState]:
        """The features after each of some more words, and the new state."""
        x = self.enter(self.dropout(self.embedding(self._visible(inputs))))
        x = x + state.added.unsqueeze(1)
        x, past = self.transformer(x, state.past, state.num_read, self.memory_score)
        features = self.narrow(x)
        if self.skip is not None:
            features = features + self.skip(state.z).unsqueeze(1)
        num_read = state.num_read + inputs.shape[1]
        return self.dropout(features), TransformerState(state.z, state.added, past, num_read)
