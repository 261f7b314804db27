"""Beta as a function of training time, measured in epochs after pre-training."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from explorer.errors import ExplorerError

Schedule = Callable[[float], float]
"""From epochs done (a fraction counts) to beta, the weight of the rate in the loss."""

_BETAS = (1e-4, 100.0)


def constant(beta: float = 1.0) -> Schedule:
    """The same beta from the first step; 0 trains an autoencoder with noise."""
    _check(beta)
    return lambda epoch: beta


def linear(epochs: float = 2.0, beta: float = 1.0, start: float = 0.0) -> Schedule:
    """From `start` to `beta` over the first `epochs`, then flat (Bowman et al. 2016)."""
    _check(beta)
    _check(start)
    _above_zero("epochs", epochs)
    return lambda epoch: start + (beta - start) * min(1.0, epoch / epochs)


def logistic(middle: float = 1.0, width: float = 0.2, beta: float = 1.0) -> Schedule:
    """An S from 0 to `beta`: half of it after `middle` epochs (Bowman et al. 2016).

    Args:
        middle: Epochs until half of `beta`.
        width: Epochs in which the odds of beta to what is missing grow by a factor of e.
        beta: What it approaches.
    """
    _check(beta)
    _above_zero("width", width)

    def schedule(epoch: float) -> float:
        return beta / (1 + math.exp(min(700.0, (middle - epoch) / width)))

    return schedule


def cyclical(
    period: float = 1.0, cycles: int = 4, ramp: float = 0.5, beta: float = 1.0
) -> Schedule:
    """Again and again from 0: linear for a share of each period, then flat; at last flat for ever.

    Args:
        period: Epochs of a cycle.
        cycles: How many times beta starts from 0.
        ramp: Share of a period in which beta grows.
        beta: What each cycle reaches.

    Source:
        Fu et al. (2019), Cyclical Annealing Schedule, arXiv:1903.10145, equation 6.
    """
    _check(beta)
    _above_zero("period", period)
    _above_zero("ramp", ramp)
    if cycles < 1 or ramp > 1:
        raise ExplorerError("objective.schedule: cyclical takes cycles ≥ 1 and a ramp of 0 to 1")

    def schedule(epoch: float) -> float:
        if epoch >= cycles * period:
            return beta
        return beta * min(1.0, epoch % period / (ramp * period))

    return schedule


@dataclass(frozen=True)
class TargetRate:
    """Beta as a Lagrange multiplier: it rises while the rate is above the target, and falls below.

    Called as other schedules are, it gives the beta it starts with; the trainer asks `next` after
    every step. Source: the constrained form of Alemi et al. (2018), arXiv:1711.00464, section 3,
    with the multiplier updated as in Rezende & Viola (2018), arXiv:1810.00597, equation 5.
    """

    nats: float = 6.0
    """Rate per sentence to be held."""
    speed: float = 0.01
    """Relative change of beta a step for a rate that is off by its whole target."""
    start: float = 0.1
    """Beta before the first step."""

    def __post_init__(self) -> None:
        _above_zero("nats", self.nats)
        _above_zero("speed", self.speed)
        _above_zero("start", self.start)

    def __call__(self, epoch: float) -> float:
        """Beta before anything was learned."""
        return self.start

    def next(self, beta: float, rate: float) -> float:
        """Beta for the next step, after a batch whose mean rate was `rate` nats."""
        off = max(-1.0, min(1.0, (rate - self.nats) / self.nats))
        return max(_BETAS[0], min(_BETAS[1], beta * math.exp(self.speed * off)))


def _check(beta: float) -> None:
    if beta < 0:
        raise ExplorerError(f"objective.schedule: a beta of {beta} is below 0")


def _above_zero(name: str, value: float) -> None:
    if value <= 0:
        raise ExplorerError(f"objective.schedule.{name}: {value} is not above 0")


SCHEDULES: dict[str, Callable[..., Schedule]] = {
    "constant": constant,
    "linear": linear,
    "logistic": logistic,
    "cyclical": cyclical,
    "target": TargetRate,
}
