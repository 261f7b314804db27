"""KL schedules: beta as a function of the epochs after pre-training."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from explorer.errors import ExplorerError, at_least, positive

Schedule = Callable[[float], float]
"""From epochs done, fractions included, to beta, the weight of the rate penalty in the loss."""

_BETA_RANGE = (1e-4, 100.0)


def constant(beta: float = 1.0) -> Schedule:
    """Constant beta; 0 trains an autoencoder with noise."""
    at_least("objective.schedule.beta", beta, 0)
    return lambda epoch: beta


def linear(epochs: float = 2.0, beta: float = 1.0, start: float = 0.0) -> Schedule:
    """Linear from `start` to `beta` over `epochs`, then constant (Bowman et al. 2016)."""
    at_least("objective.schedule.beta", beta, 0)
    at_least("objective.schedule.start", start, 0)
    positive("objective.schedule.epochs", epochs)
    return lambda epoch: start + (beta - start) * min(1.0, epoch / epochs)


def logistic(middle: float = 1.0, width: float = 0.2, beta: float = 1.0) -> Schedule:
    """A logistic curve from 0 to `beta` (Bowman et al. 2016).

    Args:
        middle: Epochs until half of `beta`.
        width: Time scale of the curve, epochs: beta · sigmoid((epoch − middle) / width).
        beta: The limit.
    """
    at_least("objective.schedule.beta", beta, 0)
    positive("objective.schedule.width", width)

    def schedule(epoch: float) -> float:
        return beta / (1 + math.exp(min(700.0, (middle - epoch) / width)))

    return schedule


def cyclical(
    period: float = 1.0, cycles: int = 4, ramp: float = 0.5, beta: float = 1.0
) -> Schedule:
    """Cycles that rise linearly from 0 and stay at `beta`; after the last one, constant.

    Args:
        period: Epochs per cycle.
        cycles: Number of cycles.
        ramp: Fraction of a cycle in which beta rises.
        beta: The maximum of each cycle.

    Source:
        Fu et al. (2019), Cyclical Annealing Schedule, arXiv:1903.10145, equation 6.
    """
    at_least("objective.schedule.beta", beta, 0)
    positive("objective.schedule.period", period)
    positive("objective.schedule.ramp", ramp)
    if cycles < 1 or ramp > 1:
        raise ExplorerError("objective.schedule: cyclical needs cycles ≥ 1 and a ramp from 0 to 1")

    def schedule(epoch: float) -> float:
        if epoch >= cycles * period:
            return beta
        return beta * min(1.0, epoch % period / (ramp * period))

    return schedule


@dataclass(frozen=True)
class TargetRate:
    """Beta as a Lagrange multiplier: it rises while the rate is above the target, else it falls.

    Called as a schedule it returns the initial beta; the trainer calls `next` after every step.
    Source: the constrained form of Alemi et al. (2018), arXiv:1711.00464, section 3, with the
    multiplier updated as in Rezende & Viola (2018), arXiv:1810.00597, equation 5.
    """

    nats: float = 6.0
    """Target rate per sentence."""
    speed: float = 0.01
    """Relative change of beta per step if the rate is off by the whole target."""
    start: float = 0.1
    """Initial beta."""

    def __post_init__(self) -> None:
        positive("objective.schedule.nats", self.nats)
        positive("objective.schedule.speed", self.speed)
        positive("objective.schedule.start", self.start)

    def __call__(self, epoch: float) -> float:
        return self.start

    def next(self, beta: float, rate: float) -> float:
        """Beta for the next step, after a batch whose mean rate was `rate` nats."""
        error = max(-1.0, min(1.0, (rate - self.nats) / self.nats))
        low, high = _BETA_RANGE
        return max(low, min(high, beta * math.exp(self.speed * error)))


SCHEDULES: dict[str, Callable[..., Schedule]] = {
    "constant": constant,
    "linear": linear,
    "logistic": logistic,
    "cyclical": cyclical,
    "target": TargetRate,
}
