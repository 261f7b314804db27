"""Token ids as padded tensors."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from explorer.text.tokens import BOS, EOS, PAD


def collate(ids: Sequence[Sequence[int]], device: torch.device | str = "cpu") -> Tensor:
    """Lays sentences out as rows `BOS ids… EOS PAD…`.

    Args:
        ids: Sentences as ids, without start and end; an empty sentence is allowed.
        device: Where the tensor goes.

    Returns:
        Int64 tokens of shape (batch, time), time = 2 + the longest sentence.
    """
    width = 2 + max(map(len, ids), default=0)
    rows = [[BOS, *row, EOS] + [PAD] * (width - 2 - len(row)) for row in ids]
    tokens = torch.tensor(rows, dtype=torch.int64).view(len(rows), width)
    if torch.device(device).type == "cuda":
        tokens = tokens.pin_memory()  # from there it is copied while the host goes on
    return tokens.to(device, non_blocking=True)


def mask(tokens: Int[Tensor, "batch time"]) -> Bool[Tensor, "batch time"]:
    """True where a token is not padding."""
    return tokens != PAD


def lengths(tokens: Int[Tensor, "batch time"]) -> Int[Tensor, " batch"]:
    """Predicted tokens a sentence: its words and the end."""
    return mask(tokens).sum(1) - 1
