"""A preview of a user's file: guesses to correct, and the rows that cannot be read."""

import io
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from explorer.errors import ExplorerError
from explorer.text import (
    csv_dialect,
    other_columns,
    packed_file,
    prose,
    read_file,
    typed_column,
    vector_column,
)
from explorer.text.csv_dialect import SENTENCE
from explorer.text.file_columns import Columns, Dialect, columns_of
from explorer.text.packed_file import Kind
from explorer.text.read_file import Table
from explorer.text.typed_column import Holds
from explorer.text.vector_column import VectorSource

SHOWN = 100
"""Rows a preview shows."""

_SAMPLE = 500  # rows the columns are guessed from
_GUESSED = 100_000  # characters the separator and the header are guessed from
_MAX_LABELS = 40
_FEW = 3  # of a list, that are shown
_LABEL_NAMES = {"label", "class", "category", "sentiment", "stars", "rating", "topic", "intent"}


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that cannot be read."""

    where: str
    """Its line or row, such as `line 12`."""
    reason: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A file as it would be read."""

    ending: str
    dialect: Dialect
    """Complete: what was guessed is filled in."""
    columns: list[str]
    """Empty for plain text."""
    textual: list[str]
    """The columns that hold text."""
    text_column: str
    label_column: str
    vector_columns: dict[str, str]
    """The columns that may be vectors, as `VectorSource.column` names them, with their titles."""
    vectors: VectorSource
    """Of the vectors that become the latent space; empty for none."""
    rows: dict[str, list[str]]
    """The first rows, column by column; plain text has the column `text`."""
    table: Table
    refused: list[Refused]
    note: str = ""
    """What is left out of the file as a whole, such as other sheets."""
    further: Mapping[str, Holds] = field(default_factory=dict)
    """What all other columns hold, by their first rows."""


def guess(path: Path) -> Dialect:
    """The likely encoding, separator, header and unit of a file.

    Raises:
        ExplorerError: If it is missing or damaged, or of an unknown format.
    """
    kind = read_file.kind_of(path)
    if kind.ending in (".parquet", ".xlsx"):
        return Dialect(header=True)
    data = packed_file.read_bytes(path, kind.packed)
    encoding = packed_file.guess_encoding(data)
    dialect = Dialect(encoding=encoding)
    if kind.ending in (".jsonl", ".json"):
        return dialect
    text = packed_file.decode(path, data, encoding)
    if kind.ending in (".txt", ".md") and not _is_table(text):
        is_markdown = kind.ending == ".md"
        return replace(dialect, prose=is_markdown or prose.is_prose(text[:50_000].splitlines()))
    lines = text[:_GUESSED].splitlines(keepends=True)
    if len(lines) < 3:  # of very many columns
        lines = text[: 100 * _GUESSED].splitlines(keepends=True)[:3]
    separator = "\t" if kind.ending in (".tsv", ".txt", ".md") else csv_dialect.separator_of(lines)
    return replace(dialect, separator=separator, header=_has_header(path, kind, lines, separator))


def preview(
    path: Path,
    dialect: Dialect | None = None,
    text_column: str = "",
    label_column: str | None = None,
    vectors: VectorSource | None = None,
) -> Preview:
    """Reads a file without failing on a row.

    Args:
        path: The file.
        dialect: None for `guess`.
        text_column: Empty for the column with the longest texts.
        label_column: None for the likely one, empty for none.
        vectors: None for the likely ones, empty for none.

    Raises:
        ExplorerError: If the file as a whole cannot be read, or has no such column.
    """
    kind = read_file.kind_of(path)
    dialect = dialect or guess(path)
    refused: list[Refused] = []

    def refuse(error: ExplorerError, text: str) -> None:
        where, _, reason = str(error).removeprefix(f"{path}, ").partition(": ")
        refused.append(Refused(where, reason, text))

    if read_file.is_plain(kind, dialect):
        lines = read_file.lines_of(path, kind, dialect)
        source = vectors or VectorSource()
        table = read_file.read(path, dialect=dialect, refuse=refuse, vectors=source)
        shown = {"text": table.texts[:SHOWN] or lines[:SHOWN]}
        return Preview(
            ending=kind.ending,
            dialect=dialect,
            columns=[],
            textual=[],
            text_column="",
            label_column="",
            vector_columns={},
            vectors=source,
            rows=shown,
            table=table,
            refused=refused,
        )
    columns = columns_of(path, kind, dialect, refuse, read_file.as_sentence)
    samples = [_first(columns, index) for index in range(len(columns.names))]
    groups = {
        name: vector_column.members(columns, name, samples)
        for name in vector_column.candidates(columns, samples)
    }
    grouped = {index for indexes in groups.values() for index in indexes}
    textual = _textual(columns, grouped)
    text = _chosen(path, columns, text_column) if text_column else _longest(path, columns, textual)
    if label_column is None:
        label = _likely_label(columns, samples, {text, *grouped})
    else:
        label = _chosen(path, columns, label_column) if label_column else None
    if vectors is None:
        vectors = VectorSource(column=next(iter(groups), ""))
    table = read_file.table_of(path, columns, text, label, refuse, vectors)
    titles = {name: _title(columns, indexes) for name, indexes in groups.items()}
    names = columns.names
    return Preview(
        ending=kind.ending,
        dialect=dialect,
        columns=names,
        textual=[names[index] for index in textual],
        text_column=names[text],
        label_column="" if label is None else names[label],
        vector_columns=titles,
        vectors=vectors,
        rows=_rows(columns, samples, groups, titles),
        table=table,
        refused=refused,
        note=columns.note,
        further=_further(names, samples, {text, label, *grouped}),
    )


