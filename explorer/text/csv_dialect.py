"""The rows and cells of a file with separators between them, .csv or .tsv."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from explorer.errors import ExplorerError

csv.field_size_limit(2**31 - 1)  # characters of a cell; of the whole process, at first 131,072
_NO_VALUE = frozenset({"nan", "NaN", "NA", "N/A", "#N/A", "<NA>", "None", "null", "NULL"})


def rows(path: Path, kind: str, lines: Callable[[], Iterable[str]]) -> Iterator[list[str]]:
    """The rows of a file, the header first; blank lines before it are no rows.

    Args:
        path: For messages.
        kind: `.csv` or `.tsv`.
        lines: Starts reading the file; lines come with their ends, as `newline=""` gives them.

    Raises:
        ExplorerError: While it is read, if a row is longer than the header, or quotes do not end.
    """
    if kind == ".csv":
        return _rows(path, lines(), _separator_of(lines()))
    return _rows(path, lines(), "\t", _is_quoted(path, lines()))


def cell(row: list[str], index: int) -> str | None:
    """One cell of a row; None where it is missing or says that there is no value."""
    found = row[index] if index < len(row) else None
    return None if found in _NO_VALUE else found


def _separator_of(lines: Iterable[str]) -> str:
    """What separates the columns of a CSV file, by its header."""
    header = next((line for line in lines if line.strip()), "")
    # Spreadsheets of many countries write semicolons and call it CSV.
    return max(",;\t|", key=re.sub(r'"[^"]*"', "", header).count)


def _is_quoted(path: Path, lines: Iterable[str]) -> bool:
    """Whether quotes hold the cells of a tab-separated file together; read to its end to see.

    Many such files hold quotes as they are. Then some row cannot be read with them, or two stray
    ones make a cell of all that stands between: of lines that are whole rows by themselves.
    """
    tabs = -1
    try:
        for row in _rows(path, lines, "\t"):
            within = [line.count("\t") for line in re.split(r"[\r\n]+", "\t".join(row)) if line]
            if tabs < 0 and within:
                tabs = within[0]
            is_held = any(mark in cell for cell in row for mark in "\t\r\n")
            if is_held and all(count == tabs for count in within):
                return False
    except ExplorerError:
        return False
    return True


def _rows(
    path: Path, lines: Iterable[str], separator: str, quoted: bool = True
) -> Iterator[list[str]]:
    quoting = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    reader = csv.reader(_from_header(lines), delimiter=separator, quoting=quoting, strict=True)
    width = 0
    try:
        for row in reader:
            if width and len(row) > width:
                raise ExplorerError(
                    f"{path}, line {reader.line_num}: {len(row)} cells under a header of {width}; "
                    f"a text that holds {separator!r} must stand in quotes"
                )
            width = width or len(row)
            if width:
                yield row
    except csv.Error as error:
        raise ExplorerError(f"{path}, line {reader.line_num}: {error}") from None
    if not width:
        raise ExplorerError(f"{path} holds only blank lines")


def _from_header(lines: Iterable[str]) -> Iterator[str]:
    """The lines, with nothing at all on those that are blank before the header.

    They stay, so that a message counts them.
    """
    lines = iter(lines)
    for line in lines:
        if line.strip():
            yield line
            break
        yield "\n"
    yield from lines
