"""The token with the highest score at each step of a decoding."""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from explorer.models.decoding_settings import Decoding
from explorer.models.mixed_precision import bf16_is_faster
from explorer.models.output_softmax import scorer
from explorer.models.rounded_output import RoundedOutput
from explorer.models.token_sampling import argmax, forbid_special

Highest = Callable[[Float[Tensor, "batch embedding"]], Int[Tensor, " batch"]]
"""From the output layer's input to the token with the highest score."""

_MIN_ROUNDED_ROWS = 48
"""With fewer rows a product in float32 costs less than rounding, bounds and second scores."""


@torch.no_grad()
def highest(output: nn.Linear, rows: int, decoding: Decoding) -> Highest:
    """What finds the highest token of each row, for at most so many rows a call."""
    weight = output.weight
    is_rounded = rows >= _MIN_ROUNDED_ROWS and bf16_is_faster(weight.device, weight.dtype)
    score = scorer(output, _MIN_ROUNDED_ROWS if is_rounded else rows)

    def of_all(features: Tensor) -> Tensor:
        return argmax(forbid_special(score(features), decoding))

    if not is_rounded:
        return of_all
    bias = forbid_special(output.bias.clone().unsqueeze(0), decoding).squeeze(0)
    rounded = RoundedOutput(weight, bias)
    buffer = rounded.factors.new_empty(rows, len(rounded.factors))

    def of_candidates(features: Tensor) -> Tensor:
        if len(features) < _MIN_ROUNDED_ROWS:
            return of_all(features)
        return rounded.highest(features, buffer)

    return of_candidates
