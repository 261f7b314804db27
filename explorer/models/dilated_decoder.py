"""A convolutional decoder with a bounded receptive field."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from explorer.errors import ExplorerError
from explorer.models.decoder_base import Decoder

KERNEL = 3
"""Kernel size of the convolutions; Yang et al. (2017) use 3 throughout."""


@dataclass(frozen=True, slots=True)
class DilatedState:
    """The state of a dilated decoder: the past inputs that each convolution still needs."""

    z: Float[Tensor, "batch latent"]
    past: tuple[Float[Tensor, "batch channels _"], ...]

    def select(self, rows: Int[Tensor, " rows"]) -> "DilatedState":
        """The states of some rows, in that order; a row may be taken twice."""
        return DilatedState(self.z[rows], tuple(part[rows] for part in self.past))


class _Block(nn.Module):
    """A residual block around one causal convolution (figure 1b of the paper)."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.enter = nn.Conv1d(channels, channels // 2, 1)
        self.look = nn.Conv1d(channels // 2, channels // 2, KERNEL, dilation=dilation)
        self.leave = nn.Conv1d(channels // 2, channels, 1)

    @property
    def span(self) -> int:
        """Positions the convolution reaches back."""
        return (KERNEL - 1) * self.dilation

    def forward(
        self, x: Float[Tensor, "batch channels time"], past: Float[Tensor, "batch half span"]
    ) -> tuple[Float[Tensor, "batch channels time"], Float[Tensor, "batch half span"]]:
        """The block's output, and the past of the next call."""
        inputs = torch.cat([past, self.enter(x.relu()).relu()], 2)
        return x + self.leave(self.look(inputs).relu()), inputs[:, :, -self.span :]


class DilatedDecoder(Decoder):
    """A stack of causal convolutions whose dilation doubles from layer to layer.

    The receptive field decides how much it needs z: with few layers it is little more than a bag
    of words; with many it resembles an LSTM, and z collapses as easily.

    Args:
        embedding: Of the words; with `tied` its weight is the output layer's too.
        latent_dim: Size of z, concatenated to every input; 0 for a language model.
        hidden_dim: Number of channels, even.
        layers: Number of convolutions; the decoder sees 1 + 2·(2^layers − 1) words back.
        tied: Whether output and input words share one embedding.
        skip: Whether z is also added to the output features.
        word_dropout: See `Decoder`.
        dropout: See `Decoder`.

    Raises:
        ExplorerError: For an odd number of channels, or layers outside 1 to 12.

    Source:
        Yang et al. (2017), Improved Variational Autoencoders for Text Modeling using Dilated
        Convolutions, arXiv:1702.08139, section 3.2.
    """

    def __init__(
        self,
        embedding: nn.Embedding,
        latent_dim: int,
        hidden_dim: int = 256,
        layers: int = 3,
        tied: bool = True,
        skip: bool = False,
        word_dropout: float = 0.0,
        dropout: float = 0.2,
    ) -> None:
        super().__init__(embedding, latent_dim, word_dropout, dropout)
        if hidden_dim < 2 or hidden_dim % 2 or not 1 <= layers <= 12:
            raise ExplorerError(
                "model.decoder: dilated needs an even hidden_dim and 1 to 12 layers, "
                f"not {hidden_dim} and {layers}"
            )
        self.enter = nn.Linear(embedding.embedding_dim + latent_dim, hidden_dim)
        self.blocks = nn.ModuleList(_Block(hidden_dim, 2**layer) for layer in range(layers))
        self._add_output(hidden_dim, tied, skip)

    @property
    def _blocks(self) -> list[_Block]:
        return [block for block in self.blocks if isinstance(block, _Block)]

    def _features(
        self, z: Float[Tensor, "batch latent"], inputs: Int[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time embedding"]:
        return self._read(inputs, self.begin(z))[0]

    def begin(self, z: Float[Tensor, "batch latent"]) -> DilatedState:
        past = [
            z.new_zeros(len(z), block.enter.out_channels, block.span) for block in self._blocks
        ]
        return DilatedState(z, tuple(past))

    def advance(
        self, token: Int[Tensor, " batch"], state: DilatedState
    ) -> tuple[Float[Tensor, "batch embedding"], DilatedState]:
        features, state = self._read(token.unsqueeze(1), state)
        return features.squeeze(1), state

    def _read(
        self, inputs: Int[Tensor, "batch time"], state: DilatedState
    ) -> tuple[Float[Tensor, "batch time embedding"], DilatedState]:
        """The features after each of some more words, and the new state."""
        embedded = self.dropout(self.embedding(self._visible(inputs)))
        repeated = state.z.unsqueeze(1).expand(-1, inputs.shape[1], -1)
        x = self.enter(torch.cat([embedded, repeated], 2)).transpose(1, 2)
        past = []
        for block, before in zip(self._blocks, state.past, strict=True):
            x, after = block(x, before)
            past.append(after)
        features = self.narrow(functional.relu(x).transpose(1, 2))
        if self.skip is not None:
            features = features + self.skip(state.z).unsqueeze(1)
        return self.dropout(features), DilatedState(state.z, tuple(past))
