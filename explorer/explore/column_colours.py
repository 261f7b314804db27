"""Colours by a column of a user's file: categories, numbers or dates."""

import numpy as np

from explorer.explore.columns import Column
from explorer.explore.point_colours import MAX_CLASSES, Colours, categories, ramp_of
from explorer.text.typed_column import date_of

NO_VALUE = "no value"
_FEW = 12
"""Different numbers up to so many are classes, such as stars from 1 to 5."""
_LONGEST = 60  # characters of a class's name


def colours_of(column: Column) -> Colours | None:
    """Colours for a column; None where it tells no sentences apart, or nearly all of them."""
    if column.numbers is not None:
        return _of_numbers(column, np.asarray(column.numbers, np.float64))
    assert column.codes is not None
    filled = [name for name in column.names if name]
    most = min(MAX_CLASSES, max(_FEW, len(column.codes) / 4))
    if not 2 <= len(filled) <= most or max(map(len, filled)) > _LONGEST:
        return None
    names = [*column.names, ""]  # the code −1 means no value, too
    return categories([names[code] or NO_VALUE for code in column.codes.tolist()], column.title)


def _of_numbers(column: Column, values: np.ndarray) -> Colours | None:
    distinct = np.unique(values[np.isfinite(values)])
    if len(distinct) < 2:
        return None
    if len(distinct) > _FEW:
        return ramp_of(values, column.title, date_of if column.kind == "date" else _short)
    name_of = date_of if column.kind == "date" else _exact
    order = [name_of(value) for value in distinct.tolist()]
    names = [name_of(value) if np.isfinite(value) else NO_VALUE for value in values.tolist()]
    return categories(names, column.title, order)


def _exact(value: float) -> str:
    """As a selection reads it again."""
    return f"{value:.12g}"


def _short(value: float) -> str:
    return f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
