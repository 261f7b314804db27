"""Labels as control codes: what a conditional decoder is given beside z."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from explorer.errors import ExplorerError

NO_LABEL = -1
"""Of a sentence whose label is not known."""
UNLABELLED = 0.1
"""Share of the training sentences whose label is withheld, so that the decoder learns to do
without (Ho & Salimans 2022, arXiv:2207.12598)."""


def codes(labels: Sequence[int], kinds: int) -> Float[Tensor, "n kinds"]:
    """One row a sentence: 1 at its label; the average of all labels where there is none."""
    place = torch.tensor(labels, dtype=torch.int64)
    code = torch.nn.functional.one_hot(place.clamp(min=0), kinds).float()
    return torch.where(place.unsqueeze(1) >= 0, code, 1 / kinds)


def steer(kinds: Sequence[str], label: str, strength: float = 1.0) -> Float[Tensor, " kinds"]:
    """The code of one label, going out from the average of all of them.

    Args:
        kinds: The labels a model knows.
        label: One of them; empty for none.
        strength: 0 is the average, 1 the label as it was trained, above 1 an exaggeration.

    Raises:
        ExplorerError: If the model does not know this label.
    """
    average, code = codes([NO_LABEL, place(kinds, label)], len(kinds))
    return average + strength * (code - average)


def place(kinds: Sequence[str], label: str) -> int:
    """Where a label stands among those a model knows; `NO_LABEL` for an empty one.

    Raises:
        ExplorerError: If the model does not know this label.
    """
    if not label:
        return NO_LABEL
    if label not in kinds:
        known = f"is not one of {', '.join(kinds)}" if kinds else "is given to no conditional run"
        raise ExplorerError(f"label {label!r} {known}")
    return list(kinds).index(label)
