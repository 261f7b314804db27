"""The base of decoders: word embedding, output layer, and the likelihood of a sentence."""

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from explorer.models.output_softmax import token_log_prob
from explorer.models.padding import mask
from explorer.models.rounded_output import RoundedOutput
from explorer.text.tokens import BOS, UNK


class Decoder(nn.Module):
    """p(x|z), token by token.

    A subclass adds its layers, calls `_add_output`, and computes features from z and the previous
    tokens: for whole sentences in `_features`, step by step in `begin` and `advance`.

    Args:
        embedding: Of the input words.
        latent_dim: Size of the input beside the words: z, and the label of a conditional model;
            0 for a language model.
        word_dropout: Fraction of the input words replaced by <unk> in training (Bowman et al.
            2016); 1 replaces all, at test time too: the decoder then sees z alone.
        dropout: Fraction of input and output entries dropped in training.
    """

    skip: nn.Linear | None
    narrow: nn.Module
    output: nn.Linear
    scores_in_bf16 = True
    """Whether `token_scores` can compute products in bfloat16."""
    has_order = True
    """Whether words depend on those before; if not, a point decodes to ranked words."""

    def __init__(
        self, embedding: nn.Embedding, latent_dim: int, word_dropout: float, dropout: float
    ) -> None:
        super().__init__()
        self.embedding = embedding
        self.latent_dim = latent_dim
        self.word_dropout = word_dropout
        self.dropout = nn.Dropout(dropout)

    def _add_output(self, feature_dim: int, tied: bool, skip: bool) -> None:
        """Adds the output layer, tied to the embedding or not, and a skip from z to it."""
        words, width = self.embedding.weight.shape
        has_skip = skip and self.latent_dim > 0
        self.skip = nn.Linear(self.latent_dim, width, bias=False) if has_skip else None
        self.narrow = nn.Linear(feature_dim, width) if feature_dim != width else nn.Identity()
        self.output = nn.Linear(width, words)
        if tied:
            self.output.weight = self.embedding.weight
        nn.init.zeros_(self.output.bias)

    def _features(
        self, z: Float[Tensor, "batch latent"], inputs: Int[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time embedding"]:
        """The output layer's input after each token; reads the tokens through `_visible`."""
        raise NotImplementedError

    def begin(self, z: Float[Tensor, "batch latent"]) -> Any:
        """The state before the first token, with whatever of z every step needs.

        Its `select(rows)` returns the states of some rows, in that order.
        """
        raise NotImplementedError

    def advance(
        self, token: Int[Tensor, " batch"], state: Any
    ) -> tuple[Float[Tensor, "batch embedding"], Any]:
        """Reads one token: the output layer's input for the next, and the new state."""
        raise NotImplementedError

    def step(
        self, token: Int[Tensor, " batch"], state: Any
    ) -> tuple[Float[Tensor, "batch words"], Any]:
        """Reads one token: the logits of the next, and the new state."""
        features, state = self.advance(token, state)
        return self.output(features), state

    def fit(self, ids: Sequence[Sequence[int]]) -> None:
        """Takes what it needs from the training sentences before the first step."""

    def adopt(self, other: "Decoder") -> None:
        """Takes from another decoder of the same recipe what it took from them."""

    def ranked(self, z: Float[Tensor, "batch latent"], count: int) -> list[list[int]]:
        """Without order: the ids of the words that say most about each point."""
        raise NotImplementedError

    @property
    def is_inputless(self) -> bool:
        """Whether all input words are hidden: words depend on z and their position only."""
        return self.word_dropout >= 1

    def _visible(self, inputs: Int[Tensor, "*shape"]) -> Int[Tensor, "*shape"]:
        """The inputs after word dropout, which spares the start."""
        if self.is_inputless:
            return inputs.masked_fill(inputs != BOS, UNK)
        if not self.training or not self.word_dropout:
            return inputs
        hidden = torch.rand(inputs.shape, device=inputs.device) < self.word_dropout
        hidden[:, 0] = False
        return inputs.masked_fill(hidden, UNK)

    def token_log_prob(
        self, z: Float[Tensor, "batch latent"], tokens: Int[Tensor, "batch time"]
    ) -> Float[Tensor, "batch predicted"]:
        """Log-probability of each token after the start, given z and those before; 0 at PAD."""
        return self._scores(self._features(z, tokens[:, :-1]), tokens[:, 1:])

    def _scores(
        self,
        features: Float[Tensor, "batch time embedding"],
        targets: Int[Tensor, "batch time"],
        bf16: bool = False,
    ) -> Float[Tensor, "batch time"]:
        """Log-probability of each target given its features; 0 at PAD."""
        weight, bias, valid = self.output.weight, self.output.bias, mask(targets)
        if bf16:
            flat = RoundedOutput(weight, bias).log_prob(features[valid], targets[valid])
            return flat.new_zeros(valid.shape).masked_scatter(valid, flat)
        if features.device.type != "cpu":
            # Selecting the valid positions would wait for the device.
            flat = token_log_prob(features.flatten(0, 1), weight, bias, targets.flatten())
            return flat.view(valid.shape).masked_fill(~valid, 0.0)
        flat = token_log_prob(features[valid], weight, bias, targets[valid])
        return flat.new_zeros(valid.shape).masked_scatter(valid, flat)

    def log_prob(
        self, z: Float[Tensor, "batch latent"], tokens: Int[Tensor, "batch time"]
    ) -> Float[Tensor, " batch"]:
        """Log-likelihood of each sentence given its z, nats per sentence, the end included."""
        return self.token_log_prob(z, tokens).sum(1)

    def logits(
        self, z: Float[Tensor, "batch latent"], tokens: Int[Tensor, "batch time"]
    ) -> Float[Tensor, "batch predicted words"]:
        """Logits of every word at every position after the start, for inspection."""
        return self.output(self._features(z, tokens[:, :-1]))

    def token_scores(
        self,
        z: Float[Tensor, "samples batch latent"],
        tokens: Int[Tensor, "batch time"],
        bf16: bool = False,
    ) -> Float[Tensor, "samples batch predicted"]:
        """`token_log_prob` of each sentence under each of its samples of z.

        Args:
            z: Samples of each sentence.
            tokens: Sentences.
            bf16: Whether products are in bfloat16, as far as their errors mostly cancel.
        """
        repeated = tokens.repeat(len(z), 1)
        features = self._features(z.flatten(0, 1), repeated[:, :-1])
        return self._scores(features, repeated[:, 1:], bf16).unflatten(0, z.shape[:2])

    def score_samples(
        self,
        z: Float[Tensor, "samples batch latent"],
        tokens: Int[Tensor, "batch time"],
        bf16: bool = False,
    ) -> Float[Tensor, "samples batch"]:
        """Log-likelihood of each sentence under each of its samples of z, nats per sentence."""
        return self.token_scores(z, tokens, bf16).sum(2)
