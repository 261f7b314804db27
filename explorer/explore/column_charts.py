"""The charts of a map's columns as data: of all sentences, and of a selection."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from jaxtyping import Int

from explorer.explore import column_filters
from explorer.explore.columns import Column, columns_of
from explorer.explore.histograms import Bins, bins_of, shown
from explorer.explore.mapped_run import MappedRun
from explorer.explore.selection import Selection


def charts(
    run: MappedRun, selection: Selection | None, rows: Int[np.ndarray, " rows"] | None
) -> dict[str, Any]:
    """What the component `columns.js` draws: a chart for each column that tells sentences apart.

    Args:
        run: The run.
        selection: What is selected.
        rows: Its atlas indexes; None for no selection.
    """
    total = len(run.needed_atlas)
    inside = None
    if rows is not None:
        inside = np.zeros(total, bool)
        inside[rows] = True
    return {
        "total": total,
        "selected": None if rows is None else len(rows),
        "columns": [_chart(bins, selection, inside) for bins in _shown(run)],
    }


def changed(
    run: MappedRun, selection: Selection | None, change: Mapping[str, Any]
) -> Selection | None:
    """A selection after a change in the charts: a range of bins, or a category.

    Args:
        run: The run.
        selection: Before.
        change: From the browser; one that names no column or bin of the map changes nothing.
    """
    column = columns_of(run).get(str(change.get("column")))
    if column is None:
        return selection
    bins, name, at = bins_of(column), change.get("name"), change.get("range")
    if column.kind == "category":
        known = isinstance(name, str) and name in bins.names
        return column_filters.toggled(selection, column, str(name)) if known else selection
    if at is None:
        return column_filters.with_filter(selection, column.key, ())
    last_bin = len(bins.total) - 1
    if not (isinstance(at, list) and len(at) == 2 and all(isinstance(end, int) for end in at)):
        return selection
    first, last = (min(max(end, 0), last_bin) for end in at)
    condition = column_filters.range_of(bins, min(first, last), max(first, last))
    return column_filters.with_filter(
        selection, column.key, () if condition is None else (condition,)
    )


def _shown(run: MappedRun) -> Iterator[Bins]:
    for column in columns_of(run).values():
        bins = bins_of(column)
        different = len(bins.total) > 1
        # A category a sentence, such as an id, is no distribution.
        is_id = column.kind == "category" and _most(bins) <= 1
        if different and not is_id:
            yield bins


def _most(bins: Bins) -> int:
    return int(bins.total.max(initial=0))


def _chart(bins: Bins, selection: Selection | None, inside: np.ndarray | None) -> dict[str, Any]:
    column = bins.column
    data = {
        "key": column.key,
        "title": column.title,
        "unit": column.unit,
        "total": bins.total.tolist(),
        "selected": None if inside is None else bins.counts(inside).tolist(),
    }
    if column.kind == "category":
        return data | {
            "names": list(bins.names),
            "others": bins.others,
            "picked": _picked(column, selection, bins),
        }
    edges = [shown(column, edge) for edge in bins.edges]
    ends = [shown(column, bins.end(bin)) for bin in range(len(bins.total))]
    return data | {
        "edges": edges,
        "ends": ends,
        "missing": int(len(bins.codes) - bins.total.sum()),
        "range": column_filters.bins_within(bins, selection),
    }


def _picked(column: Column, selection: Selection | None, bins: Bins) -> list[str]:
    conditions = column_filters.filter_of(selection, column.key)
    return [name for name in bins.names if column_filters.value_of(column, name) in conditions]
