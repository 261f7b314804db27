"""Labels as one-hot codes, appended to z for a conditional decoder."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from explorer.errors import ExplorerError

NO_LABEL = -1
"""The index of an unknown label."""
DROP_RATE = 0.1
"""Fraction of training sentences whose label is dropped, so that the decoder also learns to work
without one (Ho & Salimans 2022, arXiv:2207.12598)."""


def one_hot(labels: Sequence[int], num_labels: int) -> Float[Tensor, "n labels"]:
    """One row per label: 1 at its index; for `NO_LABEL` the average of all labels."""
    index = torch.tensor(labels, dtype=torch.int64)
    code = torch.nn.functional.one_hot(index.clamp(min=0), num_labels).float()
    return torch.where(index.unsqueeze(1) >= 0, code, 1 / num_labels)


def drop_labels(labels: Sequence[int]) -> list[int]:
    """Replaces a random `DROP_RATE` of the labels by `NO_LABEL`."""
    if not labels:
        return []
    is_dropped = (torch.rand(len(labels)) < DROP_RATE).tolist()
    return [
        NO_LABEL if dropped else label for label, dropped in zip(labels, is_dropped, strict=True)
    ]


def label_code(
    labels: Sequence[str], label: str, strength: float = 1.0
) -> Float[Tensor, " labels"]:
    """The code of one label, extrapolated from the average of all.

    Args:
        labels: The labels of a model.
        label: One of them, or empty for none.
        strength: 0 gives the average, 1 the label as trained, above 1 an exaggeration.

    Raises:
        ExplorerError: If the label is not one of the model's.
    """
    average, code = one_hot([NO_LABEL, index(labels, label)], len(labels))
    return average + strength * (code - average)


def index(labels: Sequence[str], label: str) -> int:
    """The index of a label among a model's; `NO_LABEL` for an empty one.

    Raises:
        ExplorerError: If the label is not one of the model's.
    """
    if not label:
        return NO_LABEL
    if label not in labels:
        problem = f"is not one of {', '.join(labels)}" if labels else "needs a conditional run"
        raise ExplorerError(f"label {label!r} {problem}")
    return list(labels).index(label)
