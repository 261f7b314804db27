"""The cells of a column as numbers, dates or categories."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Int32

Kind = Literal["number", "date", "category"]
Holds = Literal["number", "date", "category", "identifier"]

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]\d{2}:\d{2}.*)?", re.ASCII | re.DOTALL)
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:,? \d{2}:\d{2}.*)?", re.ASCII | re.DOTALL)
_LEAST_TYPED = 0.98  # of the filled cells: a column with a few typing errors is still numbers
_LONGEST = 200  # characters of a category
_LEAST_DISTINCT = 20  # rows that tell identifiers from categories


@dataclass(frozen=True, eq=False)
class TypedColumn:
    """A column, one value a row.

    Attributes:
        kind: What it holds.
        numbers: Of numbers, the values; of dates, days since 1970; not a number where empty.
        codes: Of categories, the index of the name.
        names: Of categories, in order of their codes.
    """

    kind: Kind
    numbers: Float[np.ndarray, " n"] | None = None
    codes: Int32[np.ndarray, " n"] | None = None
    names: Sequence[str] = ()


def typed(cells: Sequence[Any]) -> TypedColumn:
    """The column that cells of any type hold: numbers, else dates, else categories.

    Dates are those of ISO 8601, and 24.10.2026, where the day is always first.
    """
    texts = [text_of(cell) for cell in cells]
    filled = sum(map(bool, texts))
    parsers: dict[Kind, Callable[[str], float]] = {"number": _as_number, "date": _as_days}
    for kind, parse in parsers.items():
        values = np.array([parse(text) for text in texts], np.float64)
        if filled and np.isfinite(values).sum() >= _LEAST_TYPED * filled:
            return TypedColumn(kind, numbers=values)
    return categories(texts)


def holds(cells: Sequence[Any]) -> Holds:
    """What a column holds; identifiers are categories, or whole numbers, of one row each."""
    column = typed(cells)
    texts = [text_of(cell) for cell in cells]
    is_whole = column.kind == "number" and all(text.isdecimal() for text in texts)
    is_distinct = len(set(texts)) == len(texts) >= _LEAST_DISTINCT and all(texts)
    return "identifier" if is_distinct and (is_whole or column.codes is not None) else column.kind


def categories(texts: Sequence[str]) -> TypedColumn:
    """A column of categories, whatever the texts are like."""
    index: dict[str, int] = {}
    codes = [index.setdefault(text, len(index)) for text in texts]
    return TypedColumn("category", codes=np.array(codes, np.int32), names=tuple(index))


def text_of(cell: Any) -> str:
    """A cell as text; empty for a missing value, and for lists and objects."""
    if cell is None or isinstance(cell, list | dict | tuple | bytes):
        return ""
    if isinstance(cell, float):
        if math.isnan(cell):
            return ""
        if cell.is_integer():  # how many programs write whole numbers
            cell = int(cell)
    return " ".join(str(cell).split())[:_LONGEST]


def days_of(text: str) -> float:
    """Days since 1970 of a date; not a number for any other text."""
    return _as_days(text)


def date_of(days: float) -> str:
    """The date so many days after 1970, as ISO 8601 writes it; the last one for any beyond."""
    return date.fromordinal(min(_EPOCH + int(days), date.max.toordinal())).isoformat()


def _as_number(text: str) -> float:
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    return value if math.isfinite(value) else math.nan


def _as_days(text: str) -> float:
    iso, dotted = _DATE.fullmatch(text), _DOTTED.fullmatch(text)
    parts = iso.groups() if iso else dotted.groups()[::-1] if dotted else None
    if parts is None:
        return math.nan
    try:
        year, month, day = map(int, parts)
        return float(date(year, month, day).toordinal() - _EPOCH)
    except ValueError:
        return math.nan


_EPOCH = date(1970, 1, 1).toordinal()
