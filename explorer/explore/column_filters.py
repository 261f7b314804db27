"""Filters of columns within a selection: each column has one, and all hold together."""

from explorer.errors import ExplorerError
from explorer.explore.column_criteria import FileColumn, Range
from explorer.explore.columns import COLUMNS, OF_FILE, Column
from explorer.explore.criteria import Label, Region, Split
from explorer.explore.criterion import Criterion
from explorer.explore.histograms import Bins
from explorer.explore.selection import And, Or, Selection
from explorer.text.typed_column import date_of

_BY_KEY: dict[str, type[Label | Region | Split]] = {
    "label": Label,
    "region": Region,
    "split": Split,
}


def key_of(criterion: Criterion) -> str:
    """The key of the column that a condition is about; empty for any other condition."""
    if isinstance(criterion, FileColumn):
        return f"{OF_FILE}:{criterion.column}"
    return criterion.key if criterion.key in (*_BY_KEY, *COLUMNS) else ""


def range_of(bins: Bins, first: int, last: int) -> Criterion | None:
    """The condition of a range of bins; None for all of them."""
    column, (low, high) = bins.column, bins.bounds(first, last)
    if low is None and high is None:
        return None
    if column.key in COLUMNS:
        return Range(column.key, low, high)
    shown = date_of if column.kind == "date" else "{:.12g}".format
    ends = ("" if end is None else shown(end) for end in (low, high))
    return FileColumn(column.title, "..".join(ends))


def value_of(column: Column, name: str) -> Criterion:
    """The condition of a category."""
    if column.key in _BY_KEY:
        return _BY_KEY[column.key](name)
    return FileColumn(column.title, name)


def filter_of(selection: Selection | None, key: str) -> tuple[Criterion, ...]:
    """The conditions that a selection has of a column alone; any of them holds."""
    for part in _parts(selection):
        conditions = part.parts if isinstance(part, Or) else (part,)
        if all(isinstance(item, Criterion) and key_of(item) == key for item in conditions):
            return tuple(item for item in conditions if isinstance(item, Criterion))
    return ()


def with_filter(
    selection: Selection | None, key: str, conditions: tuple[Criterion, ...]
) -> Selection | None:
    """A selection whose conditions of a column are others, or none."""
    before = filter_of(selection, key)
    old: Selection | None = None
    if before:
        old = before[0] if len(before) == 1 else Or(before)
    parts = [part for part in _parts(selection) if part != old]
    if conditions:
        parts.append(conditions[0] if len(conditions) == 1 else Or(conditions))
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def toggled(selection: Selection | None, column: Column, name: str) -> Selection | None:
    """A selection after a click on a category: it is added to those selected, or removed."""
    condition, before = value_of(column, name), filter_of(selection, column.key)
    after = tuple(item for item in before if item != condition)
    return with_filter(
        selection, column.key, after if condition in before else (*before, condition)
    )


def bins_within(bins: Bins, selection: Selection | None) -> tuple[int, int] | None:
    """The range of bins that a selection has of a column; None without one."""
    conditions = filter_of(selection, bins.column.key)
    if len(conditions) != 1 or bins.column.kind == "category":
        return None
    condition = conditions[0]
    if isinstance(condition, Range):
        return bins.within(condition.low, condition.high)
    assert isinstance(condition, FileColumn)
    try:
        return bins.within(*condition.bounds(bins.column))
    except ExplorerError:
        return None


def _parts(selection: Selection | None) -> tuple[Selection, ...]:
    if selection is None:
        return ()
    return selection.parts if isinstance(selection, And) else (selection,)
