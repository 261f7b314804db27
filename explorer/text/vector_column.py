"""Vectors beside the sentences of a file: a column of lists, numbered columns, or a .npy file."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.config import CorpusConfig
from explorer.errors import ExplorerError, first_line
from explorer.text.csv_dialect import is_text
from explorer.text.file_columns import Columns

if TYPE_CHECKING:
    import numpy as np

SMALLEST, LARGEST = 8, 4096
"""Numbers of a vector that can be a latent space."""

_SAMPLE = 50  # rows the columns are recognised by
_NUMBERED = re.compile(r"(.*?)(\d{1,9})")


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorSource:
    """Where the vectors of a file's rows are."""

    column: str = ""
    """A column of lists, or the common beginning of numbered columns and `*`."""
    file: str = ""
    """A .npy file with a row for each row of the file."""

    @classmethod
    def of(cls, config: CorpusConfig) -> "VectorSource":
        """That of a recipe."""
        return cls(column=config.vector_column, file=config.vector_file)

    def __bool__(self) -> bool:
        return bool(self.column or self.file)


@dataclass(frozen=True, slots=True)
class Vectors:
    """The vectors of all rows of a file."""

    values: "np.ndarray"
    """Single precision, a row each; arbitrary for a refused one."""
    refused: dict[int, str]
    """Why a row has no vector that can be used."""


def candidates(columns: Columns, samples: Sequence[Sequence[Any]]) -> list[str]:
    """The columns that hold vectors, as `VectorSource.column` names them; the likeliest first.

    Args:
        columns: Of the file.
        samples: The first cells of each column.
    """
    names = columns.names
    lists = [
        name
        for name, cells in zip(names, samples, strict=True)
        if names.count(name) == 1 and _holds_lists(cells)
    ]
    prefixes = dict.fromkeys(match[1] for name in names if (match := _NUMBERED.fullmatch(name)))
    groups = [f"{prefix}*" for prefix in prefixes if _group(columns, prefix, samples)]
    return lists + groups


def members(columns: Columns, name: str, samples: Sequence[Sequence[Any]]) -> list[int]:
    """The columns that `VectorSource.column` names, in the order of their numbers."""
    if name in columns.names:
        return [columns.names.index(name)]
    return _group(columns, name.removesuffix("*"), samples)


def named(names: Sequence[str], column: str) -> list[str]:
    """The names of the columns that `VectorSource.column` may name; none for an empty one."""
    if not column or column in names:
        return [column] if column else []
    return [names[index] for index in _numbered(names, column.removesuffix("*"))]


def read_column(path: Path, columns: Columns, name: str) -> Vectors:
    """The vectors of a column of lists, or of numbered columns.

    Raises:
        ExplorerError: If there is no such column, it holds no vectors, or they are too short or
            too long.
    """
    if name in columns.names:
        if columns.names.count(name) > 1:
            raise ExplorerError(f"{path} has {columns.names.count(name)} columns named {name!r}")
        return _of_lists(path, columns, columns.names.index(name))
    prefix = name.removesuffix("*")
    samples: list[Sequence[Any]] = [()] * len(columns.names)
    for index in _numbered(columns.names, prefix):
        samples[index] = columns.first(index, _SAMPLE)
    indexes = _group(columns, prefix, samples)
    if not indexes:
        raise ExplorerError(
            f"{path} has no column {name!r} of lists of numbers, nor at least {SMALLEST} columns "
            f"named {prefix}0, {prefix}1 and so on"
        )
    return _of_numbered(path, columns, indexes)


def read_npy(path: Path, rows: int, filled: Sequence[int]) -> Vectors:
    """The vectors of a .npy file, which holds one for each row, or one for each text.

    Args:
        path: Of the .npy file; nothing in it is executed.
        rows: Of the file of sentences.
        filled: Those with text.

    Raises:
        ExplorerError: If it is no table of finite size and numbers, or has other rows.
    """
    import numpy as np

    values = _opened(path)
    if len(values) not in (rows, len(filled)):
        texts = "" if rows == len(filled) else f" ({len(filled):,} with text)"
        raise ExplorerError(
            f"{path} contains {len(values):,} vectors for {rows:,} rows{texts}: it needs one per "
            "row, in the same order"
        )
    _check_size(path, values.shape[1])
    with np.errstate(over="ignore", invalid="ignore"):
        single = np.asarray(values, np.float32)
    if len(single) != rows:
        spread = np.zeros((rows, single.shape[1]), np.float32)
        spread[list(filled)] = single
        single = spread
    return Vectors(single, _not_finite(single))


def of_all(path: Path, rows: int) -> "np.ndarray":
    """The vectors of a .npy file for all sentences of a named corpus.

    Raises:
        ExplorerError: As in `read_npy`, and if a vector is not finite.
    """
    vectors = read_npy(path, rows, range(rows))
    for row, reason in vectors.refused.items():
        raise ExplorerError(f"{path}, row {row + 1}: {reason}")
    return vectors.values


