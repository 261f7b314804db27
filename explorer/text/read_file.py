"""Reads a user's file of sentences: text, Markdown, CSV, TSV, JSON, Parquet or a spreadsheet."""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from explorer.errors import ExplorerError
from explorer.text import packed_file, prose
from explorer.text.csv_dialect import NO_TEXT, Refuse, fail
from explorer.text.file_columns import Columns, Dialect, columns_of
from explorer.text.packed_file import FORMATS, Kind, encoding_of, kind_of, no_text

__all__ = ["FORMATS", "LONGEST", "Table", "encoding_of", "kind_of", "no_text", "read"]

_SAMPLE = 2000  # lines

LONGEST = 20_000
"""Maximum characters of a sentence, which bounds the memory of an encoder."""

DIALECT = Dialect()
NO_COLUMNS: Mapping[str, Sequence[Any]] = {}

_NUMBER = re.compile(r"\s*|-?\d+(\.\d+)?")
_INTEGRAL = re.compile(r"(-?\d+)\.0+")


@dataclass(frozen=True, slots=True)
class Table:
    """The sentences of a file.

    Args:
        texts: Non-empty sentences in order, white space collapsed to single blanks.
        labels: A label for each text ("" for an empty cell), or None without a label column.
        dropped: Number of lines or rows without text.
        column: The column of the texts; empty for plain text.
        others: The cells of the other columns for each text, by name, where they were asked for.
    """

    texts: list[str]
    labels: list[str] | None
    dropped: int
    column: str = ""
    others: Mapping[str, Sequence[Any]] = field(default_factory=dict)


def read(
    path: Path,
    text_column: str = "",
    label_column: str = "",
    dialect: Dialect = DIALECT,
    refuse: Refuse = fail,
    with_others: bool = False,
) -> Table:
    """Reads sentences, and labels if a label column is given.

    Args:
        path: A file with an extension of `FORMATS`, or none.
        text_column: The column of the sentences; optional if only one column holds text.
        label_column: The column of the labels, numbers or text.
        dialect: How it is read where its contents leave a choice.
        refuse: Receives each row that cannot be read, and its error; by default the first one
            ends the reading.
        with_others: Whether the other columns are read, too.

    Raises:
        ExplorerError: If the file is missing, empty, damaged, not text, or lacks the column.
    """
    kind = kind_of(path)
    if is_plain(kind, dialect):
        if text_column or label_column:
            raise ExplorerError(
                f"{path} is plain text, a sentence a line: it has no column "
                f"{text_column or label_column!r}"
            )
        lines = lines_of(path, kind, dialect)
        check_no_table(path, lines)
        return _table(path, lines, None, "line", refuse)
    columns = columns_of(path, kind, dialect, refuse, as_sentence)
    label = index_of(path, columns, label_column) if label_column else None
    index = index_of(path, columns, text_column) if text_column else _only(path, columns, label)
    return table_of(path, columns, index, label, refuse, with_others)


def table_of(
    path: Path,
    columns: Columns,
    index: int,
    label: int | None,
    refuse: Refuse = fail,
    with_others: bool = False,
) -> Table:
    """The sentences of a column, the labels of another, and what the others hold."""
    cells = columns.cells(index)
    name = columns.names[index]
    _require_text(path, name, cells)
    texts = []
    for row, cell in enumerate(cells):
        try:
            texts.append(text_of(path, name, row, cell))
        except ExplorerError as error:
            refuse(error, str(cell)[:LONGEST])
            texts.append("")
    labels = None if label is None else _as_labels(columns.cells(label))
    others = _others(columns, {index, label}) if with_others else {}
    return _table(path, texts, labels, f"row, column {name!r},", refuse, name, others)


