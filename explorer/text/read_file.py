"""Reads a user's file of sentences: text, Markdown, CSV, TSV, JSON, Parquet or a spreadsheet."""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.errors import ExplorerError
from explorer.text import packed_file, prose, vector_column
from explorer.text.csv_dialect import NO_TEXT, Refuse, fail, is_text
from explorer.text.file_columns import Columns, Dialect, columns_of
from explorer.text.packed_file import FORMATS, Kind, encoding_of, kind_of, no_text
from explorer.text.vector_column import Vectors, VectorSource

if TYPE_CHECKING:
    import numpy as np

__all__ = [
    "FORMATS",
    "LONGEST",
    "Table",
    "encoding_of",
    "is_text",
    "kind_of",
    "no_text",
    "read",
]

_SAMPLE = 2000  # lines
_MEASURED = 500  # texts of a column

LONGEST = 20_000
"""Maximum characters of a sentence, which bounds the memory of an encoder."""
_LONGEST_DOCUMENT = 2_000_000

DIALECT = Dialect()
NO_VECTORS = VectorSource()
ReadVectors = Callable[[int, Sequence[int]], Vectors]

_NUMBER = re.compile(r"\s*|-?\d+(\.\d+)?")
_INTEGRAL = re.compile(r"(-?\d+)\.0+")


def longest_text(tokens: str) -> int:
    """Maximum characters of a text, by `corpus.tokens`; of a bag of words only counts are read."""
    return _LONGEST_DOCUMENT if tokens == "bag" else LONGEST


@dataclass(frozen=True, slots=True)
class Table:
    """The sentences of a file.

    Args:
        texts: Non-empty sentences in order, white space collapsed to single blanks.
        labels: A label for each text ("" for an empty cell), or None without a label column.
        dropped: Number of lines or rows without text.
        column: The column of the texts; empty for plain text.
        rows: The row or line of each text, from 0.
        vectors: A vector for each text, single precision; None without any.
    """

    texts: list[str]
    labels: list[str] | None
    dropped: int
    column: str = ""
    rows: list[int] = field(default_factory=list)
    vectors: "np.ndarray | None" = None


def read(
    path: Path,
    text_column: str = "",
    label_column: str = "",
    dialect: Dialect = DIALECT,
    refuse: Refuse = fail,
    vectors: VectorSource = NO_VECTORS,
    refuse_vector: Refuse | None = None,
    longest: int = LONGEST,
) -> Table:
    """Reads sentences, and their labels and vectors if their columns are given.

    Args:
        path: A file with an extension of `FORMATS`, or none.
        text_column: The column of the sentences; empty for the one with the most words.
        label_column: The column of the labels, numbers or text.
        dialect: How it is read where its contents leave a choice.
        refuse: Receives each row that cannot be read, and its error; by default the first one
            ends the reading.
        vectors: Where the vectors of the sentences are.
        refuse_vector: Receives each row whose vector cannot be used; by default as `refuse`.
        longest: Maximum characters of a text.

    Raises:
        ExplorerError: If the file is missing, empty, damaged, not text, or lacks the column.
    """
    kind = kind_of(path)
    if is_plain(kind, dialect):
        if column := text_column or label_column or vectors.column:
            raise ExplorerError(
                f"{path} is plain text, one sentence per line: it has no column {column!r}"
            )
        lines = lines_of(path, kind, dialect)
        check_no_table(path, lines)
        if any(map(str.strip, lines)) and not any(map(is_text, lines)):
            raise ExplorerError(f"{path} contains only numbers: none of its lines is text")
        reader = _vector_reader(path, None, vectors)
        return _table(path, lines, None, "line", refuse, reader, refuse_vector, longest)
    columns = columns_of(path, kind, dialect, refuse, as_sentence)
    label = index_of(path, columns, label_column) if label_column else None
    index = index_of(path, columns, text_column) if text_column else _likely(path, columns, label)
    return table_of(path, columns, index, label, refuse, vectors, refuse_vector, longest)


def table_of(
    path: Path,
    columns: Columns,
    index: int,
    label: int | None,
    refuse: Refuse = fail,
    vectors: VectorSource = NO_VECTORS,
    refuse_vector: Refuse | None = None,
    longest: int = LONGEST,
) -> Table:
    """The sentences of a column, the labels of another, and the vectors of others."""
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
    unit, reader = f"row, column {name!r},", _vector_reader(path, columns, vectors)
    table = _table(path, texts, labels, unit, refuse, reader, refuse_vector, longest)
    return replace(table, column=name)


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
        raise ExplorerError(
            f"{path} has {times} columns named {name!r}: give them different names"
        )
    raise ExplorerError(f"{path} has no column {name!r}; {_listed(names)}")


def _likely(path: Path, columns: Columns, label: int | None) -> int:
    """The likely column of the sentences, apart from the labels."""
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
    textual = [index for index in candidates if any(map(is_text, cells(index)))]
    if not textual:
        raise ExplorerError(f"{path} has no column with text; {_listed(names)}")
    return longest_column(textual, cells)


