"""Selecting by a value: a range of a number, or a value of a column of the user's file."""

import math
import re
from dataclasses import dataclass

import numpy as np

from explorer.errors import ExplorerError
from explorer.explore import columns
from explorer.explore.columns import COLUMNS, OF_FILE, Column
from explorer.explore.criterion import Criterion, Mask, Value, number
from explorer.explore.mapped_run import MappedRun
from explorer.text import typed_column

_RANGE = re.compile(r"(.*?)\.\.(.*)", re.DOTALL)
_ESCAPED = (("%", "%25"), ("=", "%3D"))


@dataclass(frozen=True)
class Range(Criterion):
    """A number of the sentence between two bounds, both included."""

    name = "range"
    help = "Sentences whose value lies in a range: 5..12, 5.. or ..12."

    column: str
    low: float | None = None
    high: float | None = None

    @property
    def key(self) -> str:
        return self.column

    @property
    def value(self) -> Value:
        low, high = ("" if end is None else f"{end:.12g}" for end in (self.low, self.high))
        return Value(f"{low}..{high}")

    @property
    def title(self) -> str:
        title, unit, *_ = COLUMNS[self.column]
        if self.low is None:
            return f"{title} at most {self.high:g} {unit}"
        if self.high is None:
            return f"{title} at least {self.low:g} {unit}"
        return f"{title} {self.low:g} to {self.high:g} {unit}"

    @classmethod
    def read(cls, name: str, value: Value) -> "Criterion":
        ends = [number(end) if end else None for end in value.text.split("..")]
        if len(ends) != 2 or ends == [None, None]:
            raise ExplorerError(f"{name}: must be a range such as 5..12, 5.. or ..12")
        low, high = ends
        if low is not None and high is not None and low > high:
            raise ExplorerError(f"{name}:{value.text} has its lower bound above its upper bound")
        return cls(name, low, high)

    def mask(self, run: MappedRun) -> Mask:
        values = COLUMNS[self.column].of(run.needed_atlas)
        result = np.ones(len(values), bool)
        if self.low is not None:
            result &= values >= self.low
        if self.high is not None:
            result &= values <= self.high
        return result


@dataclass(frozen=True)
class FileColumn(Criterion):
    """A column of the user's file has a value, or lies between two bounds, both included."""

    name = OF_FILE
    help = (
        "Sentences by a column of their file: column:city=Paris, column:price=5..12, "
        "column:posted=2024-01-01.."
    )

    column: str
    wanted: str
    """A category, a number or a date; or two of these with `..` between them."""

    @property
    def value(self) -> Value:
        name = self.column
        for plain, escaped in _ESCAPED:
            name = name.replace(plain, escaped)
        return Value(f"{name}={self.wanted}")

    @property
    def title(self) -> str:
        match = _RANGE.fullmatch(self.wanted)
        if match is None:
            return f"{self.column} “{self.wanted}”" if self.wanted else f"{self.column} empty"
        low, high = match.groups()
        if not low or not high:
            return f"{self.column} at {f'most {high}' if high else f'least {low}'}"
        return f"{self.column} {low} to {high}"

    @classmethod
    def read(cls, name: str, value: Value) -> "Criterion":
        column, mark, wanted = value.text.partition("=")
        if not mark or not column:
            raise ExplorerError(f"{name}: needs a column and a value, such as column:city=Paris")
        for plain, escaped in reversed(_ESCAPED):
            column = column.replace(escaped, plain)
        return cls(column, wanted)

    def mask(self, run: MappedRun) -> Mask:
        column = columns.of(run, f"{OF_FILE}:{self.column}")
        if column.kind == "category":
            missing = f"no sentence of this map has {self.wanted!r} in {self.column!r}"
            return column.equal(self.wanted, missing)
        return column.between(*self.bounds(column))

    def bounds(self, column: Column) -> tuple[float | None, float | None]:
        """The bounds, both included, for a column of numbers or dates.

        Raises:
            ExplorerError: If one is no number, or no date.
        """
        match = _RANGE.fullmatch(self.wanted)
        ends = match.groups() if match else (self.wanted, self.wanted)
        low, high = (self._bound(column, end) if end else None for end in ends)
        return low, high

    def _bound(self, column: Column, text: str) -> float:
        if column.kind == "number":
            return number(text)
        days = typed_column.days_of(text)
        if math.isnan(days):
            raise ExplorerError(f"{text[:40]!r} is not a date such as 2024-01-31")
        return days
