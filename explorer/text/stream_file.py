"""Streams a large file of sentences in bounded memory."""

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeVar

from explorer.errors import ExplorerError
from explorer.system import bounded_parquet
from explorer.text import csv_dialect, file_columns, packed_file, read_file

LARGE = 2**24
"""Unpacked bytes; a smaller file is read whole, which shows its errors before any work."""

_ROWS = 4096
"""Rows or lines read to see what a file holds."""

_BLOCK = 2**18  # bytes unpacked at once

_WHOLE = (".json", ".xlsx", ".md")
"""Formats without rows that could be read one by one."""

Row = TypeVar("Row")
Named = Callable[[str], object]


def is_large(path: Path) -> bool:
    """Whether a file is streamed, by its unpacked size.

    Raises:
        ExplorerError: If it is missing, or its extension is unknown.
    """
    kind, packed = read_file.kind_of(path)
    if kind == ".parquet":
        return _has_many_rows(path)
    if kind in _WHOLE:
        return False
    if not packed:
        return path.stat().st_size >= LARGE
    unpacked = 0
    try:
        with packed_file.opened(path, packed) as raw:
            while unpacked < LARGE and (block := raw.read(_BLOCK)):
                unpacked += len(block)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile):
        pass  # reading it will report the error
    return unpacked >= LARGE


def _has_many_rows(path: Path) -> bool:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # Not its bytes: repeated sentences take almost no space in the file.
        return pq.read_metadata(path).num_rows > _ROWS
    except (pa.ArrowException, OSError):
        return False


def sentences(
    path: Path, text_column: str = "", named: Named = lambda name: None
) -> Iterator[str]:
    """The non-empty sentences of a large file, white space collapsed.

    Args:
        path: As in `read_file.read`.
        text_column: The column of the sentences; empty for the one with the most words.
        named: Called with the name of the column, if the file has any.

    Raises:
        ExplorerError: During iteration, as in `read_file.read`.
    """
    kind, packed = read_file.kind_of(path)
    try:
        with packed_file.reading(path):
            for number, text in enumerate(_texts(path, kind, packed, text_column, named), 1):
                sentence = read_file.as_sentence(text)
                if sentence:
                    read_file.check_length(sentence, f"{path}, text {number}")
                    yield sentence
    except UnicodeDecodeError:
        raise ExplorerError(f"{path} is not UTF-8 text: save it as UTF-8") from None


def _texts(path: Path, kind: str, packed: str, column: str, named: Named) -> Iterator[str]:
    if kind == ".parquet":
        return _parquet(path, column, named)
    if kind == ".txt":
        if column:
            raise ExplorerError(
                f"{path} is plain text, one sentence per line: it has no column {column!r}"
            )
        lines = _lines(path, packed)
        sample = list(islice(lines, _ROWS))
        read_file.check_no_table(path, sample)
        return chain(sample, lines)
    if kind == ".jsonl":
        return _of_objects(path, packed, column, named)
    return _of_rows(path, packed, kind, column, named)


def _lines(path: Path, packed: str, newline: str | None = None) -> Iterator[str]:
    encoding = _encoding(path, packed)
    with (
        packed_file.opened(path, packed) as raw,
        io.TextIOWrapper(raw, encoding, newline=newline) as text,
    ):
        for number, line in enumerate(text, 1):
            if "\0" in line:
                raise ExplorerError(read_file.no_text(path, number))
            yield line


def _encoding(path: Path, packed: str) -> str:
    with packed_file.opened(path, packed) as raw:
        return read_file.encoding_of(raw.read(4))


def _of_rows(path: Path, packed: str, kind: str, column: str, named: Named) -> Iterator[str]:
    def rows() -> Iterator[list[str]]:
        return csv_dialect.rows(path, kind, lambda: _lines(path, packed, newline=""))

    names = [name.strip() for name in next(rows())]

    def body() -> Iterator[list[str]]:
        return islice(rows(), 1, None)

    known = [] if column else file_columns.with_text(map(enumerate, body()), len(names))
    return _column(path, names, body, csv_dialect.cell, column, known, named)


def _of_objects(path: Path, packed: str, column: str, named: Named) -> Iterator[str]:
    with packed_file.opened(path, packed) as file:
        if file.read(_BLOCK).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"["):
            # An array under the name of JSON lines.
            yield from read_file.read(path, column).texts
            return

    is_nested = file_columns.has_only_nested_text(list(islice(_objects(path, packed), _ROWS)))

    def rows() -> Iterator[dict[str, Any]]:
        objects = _objects(path, packed)
        return map(file_columns.flat, objects) if is_nested else objects

    names = list(dict.fromkeys(name for row in islice(rows(), _ROWS) for name in row))
    if column not in names:  # it may occur further on
        names = list(dict.fromkeys(name for row in rows() for name in row))
    csv_dialect.check_width(path, len(names))
    at = {name: index for index, name in enumerate(names)}
    indexed = (((at[name], cell) for name, cell in row.items() if name in at) for row in rows())
    known = [] if column else file_columns.with_text(indexed, len(names))
    yield from _column(path, names, rows, lambda row, at: row.get(names[at]), column, known, named)


def _objects(path: Path, packed: str) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(_lines(path, packed), 1):
        value = file_columns.json_value(path, line, number)
        yield file_columns.as_object(path, f"line {number}", value)


def _column(
    path: Path,
    names: list[str],
    rows: Callable[[], Iterator[Row]],
    cell: Callable[[Row, int], Any],
    column: str,
    candidates: list[int],
    named: Named,
) -> Iterator[str]:
    """One column of rows: the named one, or else the likely one."""

    def cells(index: int) -> Iterator[Any]:
        return (cell(row, index) for row in rows())

    index = read_file.text_column(path, names, cells, column, candidates)
    named(names[index])
    for number, value in enumerate(cells(index)):
        yield read_file.text_of(path, names[index], number, value)


def _parquet(path: Path, column: str, named: Named) -> Iterator[str]:
    import pyarrow as pa

    try:
        with bounded_parquet.opened(path) as file:
            names = file.schema_arrow.names
            csv_dialect.check_width(path, len(names))

            def cells(index: int) -> Iterator[Any]:
                parts = bounded_parquet.parts(file, index)
                return (cell for part in parts for cell in bounded_parquet.values(part))

            textual = bounded_parquet.textual(file.schema_arrow)
            index = read_file.text_column(path, names, cells, column, textual)
            named(names[index])
            for number, cell in enumerate(cells(index)):
                yield read_file.text_of(path, names[index], number, cell)
    except (pa.ArrowException, OSError, IndexError) as error:
        raise ExplorerError(f"{path} is not a valid Parquet file: {error}") from None
