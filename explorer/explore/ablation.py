"""What one setting did, from the recorded metrics of runs that differ in nothing else."""

from collections.abc import Sequence

from explorer.evaluation.metrics import written
from explorer.evaluation.verdict import NO, NOT_MEASURED, YES, uses_z, value_of
from explorer.explore import recipe_diff
from explorer.explore.recipe_families import Family
from explorer.explore.run_choice import Record

_CLEAR = 1.5
"""Ratio of two rates above which a setting changes the rate."""


def effect(family: Family, records: Sequence[Record]) -> str:
    """A sentence on each run's use of z, and one on what the setting did.

    Args:
        family: Runs whose recipes differ in one part.
        records: Of these runs, in any order.

    Returns:
        Plain text; empty where no run was measured.
    """
    named = {record.name: record for record in records}
    members = [named[name] for name in family.names if name in named]
    judged = [record for record in members if uses_z(record.metrics).code != NOT_MEASURED]
    if len(judged) < 2:
        return ""
    values = _values(family, judged)
    each = "; ".join(
        f"{value}: {_state(record)}" for value, record in zip(values, judged, strict=True)
    )
    return f"{each}. {_conclusion(family.title, values, judged)}"


def _values(family: Family, records: Sequence[Record]) -> list[str]:
    """The value of the part in each recipe."""
    settings = recipe_diff.differing([record.config for record in records])
    for setting in settings:
        if setting.address == family.part:
            return [value.removesuffix(recipe_diff.DEFAULT) for value in setting.values]
    mine = [item for item in settings if item.address.startswith(f"{family.part}.")]
    if not mine:
        return [record.name for record in records]
    name = mine[0].address.rpartition(".")[2]
    return [f"{name} {value.removesuffix(recipe_diff.DEFAULT)}" for value in mine[0].values]


def _state(record: Record) -> str:
    rate = value_of(record.metrics, "rate")
    note = "" if rate is None else f", rate {written(rate)} nats"
    return f"{uses_z(record.metrics).word}{note}"


def _conclusion(title: str, values: Sequence[str], records: Sequence[Record]) -> str:
    answers = [uses_z(record.metrics).value for record in records]
    subject = f"The {title if title.startswith('KL') else title.lower()}"
    rates = [rate for r in records if (rate := value_of(r.metrics, "rate")) is not None]
    if YES in answers and NO in answers:
        return f"{subject} decides here whether z is used."
    if YES not in answers:
        if NO in answers and len(set(answers)) > 1 and len(rates) == len(records):
            best = max(range(len(rates)), key=rates.__getitem__)
            return (
                f"{subject} delayed or weakened the collapse but did not prevent it: no run uses "
                f"all of z, and the highest rate is {written(rates[best])} nats ({values[best]})."
            )
        return f"{subject} does not make any run use z."
    if len(rates) == len(records) and min(rates) > 0 and max(rates) / min(rates) >= _CLEAR:
        low, high = (rates.index(pick(rates)) for pick in (min, max))
        return (
            f"All use z; from {values[low]} to {values[high]} the rate rises from "
            f"{written(rates[low])} to {written(rates[high])} nats."
        )
    return "It hardly changes how much z is used; compare the samples and the perplexity."
