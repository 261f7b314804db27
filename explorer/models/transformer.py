"""A causal transformer of pre-norm blocks: for our own weights, Llama's and GPT-2's."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from explorer.errors import ExplorerError, at_least, one_of, positive

NORMS = {"rms": nn.RMSNorm, "layer": nn.LayerNorm}
ACTIVATIONS = {"swiglu", "gelu"}


@dataclass(frozen=True, slots=True)
class TransformerShape:
    """Sizes and variants of a transformer.

    Raises:
        ExplorerError: If heads do not divide the width, or those of queries by those of keys;
            if rotated heads have an odd size; for an unknown norm or activation.
    """

    width: int
    layers: int
    heads: int
    kv_heads: int = 0
    """Heads of keys and values, each shared by heads / kv_heads queries (Ainslie et al. 2023); 0
    for as many as queries."""
    feedforward: int = 0
    """Hidden units of a block; 0 for 8/3 of the width with `swiglu`, 4 times it with `gelu`."""
    norm: str = "rms"
    activation: str = "swiglu"
    positions: int = 0
    """Learned positions, of which further tokens share the last; 0 to rotate queries and keys
    instead (RoPE, Su et al. 2021)."""
    rope_base: float = 10_000.0
    epsilon: float = 1e-5
    bias: bool = False

    def __post_init__(self) -> None:
        one_of("norm", self.norm, sorted(NORMS))
        one_of("activation", self.activation, sorted(ACTIVATIONS))
        for key in ("kv_heads", "feedforward", "positions"):
            at_least(key, getattr(self, key), 0)
        positive("rope_base", self.rope_base)
        positive("epsilon", self.epsilon)
        if self.heads < 1 or self.layers < 1 or self.width < 1 or self.width % self.heads:
            raise ExplorerError(
                f"a transformer needs heads that divide its width, not {self.heads} and "
                f"{self.width}, and at least one layer"
            )
        if self.heads % self.num_kv_heads:
            raise ExplorerError(
                f"a transformer needs kv_heads that divide its heads, not {self.num_kv_heads} "
                f"and {self.heads}"
            )
        if not self.positions and self.head_dim % 2:
            raise ExplorerError(
                f"a transformer needs heads of an even size, not {self.head_dim} "
                f"({self.width} / {self.heads})"
            )

    @property
    def head_dim(self) -> int:
        """Size of a head."""
        return self.width // self.heads

    @property
    def num_kv_heads(self) -> int:
        """Heads of keys and values."""
        return self.kv_heads or self.heads

    @property
    def hidden(self) -> int:
        """Hidden units of a block."""
        default = 8 * self.width // 3 if self.activation == "swiglu" else 4 * self.width
        return self.feedforward or default


@dataclass(frozen=True, slots=True)
class KeyValues:
    """What a block's attention has read."""

    keys: Float[Tensor, "batch kv_heads past head"]
    values: Float[Tensor, "batch kv_heads past head"]

    def select(self, rows: Int[Tensor, " rows"]) -> "KeyValues":
        """The cache of some rows, in that order; a row may be taken twice."""
        return KeyValues(self.keys[rows], self.values[rows])


class Block(nn.Module):
    """Attention and a feed-forward layer, each after a norm and beside a residual connection."""

    def __init__(self, shape: TransformerShape, dropout: float) -> None:
        super().__init__()
        self.shape = shape
        width, kv_width = shape.width, shape.num_kv_heads * shape.head_dim
        norm, is_gated = NORMS[shape.norm], shape.activation == "swiglu"
        self.attention_norm = norm(width, eps=shape.epsilon)
        self.query = nn.Linear(width, width, bias=shape.bias)
        self.key = nn.Linear(width, kv_width, bias=shape.bias)
        self.value = nn.Linear(width, kv_width, bias=shape.bias)
        self.attended = nn.Linear(width, width, bias=shape.bias)
        self.feedforward_norm = norm(width, eps=shape.epsilon)
        self.gate = nn.Linear(width, shape.hidden, bias=shape.bias) if is_gated else None
        self.widen = nn.Linear(width, shape.hidden, bias=shape.bias)
        self.narrow = nn.Linear(shape.hidden, width, bias=shape.bias)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self,
        x: Float[Tensor, "batch time width"],
        past: KeyValues,
        rotation: Tensor | None,
        bias: Float[Tensor, "time total"],
    ) -> tuple[Float[Tensor, "batch time width"], KeyValues]:
        """The block's output, and the cache of the next call."""
        mixed, cache = self._attend(self.attention_norm(x), past, rotation, bias)
        x = x + self.dropout(mixed)
        return x + self.dropout(self._feed(self.feedforward_norm(x))), cache

    def _attend(
        self, x: Tensor, past: KeyValues, rotation: Tensor | None, bias: Tensor
    ) -> tuple[Tensor, KeyValues]:
        size = (-1, self.shape.head_dim)
        query, key, value = (
            layer(x).unflatten(2, size).transpose(1, 2)
            for layer in (self.query, self.key, self.value)
        )
        if rotation is not None:
            query, key = _rotate(query, rotation), _rotate(key, rotation)
        keys, values = torch.cat([past.keys, key], 2), torch.cat([past.values, value], 2)
        mixed = functional.scaled_dot_product_attention(
            query,
            keys,
            values,
            attn_mask=bias,
            enable_gqa=self.shape.num_kv_heads < self.shape.heads,
        )
        return self.attended(mixed.transpose(1, 2).flatten(2)), KeyValues(keys, values)

    def _feed(self, x: Tensor) -> Tensor:
        if self.gate is None:
            return self.narrow(functional.gelu(self.widen(x), approximate="tanh"))
        return self.narrow(functional.silu(self.gate(x)) * self.widen(x))


