"""Beta as a function of training time, measured in epochs after pre-training."""

from collections.abc import Callable

from explorer.errors import ExplorerError

Schedule = Callable[[float], float]
"""From epochs done (a fraction counts) to beta, the weight of the rate in the loss."""


def constant(beta: float = 1.0) -> Schedule:
    """The same beta from the first step; 0 trains an autoencoder with noise."""
    _check(beta)
    return lambda epoch: beta


def linear(epochs: float, beta: float = 1.0, start: float = 0.0) -> Schedule:
    """From `start` to `beta` over the first `epochs`, then flat (Bowman et al. 2016)."""
    _check(beta)
    _check(start)
    if epochs <= 0:
        raise ExplorerError(f"objective.schedule.epochs: {epochs} is not above 0")
    return lambda epoch: start + (beta - start) * min(1.0, epoch / epochs)


def _check(beta: float) -> None:
    if beta < 0:
        raise ExplorerError(f"objective.schedule: a beta of {beta} is below 0")


SCHEDULES = {"constant": constant, "linear": linear}
