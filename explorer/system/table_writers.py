"""Writing tables of results: a row at a time, whole or not at all."""

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
"""First letters a spreadsheet may take for a formula (OWASP, CSV injection)."""


def guard(text: str) -> str:
    """Text as a CSV cell no spreadsheet will run: `= + - @` at its start get an apostrophe.

    Numbers are no text and are not guarded. Parquet, JSON lines and plain text
    keep the text as it is.
    """
    return f"'{text}" if text.startswith(FORMULA) else text


Column = Any
"""A sequence, or for Parquet an array with a row for each."""


class Sheet(Protocol):
    """An open table."""

    def add(self, rows: Mapping[str, Column]) -> None:
        """Appends rows, given as equally long columns."""
        ...

    def close(self) -> None:
        """Writes what the format has at its end."""
        ...


class _Text:
    """One line a row: the values of the last column."""

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
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer, delimiter=self.separator, lineterminator="\n")
        if self._is_empty:
            writer.writerow(rows)
            self._is_empty = False
        for row in zip(*rows.values(), strict=True):
            writer.writerow([_cell(value) for value in row])
        self._file.write(buffer.getvalue().encode())

    def close(self) -> None:
        pass


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
    """Rows of a float32 matrix become fixed-size lists, neighbour lists a struct."""
    import numpy as np
    import pyarrow as pa

    if isinstance(values, np.ndarray) and values.ndim == 2:
        flat = pa.array(np.ascontiguousarray(values).ravel())
        return pa.FixedSizeListArray.from_arrays(flat, values.shape[1])
    if len(values) and isinstance(values[0], dict):
        fields = [("ids", pa.list_(pa.int64())), ("distances", pa.list_(pa.float32()))]
        return pa.array(values, pa.struct(fields))
    return pa.array(values)


FORMATS: dict[str, type] = {
    ".txt": _Text,
    ".csv": _Separated,
    ".tsv": _Tabbed,
    ".jsonl": _JsonLines,
    ".parquet": _Parquet,
}
"""Formats by the file's ending."""


def check_format(path: Path, formats: Sequence[str] = tuple(FORMATS)) -> None:
    """Refuses a file whose ending names none of the formats.

    Raises:
        ExplorerError: Then; the message lists the formats.
    """
    if path.suffix.lower() not in formats:
        raise ExplorerError(f"{path}: the ending must be one of {' '.join(formats)}")


class Writer:
    """A table that rows are added to."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self._path = path
        self._sheet: Sheet = FORMATS[path.suffix.lower()](file)

    def add(self, rows: Mapping[str, Column]) -> None:
        """Appends rows, given as equally long columns."""
        with self._told():
            self._sheet.add(rows)

    def close(self) -> None:
        """Writes what the format has at its end."""
        with self._told():
            self._sheet.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise unwritable(self._path, error) from None


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """A table being written beside its place; it takes that place when all went well.

    Args:
        path: Its ending chooses the format.

    Raises:
        ExplorerError: If the format is unknown, or the file cannot be written.
    """
    check_format(path)
    with open_output(path) as file:
        writer = Writer(path, file)
        yield writer
        writer.close()
