"""The selected sentences as a table."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Int

from explorer.explore import columns, tags
from explorer.explore.columns import Column
from explorer.explore.mapped_run import MappedRun
from explorer.text.typed_column import date_of

PAGE = 10_000
"""Sentences that a page of a table lists: a megabyte, in some 50 ms."""


def orders(run: MappedRun) -> list[str]:
    """Columns that `ordered` orders by: of the map, and of the user's file once it was read."""
    return list(columns.known(run))


def ordered(
    run: MappedRun, rows: Int[np.ndarray, " rows"], by: str, descending: bool = False
) -> Int[np.ndarray, " rows"]:
    """Selected sentences in the order of a column; equal and empty ones in that of the corpus.

    Args:
        run: The run.
        rows: Atlas indexes, ascending.
        by: One of `orders`; any other orders as the corpus.
        descending: Whether the largest value comes first; empty ones are last in any case.
    """
    column = columns.known(run).get(by)
    if column is None:
        return rows
    if column.kind == "category":
        assert column.codes is not None
        rank = np.empty(len(column.names) + 1, np.int64)
        rank[np.argsort(np.array(column.names, object))] = np.arange(len(column.names))
        rank[-1] = len(column.names)
        values = rank[column.codes[rows]].astype(np.float64)
        values[column.codes[rows] < 0] = np.nan
    else:
        assert column.numbers is not None
        values = column.numbers[rows].astype(np.float64)
    # NumPy sorts what is not a number last, whatever its sign.
    return rows[np.argsort(-values if descending else values, kind="stable")]


def with_file(run: MappedRun, rows: Int[np.ndarray, " rows"]) -> Mapping[str, Any]:
    """`table_of`, and the other columns of the user's file, which is read for it."""
    table = dict(table_of(run, rows))
    for key, column in columns.columns_of(run).items():
        if key.startswith(f"{columns.OF_FILE}:"):
            name = column.title
            while name in table:
                name += " (file)"
            table[name] = _values(column, rows)
    return table


def _values(column: Column, rows: Int[np.ndarray, " rows"]) -> list[Any]:
    if column.kind == "category":
        assert column.codes is not None
        return [column.names[code] for code in column.codes[rows].tolist()]
    assert column.numbers is not None
    values = column.numbers[rows].tolist()
    if column.kind == "date":
        return [date_of(value) if value == value else "" for value in values]
    return [None if value != value else value for value in values]  # NaN is not itself


def table_of(run: MappedRun, rows: Int[np.ndarray, " rows"]) -> Mapping[str, Any]:
    """Columns of the selected sentences, in the order of `rows`.

    Args:
        run: The run.
        rows: Atlas indexes.

    Returns:
        `sentence` (or `reconstruction`, where the corpus is not on this machine), `label`,
        `region` and `tags` where there are some, `length` (tokens), `distortion` and `rate`
        (nats), `split`, `row` of the corpus, and the position on the map, `projection_x` and
        `projection_y`.
    """
    atlas, texts = run.needed_atlas, run.texts
    name = "sentence" if run.texts_are_real else "reconstruction"
    table: dict[str, Any] = {name: [texts[row] for row in rows]}
    if atlas.label is not None:
        table["label"] = [atlas.label[row] for row in rows]
    if atlas.levels:
        names = [item.name for item in atlas.levels[0]]
        regions = atlas.regions(0)[rows].tolist()
        table["region"] = [names[number] if number >= 0 else "" for number in regions]
    tagged = tags.column(run)
    if tagged is not None:
        table["tags"] = [tagged[row] for row in rows]
    table |= {
        "length": atlas.tokens[rows],
        "distortion": atlas.distortion[rows],
        "rate": atlas.rate[rows],
        "split": [atlas.split[row] for row in rows],
        "row": atlas.row[rows],
        "projection_x": atlas.xy[rows, 0],
        "projection_y": atlas.xy[rows, 1],
    }
    return table
