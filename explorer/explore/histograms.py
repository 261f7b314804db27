"""How the values of a column are distributed: over all sentences, and over the selected ones."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date

import numpy as np
from jaxtyping import Bool, Int, Real, UInt8

from explorer.explore.columns import Column
from explorer.system.cache import Cache
from explorer.text.typed_column import date_of

MAX_BINS = 40
MAX_NAMES = 60
"""Categories that are counted each; the others are counted together."""

_TAIL = 0.001  # of the sentences: beyond, an end bin holds them if they would squeeze the others
_LONG = 1.5  # the range over that of all but the tails
_EMPTY = 255
_EPOCH = date(1970, 1, 1).toordinal()
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)

_binned: Cache["Bins"] = Cache(128)


@dataclass(frozen=True, eq=False)
class Bins:
    """The values of a column, grouped.

    Attributes:
        column: The column.
        codes: The bin of each sentence; 255 for none.
        edges: Of numbers and dates: ends of the bins, one more than there are bins.
        names: Of categories: the name of each bin, the most frequent first.
        others: Categories that have no bin of their own.
        total: Sentences in each bin.
        is_whole: Whether numbers have no decimals: a bin ends one below the next.
    """

    column: Column
    codes: UInt8[np.ndarray, " n"]
    edges: Sequence[float]
    names: Sequence[str]
    others: int
    total: Int[np.ndarray, " bins"]
    is_whole: bool = False

    def counts(self, inside: Bool[np.ndarray, " n"]) -> Int[np.ndarray, " bins"]:
        """Selected sentences in each bin."""
        return _count(self.codes[inside], len(self.total))

    def bounds(self, first: int, last: int) -> tuple[float | None, float | None]:
        """The bounds of a range of bins, both included; None at an end of the column."""
        low = None if first <= 0 else self.edges[first]
        high = None if last >= len(self.total) - 1 else self.end(last)
        return low, high

    def within(self, low: float | None, high: float | None) -> tuple[int, int]:
        """The bins that a range reaches, the inverse of `bounds`."""
        edges = np.asarray(self.edges[1:-1])
        first = 0 if low is None else int(np.searchsorted(edges, low, "right"))
        # Of numbers with decimals, a range to an edge does not reach the bin that begins there.
        side = "right" if self.is_whole else "left"
        last = len(edges) if high is None else int(np.searchsorted(edges, high, side))
        return first, max(first, last)

    def end(self, last: int) -> float:
        """The last value of a bin; of numbers with decimals, its upper edge."""
        end = self.edges[last + 1]
        return end - 1 if self.is_whole else end


def bins_of(column: Column) -> Bins:
    """The bins of a column, cached."""
    return _binned.get(column, lambda: _grouped(column))


def _grouped(column: Column) -> Bins:
    if column.kind == "category":
        return _categories(column)
    assert column.numbers is not None
    values = column.numbers
    finite = values if values.dtype.kind in "iu" else values[np.isfinite(values)]
    if not len(finite):
        return Bins(
            column,
            np.full(len(values), _EMPTY, np.uint8),
            [0.0, 1.0],
            (),
            0,
            np.zeros(1, np.int64),
        )
    is_whole = _is_whole(column, finite)
    edges = _edges(column, finite, is_whole)
    inner = np.asarray(edges[1:-1])
    codes = np.searchsorted(inner, values, "right").astype(np.uint8)
    if len(finite) < len(values):
        codes[~np.isfinite(values)] = _EMPTY
    return Bins(column, codes, edges, (), 0, _count(codes, len(edges) - 1), is_whole)


def _categories(column: Column) -> Bins:
    assert column.codes is not None
    counts = np.bincount(column.codes[column.codes >= 0], minlength=len(column.names))
    order = [int(code) for code in np.argsort(-counts, kind="stable") if counts[code]]
    listed = order[:MAX_NAMES]
    table = np.full(len(column.names) + 1, _EMPTY, np.uint8)  # the last one is for −1
    table[listed] = np.arange(len(listed))
    codes = table[column.codes]
    names = [column.names[code] for code in listed]
    others = len(order) - len(listed)
    return Bins(column, codes, (), names, others, _count(codes, len(listed)))


def _count(codes: UInt8[np.ndarray, " m"], bins: int) -> Int[np.ndarray, " bins"]:
    return np.bincount(codes, minlength=_EMPTY + 1)[:bins]


def _is_whole(column: Column, values: Real[np.ndarray, " m"]) -> bool:
    if column.kind == "date" or values.dtype.kind in "iu":
        return True
    return bool((values == np.floor(values)).all())


def _edges(column: Column, values: Real[np.ndarray, " m"], is_whole: bool) -> list[float]:
    low, high = float(values.min()), float(values.max())
    inner = np.quantile(values, [_TAIL, 1 - _TAIL])
    if high - low > _LONG * float(inner[1] - inner[0]) > 0:
        low, high = map(float, inner)
    if column.kind == "date":
        return _dates(low, high)
    least = 1.0 if is_whole else 0.0
    step = max(_nice((high - low) / (MAX_BINS - 2)), least) or 1.0
    first = math.floor(low / step)
    count = max(1, math.floor(high / step) - first + 1)
    return [round((first + number) * step, 12) for number in range(count + 1)]


def _nice(least: float) -> float:
    """The smallest round number that is at least this one."""
    if least <= 0:
        return 0.0
    scale = 10.0 ** math.floor(math.log10(least))
    return next(step * scale for step in _STEPS if step * scale >= least * (1 - 1e-9))


def _dates(low: float, high: float) -> list[float]:
    """Edges at days, weeks, months or years, in days since 1970."""
    days = high - low + 1
    for step in (1, 7):
        if days <= step * (MAX_BINS - 1):
            # Weeks begin on Mondays; the first day of 1970 was a Thursday.
            first = math.floor((low + 3) / step) * step - 3 if step == 7 else low
            return [first + step * number for number in range(_ceil((high - first + 1), step) + 1)]
    begin, end = (date.fromordinal(_EPOCH + int(day)) for day in (low, high))
    months = 12 * (end.year - begin.year) + end.month - begin.month + 1
    step = next(
        (step for step in (1, 3, 12) if _ceil(months, step) < MAX_BINS),
        12 * _ceil(months, 12 * (MAX_BINS - 1)),
    )
    start = (12 * begin.year + begin.month - 1) // step * step
    edges = [start]
    while edges[-1] <= 12 * end.year + end.month - 1:
        edges.append(edges[-1] + step)
    return [_first_day(edge) for edge in edges]


def _first_day(months: int) -> float:
    """The first day of a month, counted from year 0; beyond the last year, the day after it."""
    year, month = divmod(months, 12)
    if year > MAXYEAR:
        return float(date.max.toordinal() + 1 - _EPOCH)
    return float(date(max(year, MINYEAR), month + 1, 1).toordinal() - _EPOCH)


def _ceil(number: float, step: float) -> int:
    return math.ceil(number / step)


def shown(column: Column, value: float) -> str:
    """A value of a column of numbers or dates, for people."""
    return date_of(value) if column.kind == "date" else f"{value:,.6g}"
