"""Rows and cells of .csv and .tsv files; separator and quoting are detected."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import dropwhile, islice
from pathlib import Path
from typing import Any, NoReturn

from explorer.errors import ExplorerError

csv.field_size_limit(2**31 - 1)  # characters of a cell, for the whole process; by default 131,072
NO_TEXT = frozenset({"nan", "NaN", "NA", "N/A", "#N/A", "<NA>", "None", "null", "NULL"})
"""Spellings of a missing value: not a sentence, but possibly a label."""

SEPARATORS = ",;\t|"

SENTENCE = 4
"""Words from which a cell looks like a sentence, not like a name."""

MAX_COLUMNS = 8192
"""Maximum columns: each is searched for text; a vector may be 4,096 of them."""

_SAMPLE = 2000  # lines
_MAX_TITLES = 10  # rows above a header
_BELOW = 20  # rows below it that are compared with it

Refuse = Callable[[ExplorerError, str], object]
"""Called with what is wrong with a row, and the row; reading continues unless it raises."""


def fail(error: ExplorerError, row: str) -> NoReturn:
    """Fails on the first bad row."""
    raise error from None


def rows(
    path: Path,
    kind: str,
    lines: Callable[[], Iterable[str]],
    separator: str = "",
    refuse: Refuse = fail,
) -> Iterator[list[str]]:
    """The rows of a file, header first; blank lines before it are skipped.

    Args:
        path: Used in messages.
        kind: `.csv` or `.tsv`.
        lines: Opens the file anew; lines keep their ends, as with `newline=""`.
        separator: Between cells; empty for the likely one.
        refuse: Receives each row that is longer than the header or has a quote unclosed.

    Raises:
        ExplorerError: During iteration, if `refuse` raises it, or all lines are blank.
    """
    separator = separator or ("\t" if kind == ".tsv" else separator_of(lines()))
    quoted = separator != "\t" or _is_quoted(path, lines())
    return _rows(path, lines(), separator, quoted, refuse, _has_escapes(lines()))


def cell(row: Sequence[Any], index: int) -> Any:
    """A cell of a row; None if the row is too short."""
    return row[index] if index < len(row) else None


def is_text(cell: Any) -> bool:
    """Whether a cell holds words rather than nothing or a number."""
    if not isinstance(cell, str) or not cell.strip() or cell in NO_TEXT:
        return False
    try:
        float(cell)
    except ValueError:
        return True
    return False


def separator_of(lines: Iterable[str]) -> str:
    """The separator of a CSV file, from its header."""
    head = list(islice(dropwhile(_is_preamble, lines), _MAX_TITLES + _BELOW))
    for separator in SEPARATORS:
        if _title_lines(head, separator):
            return separator
    header = head[0] if head else ""
    # In many locales spreadsheets write semicolons.
    return max(SEPARATORS, key=re.sub(r'"[^"]*"', "", header).count)


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
    path: Path,
    lines: Iterable[str],
    separator: str,
    quoted: bool = True,
    refuse: Refuse = fail,
    has_escapes: bool = False,
) -> Iterator[list[str]]:
    quoting = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    reader = csv.reader(
        _from_header(lines, separator),
        delimiter=separator,
        quoting=quoting,
        strict=True,
        doublequote=not has_escapes,
        escapechar="\\" if has_escapes else None,
    )
    width = 0
    while True:
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            refuse(ExplorerError(f"{path}, line {reader.line_num}: {error}"), "")
            continue
        if width and len(row) > width:
            refuse(
                ExplorerError(
                    f"{path}, line {reader.line_num}: {len(row)} cells but {width} columns in "
                    f"the header; a text that contains {separator!r} must be quoted"
                ),
                separator.join(row),
            )
            continue
        if not width:
            width = len(row)
            check_width(path, width)
        if width:
            yield row
    if not width:
        raise ExplorerError(f"{path} contains only blank lines")


def check_width(path: Path, columns: int) -> None:
    """Checks the number of columns, each of which may be searched for text.

    Raises:
        ExplorerError: If there are more than `MAX_COLUMNS`.
    """
    if columns > MAX_COLUMNS:
        raise ExplorerError(
            f"{path} has {columns:,} columns, more than {MAX_COLUMNS:,}: export only the columns "
            "of the sentences and their labels"
        )


def titles(rows: Sequence[Sequence[Any]]) -> int:
    """The number of rows above the header of a table: titles in the first cell, blank rows.

    Args:
        rows: The first rows of a file.

    Returns:
        0 where the first row may be the header.
    """
    above: list[str] = []
    for number, row in enumerate(rows[: _MAX_TITLES + 1]):
        filled = [str(cell).strip() for cell in row if cell is not None and str(cell).strip()]
        if len(filled) > 1:
            below = rows[number + 1 : number + 1 + _BELOW]
            # A single word above two columns may be the name of the first.
            is_title = len(row) > 2 or any(len(title.split()) > 1 for title in above)
            is_header = len(set(filled)) == len(filled) >= len(row) - 1 and all(
                is_text(cell) and len(cell.split()) < SENTENCE for cell in filled
            )
            is_table = sum(len(other) == len(row) for other in below) >= 0.9 * max(len(below), 1)
            return number if above and is_title and is_header and is_table and below else 0
        if filled and (row[0] is None or not str(row[0]).strip()):
            return 0  # an index without a name stands before this one
        above += filled
    return 0


def _title_lines(lines: Sequence[str], separator: str) -> int:
    """The number of lines that `titles` take."""
    reader = csv.reader(lines, delimiter=separator)
    rows, ends = [], [0]
    try:
        for row in reader:
            rows.append(row)
            ends.append(reader.line_num)
    except csv.Error:
        return 0
    return ends[titles(rows)]


def _is_preamble(line: str) -> bool:
    """Whether a line before the header is blank, a comment, or Excel's `sep=;`."""
    text = line.strip()
    is_comment = text.startswith("#") and not any(mark in text for mark in SEPARATORS)
    return not text or is_comment or re.fullmatch(r"sep=.", text) is not None


def _has_escapes(lines: Iterable[str]) -> bool:
    """Whether quotes within a quoted cell are escaped by a backslash rather than doubled."""
    head = "".join(islice(lines, _SAMPLE))
    # A backslash before a separator ends a cell, and "" between separators is an empty one.
    has_backslash = re.search(r'\\"[^,;\t|\r\n]', head) is not None
    return has_backslash and re.search(r'[^,;\t|\r\n]""[^,;\t|\r\n]', head) is None


def _from_header(lines: Iterable[str], separator: str) -> Iterator[str]:
    """The lines, with those before the header emptied, so that line numbers stay right."""
    lines = iter(lines)
    for line in lines:
        if not _is_preamble(line):
            head = [line, *islice(lines, _MAX_TITLES + _BELOW)]
            above = _title_lines(head, separator)
            yield from ["\n"] * above
            yield from head[above:]
            break
        yield "\n"
    yield from lines
