"""The time that a training takes, without what measures it."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Estimate:
    """The time of a training, in seconds of this machine as busy as it was in the trial."""

    epochs: int
    """Of the recipe."""
    epoch: float
    """Of each epoch, with its validation and its snapshot."""
    start: float
    """Before the first step, and for a prior that is fitted after the last."""
    weights: int
    sentences: int
    """Trained on in each epoch."""
    tokens_per_second: float

    def seconds(self, epochs: int = 0) -> float:
        """The training; by default as long as the recipe says."""
        return self.start + (epochs or self.epochs) * self.epoch

    def as_json(self) -> dict[str, Any]:
        """The estimate as JSON."""
        return asdict(self)