def _others(columns: Columns, read: Set[int | None]) -> dict[str, list[Any]]:
    """The columns of texts and numbers that have a name of their own."""
    others = {}
    for index, name in enumerate(columns.names):
        if index in read or not name or columns.names.count(name) > 1:
            continue
        with suppress(ExplorerError):  # a Parquet column of another type
            cells = columns.cells(index)
            if not any(isinstance(cell, list | dict | bytes) for cell in cells):
                others[name] = cells
    return others


def is_plain(kind: Kind, dialect: Dialect) -> bool:
    """Whether a file has no columns."""
    return kind.ending in (".txt", ".md") and not dialect.separator


def lines_of(path: Path, kind: Kind, dialect: Dialect = DIALECT) -> list[str]:
    """The sentences of plain text or Markdown: its lines, or its running text, split."""
    data = packed_file.read_bytes(path, kind.packed)
    text = packed_file.decode(path, data, dialect.encoding)
    text = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
    is_markdown = kind.ending == ".md"
    if is_markdown if dialect.prose is None else dialect.prose:
        return list(prose.sentences(text, is_markdown))
    return text.split("\n")


def index_of(path: Path, columns: Columns, name: str) -> int:
    """The index of a column.

    Raises:
        ExplorerError: If there is none of this name, or more than one.
    """
    return _named(path, columns.names, name)


def _named(path: Path, names: Sequence[str], name: str) -> int:
    times = Counter(names)[name]
    if times == 1:
        return names.index(name)
    if times:
        raise ExplorerError(f"{path} has {times} columns {name!r}: rename them apart")
    raise ExplorerError(f"{path} has no column {name!r}; {_listed(names)}")


def _only(path: Path, columns: Columns, label: int | None) -> int:
    """The one column that holds text, apart from the labels."""
    candidates = [index for index in columns.candidates if index != label]
    return _with_text(path, columns.names, candidates, columns.cells)


def _with_text(
    path: Path,
    names: Sequence[str],
    candidates: Iterable[int],
    cells: Callable[[int], Iterable[Any]],
) -> int:
    if len(names) == 1:
        return 0
    matches = [index for index in candidates if any(map(is_text, cells(index)))]
    if len(matches) == 1:
        return matches[0]
    raise ExplorerError(
        f"{path}: which column holds the sentences? {_listed(names)}; choose with --text-column "
        "(corpus.text_column)"
    )


def check_no_table(path: Path, lines: Sequence[str]) -> None:
    """Checks that lines of plain text are not the rows of a table.

    Raises:
        ExplorerError: If all of them have the same number of tabs.
    """
    tabs = {line.count("\t") for line in lines[:_SAMPLE] if line.strip()}
    if len(tabs) == 1 and tabs != {0} and len(lines) > 1:
        raise ExplorerError(
            f"{path} is a table: each line has {tabs.pop() + 1} cells with tabs between them; "
            "rename it to end in .tsv and choose the column of the sentences with --text-column"
        )


def text_column(
    path: Path,
    names: list[str],
    cells: Callable[[int], Iterable[Any]],
    name: str,
    candidates: Sequence[int] | None = None,
) -> int:
    """The index of the column of the sentences: the named one, or else the only one with text.

    Args:
        path: Used in messages.
        names: Of the columns.
        cells: Reads the cells of a column, from the start of the file.
        name: Of the column; empty for the only one with text.
        candidates: The columns that may hold text; None for all.

    Raises:
        ExplorerError: If there is no such column, it holds no text, or more than one may be it.
    """
    if name:
        index = _named(path, names, name)
    else:
        known = range(len(names)) if candidates is None else candidates
        index = _with_text(path, names, known, cells)
    _require_text(path, names[index], cells(index))
    return index


def _listed(names: Sequence[str]) -> str:
    shown = [name if len(name) <= 40 else name[:39] + "…" for name in names[:30]]
    more = ", …" if len(names) > len(shown) else ""
    return f"its columns are {', '.join(map(repr, shown))}{more}"