class Transformer(nn.Module):
    """A stack of blocks and a last norm.

    Args:
        shape: Sizes and variants.
        dropout: Fraction of each block's two outputs dropped in training.

    Source:
        Radford et al. (2019), Language Models are Unsupervised Multitask Learners, for
        `norm="layer"`, `activation="gelu"`; Touvron et al. (2023), LLaMA, arXiv:2302.13971, for
        `norm="rms"`, `activation="swiglu"`.
    """

    def __init__(self, shape: TransformerShape, dropout: float = 0.0) -> None:
        super().__init__()
        self.shape = shape
        self.blocks = nn.ModuleList(Block(shape, dropout) for _ in range(shape.layers))
        self.norm = NORMS[shape.norm](shape.width, eps=shape.epsilon)
        self.position = nn.Embedding(shape.positions, shape.width) if shape.positions else None
        self._initialise()

    def _initialise(self) -> None:
        """GPT-2's: what is added to the residual stream starts smaller the more blocks add."""
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                is_added = ".attended." in name or ".narrow." in name
                scale = (2 * self.shape.layers) ** -0.5 if is_added else 1.0
                nn.init.normal_(weight, std=0.02 * scale)
            elif name.endswith("bias"):
                nn.init.zeros_(weight)

    def empty(self, like: Float[Tensor, "batch _"]) -> tuple[KeyValues, ...]:
        """The caches before the first token, of as many rows as `like`."""
        nothing = like.new_zeros(len(like), self.shape.num_kv_heads, 0, self.shape.head_dim)
        return (KeyValues(nothing, nothing),) * self.shape.layers

    def forward(
        self,
        x: Float[Tensor, "batch time width"],
        past: Sequence[KeyValues],
        start: int = 0,
        memory_score: Float[Tensor, " layers"] | None = None,
    ) -> tuple[Float[Tensor, "batch time width"], tuple[KeyValues, ...]]:
        """The output at some more tokens.

        Args:
            x: Their embeddings.
            past: What each block has read.
            start: How many tokens were read before.
            memory_score: Added to every query's score of the first cached entry, which is then
                no token; one number a block.

        Returns:
            The output, and the caches of the next call.
        """
        time, total = x.shape[1], past[0].keys.shape[2] + x.shape[1]
        positions = torch.arange(start, start + time, device=x.device)
        rotation = None
        if self.position is None:
            rotation = self._rotation(positions).to(x.dtype)
        else:
            x = x + self.position(positions.clamp(max=self.shape.positions - 1))
        hidden = torch.ones(time, total, dtype=torch.bool, device=x.device).triu(total - time + 1)
        bias = x.new_zeros(time, total).masked_fill(hidden, -torch.inf)
        caches = []
        for layer, block in enumerate(self.blocks):
            seen = bias
            if memory_score is not None:
                score = memory_score[layer].to(x.dtype).expand(time, 1)
                seen = torch.cat([score, bias[:, 1:]], 1)
            x, cache = block(x, past[layer], rotation, seen)
            caches.append(cache)
        return self.norm(x), tuple(caches)

    def _rotation(self, positions: Int[Tensor, " time"]) -> Float[Tensor, "2 time head"]:
        """Cosines and sines of each position's angles; float64, as angles grow with positions."""
        half = torch.arange(
            0, self.shape.head_dim, 2, device=positions.device, dtype=torch.float64
        )
        angles = positions.unsqueeze(1) * self.shape.rope_base ** (-half / self.shape.head_dim)
        angles = torch.cat([angles, angles], 1)
        return torch.stack([angles.cos(), angles.sin()])


def _rotate(x: Float[Tensor, "... time head"], rotation: Tensor) -> Float[Tensor, "... time head"]:
    """Rotates each pair of numbers, half a head apart, by its position's angle."""
    cosine, sine = rotation
    first, second = x.chunk(2, -1)
    return x * cosine + torch.cat([-second, first], -1) * sine
