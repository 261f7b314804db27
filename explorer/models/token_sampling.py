"""The next token from the logits of all: the most likely one, or a draw.

A row of logits is searched by block, then within one block: scanning whole rows would take a third
of the time of the product that computes them.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from explorer.models.decoding_settings import Decoding
from explorer.text.tokens import BOS, PAD, UNK

BLOCK = 128
"""Tokens per block."""


def by_block(
    values: Float[Tensor, "batch tokens"], reduce: Callable[[Tensor], Tensor]
) -> Float[Tensor, "batch blocks"]:
    """Reduces each block of a row to one number; the last block may be shorter."""
    whole = values.shape[1] // BLOCK * BLOCK
    result = reduce(values[:, :whole].unflatten(1, (-1, BLOCK)))
    if whole == values.shape[1]:
        return result
    return torch.cat([result, reduce(values[:, None, whole:])], 1)


def _gather_block(
    values: Float[Tensor, "batch tokens"], block: Int[Tensor, "batch 1"], fill: float
) -> Float[Tensor, "batch block"]:
    """The values of one block of each row; `fill` beyond the last token."""
    index = block * BLOCK + torch.arange(BLOCK, device=values.device)
    last = values.shape[1] - 1
    return values.gather(1, index.clamp(max=last)).masked_fill(index > last, fill)


def argmax(logits: Float[Tensor, "batch tokens"]) -> Int[Tensor, " batch"]:
    """The index of each row's largest logit."""
    block = by_block(logits, lambda blocks: blocks.amax(2)).argmax(1, keepdim=True)
    within = _gather_block(logits, block, -torch.inf).argmax(1, keepdim=True)
    return (block * BLOCK + within).squeeze(1)


def draw(
    logits: Float[Tensor, "batch tokens"], generator: torch.Generator
) -> Int[Tensor, " batch"]:
    """One draw per row by inverting the cumulative distribution, with one random number each."""
    probabilities = logits.softmax(1)
    cumulative = by_block(probabilities, lambda blocks: blocks.sum(2)).cumsum(1)
    # The total is 1 up to rounding; the level stays below it, so the draw stays inside.
    total = cumulative[:, -1:]
    level = torch.rand(len(logits), 1, generator=generator).to(logits) * total
    level = torch.minimum(level, torch.nextafter(total, torch.zeros_like(total)))
    block = torch.searchsorted(cumulative, level, right=True)
    before = torch.where(block > 0, cumulative.gather(1, (block - 1).clamp(min=0)), 0.0)
    inside = _gather_block(probabilities, block, 0.0)
    within = torch.searchsorted(before + inside.cumsum(1), level, right=True)
    # By rounding, the sum of a block can exceed the running sum of its tokens.
    within = torch.where(within < BLOCK, within, inside.argmax(1, keepdim=True))
    return (block * BLOCK + within).squeeze(1)


def forbid_special(logits: Tensor, decoding: Decoding) -> Tensor:
    """Rules out padding and start, and `<unk>` unless it is allowed; in place."""
    logits[:, [PAD, BOS]] = -torch.inf
    if not decoding.allow_unknown:
        logits[:, UNK] = -torch.inf
    return logits
