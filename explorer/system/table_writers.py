"""Tables of results, written row by row and atomically."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol

from explorer.errors import ExplorerError
from explorer.system.atomic_files import open_output, unwritable

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Prefixes that a spreadsheet may read as a formula (OWASP, CSV injection)."""


def guard(text: str) -> str:
    """Escapes a CSV cell against formulas: an apostrophe precedes a leading `= + - @`.

    Numbers are not escaped; Parquet, JSON lines and plain text need no escape.
    """
    return f"'{text}" if text.startswith(FORMULA) else text


Column = Any
"""A sequence, or for Parquet an array, with one entry per row."""


class Sheet(Protocol):
    """An open table."""

    def add(self, rows: Mapping[str, Column]) -> None:
        """Appends rows, given as columns of equal length."""
        ...

    def close(self) -> None:
        """Completes the file."""
        ...


class _Text:
    """One line per row: the values of the last column."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def add(self, rows: Mapping[str, Column]) -> None:
        for value in list(rows.values())[-1]:
            self._file.write(f"{' '.join(str(value).split())}\n".encode())

    def close(self) -> None:
        pass


class _Separated:
    separator = ","

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._is_empty = True

    def add(self, rows: Mapping[str, Column]) -> None:
        self._file.write(_separated(rows, self.separator, self._is_empty).encode())
        self._is_empty = False

    def close(self) -> None:
        pass


def as_csv(columns: Mapping[str, Column]) -> str:
    """A table as CSV in which no spreadsheet reads a cell as a formula."""
    return _separated(columns, ",", with_names=True)


def _separated(columns: Mapping[str, Column], separator: str, with_names: bool) -> str:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=separator, lineterminator="\n")
    if with_names:
        writer.writerow([guard(name) for name in columns])
    writer.writerows(
        [_cell(value) for value in row] for row in zip(*columns.values(), strict=True)
    )
    return buffer.getvalue()


class _Tabbed(_Separated):
    separator = "\t"


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return guard(value)
    if isinstance(value, list | tuple | dict):
        return json.dumps(value, ensure_ascii=False)
    return value


class _JsonLines:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def add(self, rows: Mapping[str, Column]) -> None:
        for row in zip(*rows.values(), strict=True):
            line = json.dumps(dict(zip(rows, row, strict=True)), ensure_ascii=False)
            self._file.write(f"{line}\n".encode())

    def close(self) -> None:
        pass


class _Parquet:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._writer: Any = None

    def add(self, rows: Mapping[str, Column]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pa.table({name: _array(values) for name, values in rows.items()})
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._file, table.schema, compression="zstd")
        self._writer.write_table(table)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


def _array(values: Column) -> Any:
    """Converts a matrix to fixed-size lists, and dictionaries of neighbours to structs."""
    import numpy as np
    import pyarrow as pa

    if isinstance(values, np.ndarray) and values.ndim == 2:
        flat = pa.array(np.ascontiguousarray(values).ravel())
        return pa.FixedSizeListArray.from_arrays(flat, values.shape[1])
    if len(values) and isinstance(values[0], dict):
        fields = [("ids", pa.list_(pa.int64())), ("distances", pa.list_(pa.float32()))]
        return pa.array(values, pa.struct(fields))
    return pa.array(values)


def as_parquet(columns: Mapping[str, Column]) -> bytes:
    """A table as the content of a Parquet file."""
    buffer = io.BytesIO()
    sheet = _Parquet(buffer)
    sheet.add(columns)
    sheet.close()
    return buffer.getvalue()


FORMATS: dict[str, type] = {
    ".txt": _Text,
    ".csv": _Separated,
    ".tsv": _Tabbed,
    ".jsonl": _JsonLines,
    ".parquet": _Parquet,
}
"""Formats by file extension."""


def check_format(path: Path, formats: Sequence[str] = tuple(FORMATS)) -> None:
    """Checks the extension of a file.

    Raises:
        ExplorerError: If it is none of the formats, which the message lists.
    """
    if path.suffix.lower() not in formats:
        raise ExplorerError(f"{path}: the extension must be one of {' '.join(formats)}")


class Writer:
    """An open table."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self._path = path
        self._sheet: Sheet = FORMATS[path.suffix.lower()](file)

    def add(self, rows: Mapping[str, Column]) -> None:
        """Appends rows, given as columns of equal length."""
        with self._os_errors():
            self._sheet.add(rows)

    def close(self) -> None:
        """Completes the file."""
        with self._os_errors():
            self._sheet.close()

    @contextmanager
    def _os_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise unwritable(self._path, error) from None


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """Opens a table that replaces `path` if the block succeeds.

    Args:
        path: Its extension chooses the format.

    Raises:
        ExplorerError: If the format is unknown, or the file cannot be written.
    """
    check_format(path)
    with open_output(path) as file:
        writer = Writer(path, file)
        yield writer
        writer.close()