def longest_column(indexes: Sequence[int], cells: Callable[[int], Iterable[Any]]) -> int:
    """The column with the most words in its first texts, of which repeated ones count once."""

    def words(index: int) -> int:
        texts = islice(filter(is_text, cells(index)), _MEASURED)
        return sum(len(text.split()) for text in set(texts))

    return max(indexes, key=words)


def check_no_table(path: Path, lines: Sequence[str]) -> None:
    """Checks that lines of plain text are not the rows of a table.

    Raises:
        ExplorerError: If all of them have the same number of tabs.
    """
    tabs = {line.count("\t") for line in lines[:_SAMPLE] if line.strip()}
    if len(tabs) == 1 and tabs != {0} and len(lines) > 1:
        raise ExplorerError(
            f"{path} is a table: each line has {tabs.pop() + 1} cells separated by tabs; rename "
            "it to end in .tsv and choose the column of the sentences with --text-column"
        )


def text_column(
    path: Path,
    names: list[str],
    cells: Callable[[int], Iterable[Any]],
    name: str,
    candidates: Sequence[int] | None = None,
) -> int:
    """The index of the column of the sentences: the named one, or else the likely one.

    Args:
        path: Used in messages.
        names: Of the columns.
        cells: Reads the cells of a column, from the start of the file.
        name: Of the column; empty for the one with the most words.
        candidates: The columns that may hold text; None for all.

    Raises:
        ExplorerError: If there is no such column, or it holds no text.
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
            f"{path}: the column {name!r} contains no text (its first value is "
            f"{str(first)[:40]!r}): choose the column of the sentences with --text-column"
        )


def text_of(path: Path, name: str, row: int, cell: Any) -> str:
    """A cell as text; empty for a missing value."""
    if _is_missing(cell) or (isinstance(cell, str) and cell in NO_TEXT):
        return ""
    if isinstance(cell, str | int | float):
        return str(cell)
    raise ExplorerError(
        f"{path}, row {row + 1}: the column {name!r} contains a {type(cell).__name__}, not text"
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
            f"the label {str(cell)[:40]} is neither text nor a number: choose another "
            "--label-column (corpus.label_column), or move its parts to separate columns"
        )
    return as_sentence(str(cell))


def _is_missing(cell: Any) -> bool:
    return cell is None or cell == "" or (isinstance(cell, float) and math.isnan(cell))


def _vector_reader(
    path: Path, columns: Columns | None, vectors: VectorSource
) -> ReadVectors | None:
    """Reads the vectors of all rows, given their number and those with text."""
    if vectors.file:
        file = Path(vectors.file).expanduser()
        return lambda rows, filled: vector_column.read_npy(file, rows, filled)
    if vectors.column and columns is not None:
        return lambda rows, filled: vector_column.read_column(path, columns, vectors.column)
    return None


def _table(
    path: Path,
    texts: list[str],
    labels: list[str] | None,
    unit: str,
    refuse: Refuse,
    read_vectors: ReadVectors | None = None,
    refuse_vector: Refuse | None = None,
    longest: int = LONGEST,
) -> Table:
    sentences = [as_sentence(text) for text in texts]
    filled = [row for row, sentence in enumerate(sentences) if sentence]
    if not filled:
        raise ExplorerError(f"{path} contains no text: every {unit} is blank")
    vectors = read_vectors(len(sentences), filled) if read_vectors else None
    rows = []
    for row in filled:
        try:
            check_length(sentences[row], f"{path}, text {row + 1}", longest)
        except ExplorerError as error:
            refuse(error, sentences[row])
            continue
        if vectors is not None and (reason := vectors.refused.get(row)):
            where = f"{path}, {unit.partition(',')[0]} {row + 1}"
            (refuse_vector or refuse)(ExplorerError(f"{where}: {reason}"), sentences[row])
            continue
        rows.append(row)
    return Table(
        [sentences[row] for row in rows],
        None if labels is None else [labels[row] for row in rows],
        len(sentences) - len(filled),
        rows=rows,
        vectors=None if vectors is None else vectors.values[rows],
    )


def check_length(text: str, where: str, longest: int = LONGEST) -> None:
    """Checks the length of a sentence.

    Raises:
        ExplorerError: If it has more than `longest` characters.
    """
    if len(text) > longest:
        advice = "split it, one sentence per line or row"
        if longest == LONGEST:
            advice += ", or treat long texts as bags of words (`explorer new … --documents`)"
        raise ExplorerError(
            f"{where}: {len(text):,} characters, more than {longest:,}: too long for a sentence; "
            f"{advice}"
        )


def as_sentence(text: str) -> str:
    """Collapses white space to single blanks."""
    # A byte-order mark is left where files were joined.
    sentence = " ".join(text.replace("\0", " ").replace("\ufeff", "").split())
    if sentence == text:
        sentence = text  # keeps a text shared by many rows shared
    if sentence.isascii():
        return sentence
    # JSON can spell a lone surrogate, which no file could store.
    return sentence.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
