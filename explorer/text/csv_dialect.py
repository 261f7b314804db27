"""Rows and cells of .csv and .tsv files; separator and quoting are detected."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from explorer.errors import ExplorerError

csv.field_size_limit(2**31 - 1)  # characters of a cell; of the whole process, at first 131,072
_NO_VALUE = frozenset({"nan", "NaN", "NA", "N/A", "#N/A", "<NA>", "None", "null", "NULL"})


def rows(path: Path, kind: str, lines: Callable[[], Iterable[str]]) -> Iterator[list[str]]:
    """The rows of a file, header first; blank lines before it are skipped.

    Args:
        path: Used in messages.
        kind: `.csv` or `.tsv`.
        lines: Opens the file anew; lines keep their ends, as with `newline=""`.

    Raises:
        ExplorerError: During iteration, if a row is longer than the header or a quote unclosed.
    """
    if kind == ".csv":
        return _rows(path, lines(), _separator_of(lines()))
    return _rows(path, lines(), "\t", _is_quoted(path, lines()))


def cell(row: list[str], index: int) -> str | None:
    """A cell of a row; None if it is missing or spells a missing value."""
    value = row[index] if index < len(row) else None
    return None if value in _NO_VALUE else value


def _separator_of(lines: Iterable[str]) -> str:
    """The separator of a CSV file, from its header."""
    header = next((line for line in lines if line.strip()), "")
    # In many locales spreadsheets write semicolons.
    return max(",;\t|", key=re.sub(r'"[^"]*"', "", header).count)


def _is_quoted(path: Path, lines: Iterable[str]) -> bool:
    """Whether a tab-separated file uses quoting; reads it to the end.

    Many such files hold literal quotes. Then a row fails to parse, or two stray quotes join lines
    that are complete rows by themselves.
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
    """The lines, with blank ones before the header emptied but kept for line numbers."""
    lines = iter(lines)
    for line in lines:
        if line.strip():
            yield line
            break
        yield "\n"
    yield from lines