def _opened(path: Path) -> "np.ndarray":
    import numpy as np

    try:
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise ExplorerError(f"{path} does not exist") from None
    except (ValueError, OSError, EOFError, OverflowError, MemoryError, SyntaxError) as error:
        first = first_line(error)
        raise ExplorerError(
            f"{path} is not a .npy file of numbers ({first[:200]}): write it with numpy.save"
        ) from None
    if not isinstance(values, np.ndarray) or values.ndim != 2 or values.dtype.kind not in "fiu":
        what = f"{values.dtype} {values.shape}" if isinstance(values, np.ndarray) else "an archive"
        raise ExplorerError(
            f"{path} contains {what}, not a table of numbers with one row per sentence"
        )
    return values


def _check_size(path: Path, size: int) -> None:
    if not SMALLEST <= size <= LARGEST:
        raise ExplorerError(
            f"{path}: its vectors have {size:,} dimensions; a latent space needs {SMALLEST} to "
            f"{LARGEST:,}"
        )


def _not_finite(values: "np.ndarray") -> dict[int, str]:
    import numpy as np

    bad = np.flatnonzero(~np.isfinite(values).all(1)).tolist()
    return dict.fromkeys(bad, "its vector contains a non-finite value")


def _of_lists(path: Path, columns: Columns, index: int) -> Vectors:
    import numpy as np

    cells = columns.lists(index) if columns.lists else None
    rows = [_row(cell) for cell in (columns.cells(index) if cells is None else cells)]
    sizes = Counter(len(row) for row in rows if not isinstance(row, str))
    if not sizes:
        reason = next((row for row in rows if isinstance(row, str)), "it is empty")
        raise ExplorerError(
            f"{path}: the column {columns.names[index]!r} contains no vectors ({reason})"
        )
    size = max(sizes, key=lambda length: (sizes[length], length))
    _check_size(path, size)
    values, refused = np.zeros((len(rows), size), np.float32), {}
    for number, row in enumerate(rows):
        if isinstance(row, str):
            refused[number] = row
        elif len(row) != size:
            refused[number] = f"its vector has {len(row):,} numbers, the others {size:,}"
        else:
            values[number] = row
    return Vectors(values, _not_finite(values) | refused)


def _row(cell: Any) -> "np.ndarray | str":
    """A vector, or why a cell holds none."""
    import numpy as np

    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return "it has no vector"
    if isinstance(cell, str):
        try:
            cell = json.loads(cell)
        except (ValueError, RecursionError):
            return f"its vector is {cell[:40]!r}, not a list of numbers"
    if not isinstance(cell, list | tuple | np.ndarray):
        return f"its vector is {str(cell)[:40]!r}, not a list of numbers"
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            row = np.asarray(cell, np.float64).astype(np.float32)
    except (ValueError, TypeError, OverflowError):
        return "its vector contains something that is not a number"
    return row if row.ndim == 1 else "its vector is a list of lists"


def _of_numbered(path: Path, columns: Columns, indexes: Sequence[int]) -> Vectors:
    import numpy as np

    _check_size(path, len(indexes))
    first = _numbers(columns.cells(indexes[0]))
    values = np.empty((len(first), len(indexes)), np.float32)
    for dimension, index in enumerate(indexes):
        with np.errstate(over="ignore", invalid="ignore"):
            values[:, dimension] = _numbers(columns.cells(index)) if dimension else first
    return Vectors(values, _not_finite(values))


def _numbers(cells: Sequence[Any]) -> "np.ndarray":
    """The cells as numbers; NaN where one is none."""
    import numpy as np

    try:
        return np.array(cells, np.float64)
    except (ValueError, TypeError, OverflowError):
        return np.array([_number(cell) for cell in cells], np.float64)


def _number(cell: Any) -> float:
    try:
        return float(cell)
    except (ValueError, TypeError, OverflowError):
        return float("nan")


def _numbered(names: Sequence[str], prefix: str) -> list[int]:
    """The columns named by this prefix and a number, in the order of the numbers."""
    numbers = {
        index: int(match[2])
        for index, name in enumerate(names)
        if (match := _NUMBERED.fullmatch(name)) and match[1] == prefix
    }
    return sorted(numbers, key=numbers.__getitem__)


def _group(columns: Columns, prefix: str, samples: Sequence[Sequence[Any]]) -> list[int]:
    """The numbered columns of a vector; empty if their numbers leave gaps or they hold others."""
    indexes = [
        index
        for index in _numbered(columns.names, prefix)
        if any(_is_number(cell) for cell in samples[index])
        and not any(_is_words(cell) for cell in samples[index])
    ]
    numbers = [int(columns.names[index][len(prefix) :]) for index in indexes]
    is_whole = bool(numbers) and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    return indexes if is_whole and SMALLEST <= len(indexes) <= LARGEST else []


def _is_number(cell: Any) -> bool:
    return cell is not None and not isinstance(cell, bool | list | dict) and cell != ""


def _is_words(cell: Any) -> bool:
    """Whether a cell holds something else than a number or nothing."""
    return isinstance(cell, list | dict) or is_text(cell)


def _holds_lists(cells: Sequence[Any]) -> bool:
    """Whether most cells are lists of enough numbers."""
    filled = [cell for cell in cells if cell is not None and cell != ""]
    lists = 0
    for cell in filled:
        is_list = isinstance(cell, list) or (isinstance(cell, str) and cell.startswith("["))
        row = _row(cell) if is_list else ""
        lists += not isinstance(row, str) and SMALLEST <= len(row) <= LARGEST
    return bool(filled) and lists >= 0.5 * len(filled)
