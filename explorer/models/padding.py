"""Token ids as padded tensors."""

from collections.abc import Sequence
from itertools import chain

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from explorer.text.tokens import BOS, EOS, PAD


def collate(
    ids: Sequence[Sequence[int]], device: torch.device | str = "cpu", max_tokens: int | None = None
) -> Tensor:
    """Pads sentences to rows `BOS ids… EOS PAD…`.

    Args:
        ids: Sentences as ids, without start and end; an empty sentence is allowed.
        device: Of the tensor.
        max_tokens: Longer sentences are cut to this many ids and get no EOS; None cuts none.

    Returns:
        Int64 tokens of shape (batch, time), time = the longest row.
    """
    rows = [
        [BOS, *row, EOS]
        if max_tokens is None or len(row) <= max_tokens
        else [BOS, *row[:max_tokens]]
        for row in ids
    ]
    width = max(map(len, rows), default=2)
    tokens = torch.full((len(rows), width), PAD)
    # Only the words pass through Python lists: documents are mostly padding.
    is_word = torch.arange(width) < torch.tensor([len(row) for row in rows]).view(-1, 1)
    tokens[is_word] = torch.tensor([*chain.from_iterable(rows)], dtype=torch.int64)
    if torch.device(device).type == "cuda":
        tokens = tokens.pin_memory()  # for an asynchronous copy
    return tokens.to(device, non_blocking=True)


def mask(tokens: Int[Tensor, "batch time"]) -> Bool[Tensor, "batch time"]:
    """True where a token is not padding."""
    return tokens != PAD


def masked_mean(
    states: Float[Tensor, "batch time width"], valid: Bool[Tensor, "batch time"]
) -> Float[Tensor, "batch width"]:
    """Mean over the valid positions, at least one per row."""
    total = states.masked_fill(~valid.unsqueeze(2), 0.0).sum(1)
    return total / valid.sum(1, keepdim=True)


def lengths(tokens: Int[Tensor, "batch time"]) -> Int[Tensor, " batch"]:
    """Predicted tokens of each sentence: its words and the end."""
    return mask(tokens).sum(1) - 1
