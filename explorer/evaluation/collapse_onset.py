"""When a training collapsed, and what beta was then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from explorer.evaluation.verdict import COLLAPSED_RATE


@dataclass(frozen=True, slots=True)
class Moment:
    """A validation during training."""

    epoch: float
    beta: float
    rate: float
    """Nats per sentence, on the validation sentences."""


def collapse_moment(history: Mapping[str, Sequence[float | None]]) -> Moment | None:
    """The first validation from which on the rate stays below 0.1 nats; None if it does not.

    Args:
        history: Columns of `history.csv`; cells may be empty, and columns missing.
    """
    moments = validations(history)
    first = None
    for moment in reversed(moments):
        if moment.rate >= COLLAPSED_RATE:
            break
        first = moment
    return first


def validations(history: Mapping[str, Sequence[float | None]]) -> list[Moment]:
    """Every validation that measured a rate, in order."""
    columns = [history.get(name, ()) for name in ("epoch", "beta", "validation_rate")]
    return [
        Moment(epoch, beta, rate)
        for epoch, beta, rate in zip(*columns, strict=False)
        if epoch is not None and beta is not None and rate is not None and isfinite(rate)
    ]


def describe(history: Mapping[str, Sequence[float | None]]) -> str:
    """When it collapsed, in a sentence; empty for a history without rates."""
    moments = validations(history)
    if not moments:
        return ""
    onset = collapse_moment(history)
    if onset is None:
        lowest = min(moments, key=lambda moment: moment.rate)
        if lowest.rate < COLLAPSED_RATE:
            return (
                f"It recovered: at epoch {lowest.epoch:.3g} the rate was {lowest.rate:.2f} nats "
                f"at β = {lowest.beta:.2f}, at the end it is {moments[-1].rate:.1f}."
            )
        return (
            f"It never collapsed: the rate was lowest at epoch {lowest.epoch:.3g}, with "
            f"{lowest.rate:.2f} nats at β = {lowest.beta:.2f}."
        )
    before = [moment for moment in moments if moment.epoch < onset.epoch]
    highest = max((moment.rate for moment in before), default=0.0)
    came = (
        f" Before that, it was as high as {highest:.2g} nats."
        if highest >= 2 * COLLAPSED_RATE
        else ""
    )
    came = came or " It never used z."
    return (
        f"It collapsed by epoch {onset.epoch:.3g}, when β was {onset.beta:.2f}: from then on the "
        f"rate stays below {COLLAPSED_RATE} nats.{came}"
    )