def others(path: Path, seen: Preview) -> dict[str, list[Any]]:
    """The cells of the columns other than sentences and labels, one for each sentence; see `read`.

    Raises:
        ExplorerError: If the file can no longer be read.
    """
    if not seen.columns:
        return {}
    vectors = vector_column.named(seen.columns, seen.vectors.column)
    without = {seen.text_column, seen.label_column, *vectors}
    return other_columns.read(path, without, seen.table.rows, seen.dialect)


def _first(columns: Columns, index: int) -> list[Any]:
    """The first cells of a column; none of a Parquet column that is neither text nor number."""
    try:
        return columns.first(index, _SAMPLE)
    except ExplorerError:
        return []


def _further(
    names: Sequence[str], samples: Sequence[Sequence[Any]], used: Collection[int | None]
) -> dict[str, Holds]:
    """What the columns hold that `others` reads."""
    result: dict[str, Holds] = {}
    for index, name in enumerate(names):
        is_read = name.strip() and index not in used and len(result) < other_columns.MAX_COLUMNS
        if is_read and any(typed_column.text_of(cell) for cell in samples[index]):
            result.setdefault(name, typed_column.holds(samples[index]))
    return result


def _title(columns: Columns, indexes: Sequence[int]) -> str:
    """The name of a vector column, or the first and the last of numbered ones."""
    names = [columns.names[index] for index in indexes]
    return names[0] if len(names) == 1 else f"{names[0]} … {names[-1]}"


def _rows(
    columns: Columns,
    samples: Sequence[Sequence[Any]],
    groups: Mapping[str, Sequence[int]],
    titles: Mapping[str, str],
) -> dict[str, list[str]]:
    """The first rows, column by column; numbered columns of a vector as one."""
    followers = {index for indexes in groups.values() for index in indexes[1:]}
    first = {indexes[0]: name for name, indexes in groups.items() if len(indexes) > 1}
    rows = {}
    for index, name in enumerate(_distinct(columns.names)):
        if index in followers:
            continue
        cells = list(samples[index][:SHOWN])
        if index in first:
            size = len(groups[first[index]])
            name = titles[first[index]]
            rows[name] = [f"{_shown(cell)[:12]} … ({size:,} numbers)" for cell in cells]
        else:
            rows[name] = [_shown(cell) for cell in cells]
    return rows


def _is_table(text: str) -> bool:
    """Whether plain text is separated by tabs, as Excel saves "Unicode text"."""
    lines = [line for line in text[:50_000].splitlines()[:_SAMPLE] if line.strip()]
    tabs = lines[0].count("\t") if lines else 0
    return tabs > 0 and sum(line.count("\t") == tabs for line in lines) >= 0.9 * len(lines)


def _has_header(path: Path, kind: Kind, lines: Sequence[str], separator: str) -> bool:
    """Whether the first row names columns: short, distinct names that are not numbers."""

    def skip(error: ExplorerError, row: str) -> None:
        pass

    text = "".join(lines)
    rows = csv_dialect.rows(
        path, kind.ending, lambda: io.StringIO(text, newline=""), separator, skip
    )
    first = next(rows)
    cells = [cell.strip() for cell in first]
    if any(len(cell.split()) >= SENTENCE for cell in cells):
        return False
    if len(set(cells)) < len(cells):
        # Names that repeat are refused later; cells that repeat in the first row are data.
        second = next(rows, [])
        return all(cells) and any(len(cell.split()) >= SENTENCE for cell in second)
    # An exported index has no name.
    return not any(_is_number(cell) for cell in cells) and sum(not cell for cell in cells) <= 1


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _textual(columns: Columns, grouped: Collection[int]) -> list[int]:
    return [
        index
        for index in columns.candidates
        if index not in grouped and any(read_file.is_text(cell) for cell in columns.cells(index))
    ]


def _longest(path: Path, columns: Columns, textual: Sequence[int]) -> int:
    """The column whose texts have the most words."""
    if not textual:
        names = ", ".join(map(repr, columns.names[:10]))
        note = f" ({columns.note})" if columns.note else ""
        raise ExplorerError(f"{path} has no column with text; its columns are {names}{note}")
    return read_file.longest_column(textual, columns.cells)


def _likely_label(
    columns: Columns, samples: Sequence[Sequence[Any]], others: Collection[int]
) -> int | None:
    """A column of few, frequent values; by preference one named as labels are."""
    likely = []
    for index, name in enumerate(columns.names):
        if index in others or columns.names.count(name) > 1 or not name:
            continue
        values = samples[index]
        if any(isinstance(cell, list | dict) for cell in values):
            continue
        cells = [_shown(cell) for cell in values]
        counts = Counter(cell for cell in cells if cell)
        filled = sum(counts.values())
        if 2 <= len(counts) <= min(_MAX_LABELS, filled / 4) and filled >= len(cells) / 2:
            is_named = name.strip().lower() in _LABEL_NAMES
            likely.append((not is_named, len(counts), index))
    return min(likely)[2] if likely else None


def _chosen(path: Path, columns: Columns, name: str) -> int:
    return read_file.index_of(path, columns, name)


def _distinct(names: Sequence[str]) -> list[str]:
    """Names that a table can show: an empty or a repeated one gets a number."""
    seen: Counter[str] = Counter()
    result = []
    for number, name in enumerate(names, start=1):
        name = name or f"column {number}"
        seen[name] += 1
        result.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return result


def _shown(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, list) and len(cell) > _FEW:
        first = ", ".join(map(_shown, cell[:_FEW]))
        return f"[{first}, …] ({len(cell):,} values)"
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return read_file.as_sentence(str(cell))[:1000]