def _require_text(path: Path, name: str, cells: Iterable[Any]) -> None:
    filled = (cell for cell in cells if not _is_missing(cell))
    first = next(filled, None)
    if first is not None and not is_text(first) and not any(map(is_text, filled)):
        raise ExplorerError(
            f"{path}: the column {name!r} holds no text (its first value is "
            f"{str(first)[:40]!r}): choose the column of the sentences with --text-column"
        )


def text_of(path: Path, name: str, row: int, cell: Any) -> str:
    """A cell as text; empty for a missing value."""
    if _is_missing(cell) or (isinstance(cell, str) and cell in NO_TEXT):
        return ""
    if isinstance(cell, str | int | float):
        return str(cell)
    raise ExplorerError(
        f"{path}, row {row + 1}: the column {name!r} holds a {type(cell).__name__}, not a text"
    )


def _as_labels(cells: list[Any]) -> list[str]:
    """Converts cells to labels; equal labels share one object."""
    shared: dict[str, str] = {}
    labels = []
    # As in Parquet, where the same numbers are floats.
    has_floats = any(isinstance(cell, str) and _INTEGRAL.fullmatch(cell) for cell in cells)
    if has_floats and all(isinstance(cell, str) and _NUMBER.fullmatch(cell) for cell in cells):
        cells = [_INTEGRAL.sub(r"\1", cell) for cell in cells]
    for cell in cells:
        key = cell if isinstance(cell, str) else str(cell)
        if key not in shared:
            shared[key] = _as_label(cell)
        labels.append(shared[key])
    return labels


def _as_label(cell: Any) -> str:
    if _is_missing(cell):
        return ""
    # Many programs write integer columns with missing values as floats.
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, dict | list | tuple | bytes):
        raise ExplorerError(
            f"the label {str(cell)[:40]} is no text or number: choose another --label-column "
            "(corpus.label_column), or bring its parts into columns of their own"
        )
    return as_sentence(str(cell))


def _is_missing(cell: Any) -> bool:
    return cell is None or cell == "" or (isinstance(cell, float) and math.isnan(cell))


def is_text(cell: Any) -> bool:
    """Whether a cell holds words rather than nothing or a number."""
    if not isinstance(cell, str) or not cell.strip() or cell in NO_TEXT:
        return False
    try:
        float(cell)
    except ValueError:
        return True
    return False


def _table(
    path: Path,
    texts: list[str],
    labels: list[str] | None,
    unit: str,
    refuse: Refuse,
    column: str = "",
    others: Mapping[str, Sequence[Any]] = NO_COLUMNS,
) -> Table:
    sentences = [as_sentence(text) for text in texts]
    filled = [row for row, sentence in enumerate(sentences) if sentence]
    if not filled:
        raise ExplorerError(f"{path} holds no text: every {unit} is blank")
    rows = []
    for row in filled:
        try:
            check_length(sentences[row], f"{path}, text {row + 1}")
            rows.append(row)
        except ExplorerError as error:
            refuse(error, sentences[row])
    return Table(
        [sentences[row] for row in rows],
        None if labels is None else [labels[row] for row in rows],
        len(sentences) - len(filled),
        column,
        {name: [cells[row] for row in rows] for name, cells in others.items()},
    )


def check_length(text: str, where: str) -> None:
    """Checks the length of a sentence.

    Raises:
        ExplorerError: If it has more than `LONGEST` characters.
    """
    if len(text) > LONGEST:
        raise ExplorerError(
            f"{where}: {len(text):,} characters, more than {LONGEST:,}: that is no sentence; "
            "split it, one sentence a line or row"
        )


def as_sentence(text: str) -> str:
    """Collapses white space to single blanks."""
    sentence = " ".join(text.replace("\0", " ").split())
    if sentence == text:
        sentence = text  # keeps a text shared by many rows shared
    if sentence.isascii():
        return sentence
    # JSON can spell a lone surrogate, which no file could store.
    return sentence.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
