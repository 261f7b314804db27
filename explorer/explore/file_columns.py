"""Colours by a column of a user's file: categories, numbers or dates."""

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from explorer.explore.point_colours import MAX_CLASSES, Colours, categories, ramp_of

NO_VALUE = "no value"
_FEW = 12
"""Different numbers up to so many are classes, such as stars from 1 to 5."""
_LONGEST = 60  # characters of a class's name


def colours_of(cells: Sequence[Any], title: str) -> Colours | None:
    """Colours for cells; None where they tell no sentences apart, or nearly all of them."""
    texts = texts_of(cells)
    distinct = {text for text in texts if text}
    if len(distinct) < 2:
        return None
    for read, name_of in ((_number, _short), (_time, _day)):
        values = {text: read(text) for text in distinct}
        if len(distinct) > _FEW and all(value is not None for value in values.values()):
            numbers = [values.get(text) for text in texts]
            return ramp_of(
                np.array([math.nan if value is None else value for value in numbers]),
                title,
                name_of,
            )
    if len(distinct) > min(MAX_CLASSES, max(_FEW, len(texts) / 4)):
        return None
    if max(map(len, distinct)) > _LONGEST:
        return None
    numbers = {text: _number(text) for text in distinct}
    is_scale = all(value is not None for value in numbers.values())
    order = sorted(distinct, key=lambda text: numbers[text] or 0.0) if is_scale else ()
    return categories([text or NO_VALUE for text in texts], title, order)


def texts_of(cells: Sequence[Any]) -> list[str]:
    """Cells as texts, whole numbers without decimals; empty for none."""
    return [_text(cell) for cell in cells]


def _text(cell: Any) -> str:
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return " ".join(str(cell).split())


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _time(text: str) -> float | None:
    """Seconds since 1970 of a date or time as ISO 8601 writes it."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _day(seconds: float) -> str:
    return date.fromordinal(719163 + math.floor(seconds / 86400)).isoformat()


def _short(value: float) -> str:
    return f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
