"""Decoders: p(x|z), the probability of a sentence given a latent point."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import gelu

from explorer.models.decoder_base import Decoder
from explorer.models.dilated_decoder import DilatedDecoder
from explorer.models.transformer_decoder import TransformerDecoder
from explorer.models.words import WordsDecoder


@dataclass(frozen=True, slots=True)
class LSTMState:
    """The state of an LSTM decoder between two tokens."""

    hidden: Float[Tensor, "batch hidden"]
    cell: Float[Tensor, "batch hidden"]
    latent_gates: Float[Tensor, "batch gates"]
    latent_output: Float[Tensor, "batch embedding"]

    def select(self, rows: Int[Tensor, " rows"]) -> "LSTMState":
        """The states of some rows, in that order; a row may be taken twice."""
        return LSTMState(
            self.hidden[rows],
            self.cell[rows],
            self.latent_gates[rows],
            self.latent_output[rows],
        )


class Projection(nn.Module):
    """A linear map of z, and one of its features beside it.

    Args:
        size: Of z.
        width: Of the result, and twice as many features.
    """

    def __init__(self, size: int, width: int) -> None:
        super().__init__()
        self.direct = nn.Linear(size, width)
        self.features = nn.Linear(size, 2 * width)
        self.mix = nn.Linear(2 * width, width, bias=False)

    def forward(self, z: Float[Tensor, "*batch latent"]) -> Float[Tensor, "*batch width"]:
        """What the decoder reads."""
        return self.direct(z) + self.mix(gelu(self.features(z)))


class LSTMDecoder(Decoder):
    """An LSTM language model that sees z in its initial state, every input and every output.

    c0 = W z and h0 = tanh(c0) as in He et al. (2019); z is concatenated to every input and added
    to every output through a skip connection (Dieng et al. 2019). With an empty z it is a plain
    LSTM language model of the same size.

    Args:
        embedding: Of the words; with `tied` its weight is the output layer's too.
        latent_dim: Size of z; 0 for a language model.
        hidden_dim: State size.
        project: The decoder reads z through a network with this many outputs; 0 for z as it is.
            What has hundreds of dimensions would cost more at every word than the words.
        tied: Whether output and input words share one embedding (Press & Wolf 2017).
        skip: Whether z is also added to the output features.
        word_dropout: See `Decoder`.
        dropout: See `Decoder`.
    """

    def __init__(
        self,
        embedding: nn.Embedding,
        latent_dim: int,
        hidden_dim: int = 256,
        project: int = 0,
        tied: bool = True,
        skip: bool = True,
        word_dropout: float = 0.0,
        dropout: float = 0.2,
    ) -> None:
        is_projected = project > 0 and latent_dim > 0
        read_dim = project if is_projected else latent_dim
        super().__init__(embedding, read_dim, word_dropout, dropout)
        width = embedding.embedding_dim
        self.project = Projection(latent_dim, project) if is_projected else nn.Identity()
        latent_dim = read_dim
        self.lstm = nn.LSTM(width + latent_dim, hidden_dim, batch_first=True)
        self.start = nn.Linear(latent_dim, hidden_dim) if latent_dim else None
        self._add_output(hidden_dim, tied, skip)

    def _lstm(self, name: str) -> Tensor:
        return self.lstm.get_parameter(name)

    def _begin(self, z: Float[Tensor, "batch latent"]) -> tuple[Tensor, Tensor]:
        if self.start is None:
            hidden = z.new_zeros(len(z), self.lstm.hidden_size)
            return hidden, hidden
        cell = self.start(z)
        return cell.tanh(), cell

    def _features(
        self, z: Float[Tensor, "batch latent"], inputs: Int[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time embedding"]:
        embedded = self.dropout(self.embedding(self._visible(inputs)))
        z = self.project(z)
        repeated = z.unsqueeze(1).expand(-1, inputs.shape[1], -1)
        hidden, cell = self._begin(z)
        states, _ = self.lstm(
            torch.cat([embedded, repeated], 2), (hidden.unsqueeze(0), cell.unsqueeze(0))
        )
        features = self.narrow(states)
        if self.skip is not None:
            features = features + self.skip(z).unsqueeze(1)
        return self.dropout(features)

    def token_scores(
        self,
        z: Float[Tensor, "samples batch latent"],
        tokens: Int[Tensor, "batch time"],
        bf16: bool = False,
    ) -> Float[Tensor, "samples batch predicted"]:
        """`token_log_prob` of each sentence under each of its samples of z.

        The words' contribution to the LSTM's gates is computed once for all samples. In `eval`
        mode, without gradients.
        """
        assert not self.training
        samples, batch = z.shape[:2]
        weight, width = self._lstm("weight_ih_l0"), self.embedding.embedding_dim
        inputs, targets = tokens[:, :-1], tokens[:, 1:]
        words = self.embedding(self._visible(inputs))
        gates_of_words = words @ weight[:, :width].T
        state = self.begin(z.flatten(0, 1))
        hidden, cell, features = state.hidden, state.cell, []
        from_latent = state.latent_gates.unflatten(0, (samples, batch))
        narrow = self._lstm("weight_hh_l0").bfloat16().T if bf16 else None
        for time in range(inputs.shape[1]):
            gates = (from_latent + gates_of_words[:, time]).flatten(0, 1)
            hidden, cell = self._advance(gates, hidden, cell, narrow)
            features.append(self.narrow(hidden) + state.latent_output)
        result = self._scores(torch.stack(features, 1), targets.repeat(samples, 1), bf16)
        return result.unflatten(0, (samples, batch))

    def begin(self, z: Float[Tensor, "batch latent"]) -> LSTMState:
        weight, width = self._lstm("weight_ih_l0"), self.embedding.embedding_dim
        z = self.project(z)
        hidden, cell = self._begin(z)
        gates = z @ weight[:, width:].T + self._lstm("bias_ih_l0") + self._lstm("bias_hh_l0")
        output = z.new_zeros(len(z), width) if self.skip is None else self.skip(z)
        return LSTMState(hidden, cell, gates, output)

    def _advance(
        self,
        gates: Float[Tensor, "batch gates"],
        hidden: Float[Tensor, "batch hidden"],
        cell: Float[Tensor, "batch hidden"],
        narrow: Float[Tensor, "hidden gates"] | None = None,
    ) -> tuple[Float[Tensor, "batch hidden"], Float[Tensor, "batch hidden"]]:
        """The next hidden and cell state, given the inputs' contribution to the gates."""
        if narrow is None:
            gates = torch.addmm(gates, hidden, self._lstm("weight_hh_l0").T)
        else:
            gates = torch.mm(hidden.bfloat16(), narrow).float().add_(gates)
        enter, forget, update, leave = gates.chunk(4, 1)  # the order of nn.LSTM
        cell = torch.addcmul(forget.sigmoid() * cell, enter.sigmoid(), update.tanh())
        return leave.sigmoid() * cell.tanh(), cell

    def advance(
        self, token: Int[Tensor, " batch"], state: LSTMState
    ) -> tuple[Float[Tensor, "batch embedding"], LSTMState]:
        weight, width = self._lstm("weight_ih_l0"), self.embedding.embedding_dim
        gates = torch.addmm(
            state.latent_gates, self.embedding(self._visible(token)), weight[:, :width].T
        )
        hidden, cell = self._advance(gates, state.hidden, state.cell)
        features = self.narrow(hidden) + state.latent_output
        return features, LSTMState(hidden, cell, state.latent_gates, state.latent_output)


DECODERS: dict[str, type[Decoder]] = {
    "lstm": LSTMDecoder,
    "dilated": DilatedDecoder,
    "transformer": TransformerDecoder,
    "words": WordsDecoder,
}
