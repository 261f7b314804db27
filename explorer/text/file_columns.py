"""The columns of a file, in whichever format."""

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from explorer.config import CorpusConfig
from explorer.errors import ExplorerError, first_line
from explorer.system import bounded_parquet
from explorer.text import csv_dialect, packed_file
from explorer.text.csv_dialect import Refuse, is_text
from explorer.text.packed_file import Kind

MAX_SHEET_ROWS = 2**20
"""Rows of a spreadsheet."""

_COVER = 20
"""Maximum rows of a sheet that may be a cover: another that has more is read instead."""
_MAX_SHEET_BYTES = 2**30  # unpacked; a sheet packs to about a tenth


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a file is read where its contents allow several readings."""

    encoding: str = ""
    """Empty: what the byte-order mark says, or else UTF-8."""
    separator: str = ""
    """Of .csv and .tsv; empty: the likely one."""
    header: bool = True
    """Of .csv, .tsv and .xlsx: whether the first row names the columns."""
    prose: bool | None = None
    """Of .txt and .md: running text, split into sentences, rather than a sentence a line; None:
    Markdown only."""

    @classmethod
    def of(cls, config: CorpusConfig) -> "Dialect":
        """As a recipe has it."""
        return cls(
            encoding=config.encoding,
            separator=config.separator,
            header=config.header,
            prose=config.prose or None,
        )


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a file, read one at a time."""

    names: list[str]
    cells: Callable[..., list[Any]]
    """The cells of a column by its index: all, or as many as the second argument."""
    candidates: list[int]
    """The columns that hold text; of Parquet, those that may."""
    lists: Callable[[int], list[Any] | None] | None = None
    """The cells of a column of lists of numbers as arrays; None for any other column."""
    note: str = ""
    """What they leave out of the file, such as other sheets."""

    def first(self, index: int, count: int) -> list[Any]:
        """The first cells of a column."""
        arrays = self.lists(index) if self.lists else None
        if arrays is None:
            return self.cells(index, count)
        return [None if cell is None else cell.tolist() for cell in arrays[:count]]


def columns_of(
    path: Path, kind: Kind, dialect: Dialect, refuse: Refuse, clean: Callable[[str], str]
) -> Columns:
    """The columns of a file that is not plain text.

    Args:
        path: The file.
        kind: Its format.
        dialect: How it is read.
        refuse: Receives each row that cannot be read; see `csv_dialect`.
        clean: Applied to the texts of Parquet columns, each distinct one once.

    Raises:
        ExplorerError: If the file is damaged or holds no columns, or if `refuse` raises it.
    """
    if kind.ending == ".parquet":
        return _parquet(path, clean)
    if kind.ending == ".xlsx":
        rows, note = _sheet(path)
        return replace(_of_rows(rows, dialect.header), note=note)
    data = packed_file.read_bytes(path, kind.packed)
    text = packed_file.decode(path, data, dialect.encoding)
    del data
    if kind.ending == ".jsonl" and not _is_array(text):
        return _json_lines(path, text, refuse)
    if kind.ending in (".jsonl", ".json"):
        return _json(path, text, refuse)
    rows = csv_dialect.rows(
        path,
        kind.ending,
        lambda: io.StringIO(text, newline=""),
        dialect.separator,
        refuse,
    )
    return _of_rows(list(rows), dialect.header)


def _of_rows(rows: list[list[Any]], has_header: bool) -> Columns:
    """Columns of rows; without a header they are numbered."""
    if has_header:
        header, *body = rows
        names = ["" if name is None else str(name).strip() for name in header]
    else:
        names, body = [f"column {number + 1}" for number in range(len(rows[0]))], rows

    def cells(index: int, most: int | None = None) -> list[Any]:
        return [csv_dialect.cell(row, index) for row in body[:most]]

    return Columns(names, cells, with_text(map(enumerate, body), len(names)))


def with_text(rows: Iterable[Iterable[tuple[int, Any]]], width: int) -> list[int]:
    """The columns that hold text, in one pass over all cells.

    Args:
        rows: The cells of each row, with the indexes of their columns.
        width: The number of columns.
    """
    left, textual = set(range(width)), []
    for row in rows:
        textual += [index for index, cell in row if index in left and is_text(cell)]
        left.difference_update(textual[-width:])
        if not left:
            break
    return sorted(textual)


def _is_array(text: str) -> bool:
    """Whether a file of that extension is one array instead of one object per line."""
    if not text.lstrip().startswith("["):
        return False
    try:
        return isinstance(json.loads(text), list)
    except (ValueError, RecursionError):
        return False


def _json_lines(path: Path, text: str, refuse: Refuse) -> Columns:
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(text.removesuffix("\n").split("\n"), start=1):
        try:
            rows.append(as_object(path, f"line {number}", json_value(path, line, number)))
        except ExplorerError as error:
            refuse(error, line)
    return _of_objects(path, rows)


def json_value(path: Path, line: str, number: int) -> Any:
    """The value on a line; an empty object for a blank one.

    Raises:
        ExplorerError: If it is not valid JSON.
    """
    try:
        return json.loads(line) if line.strip() else {}
    except (ValueError, RecursionError) as error:
        raise ExplorerError(f"{path}, line {number}: not valid JSON ({error})") from None


def as_object(path: Path, where: str, value: Any) -> dict[str, Any]:
    """A row; a string is the text of one.

    Raises:
        ExplorerError: If it is neither an object nor a string.
    """
    if isinstance(value, str):
        return {"text": value}
    if not isinstance(value, dict):
        raise ExplorerError(
            f'{path}, {where}: expected an object such as {{"text": "…"}}, or a string'
        )
    return value


def _json(path: Path, text: str, refuse: Refuse) -> Columns:
    """An array of objects or strings, by itself or as the only array of an object."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ExplorerError(f"{path}: not valid JSON ({error})") from None
    if isinstance(value, dict):
        arrays = [item for item in value.values() if isinstance(item, list)]
        value = arrays[0] if len(arrays) == 1 else None
    if not isinstance(value, list):
        raise ExplorerError(f"{path}: expected an array of objects or of strings")
    rows: list[dict[str, Any]] = []
    for number, item in enumerate(value, start=1):
        try:
            rows.append(as_object(path, f"row {number}", item))
        except ExplorerError as error:
            refuse(error, str(item)[:200])
    return _of_objects(path, rows)


def has_only_nested_text(rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether texts are in objects inside the objects, and nowhere else."""
    cells = [cell for row in rows for cell in row.values()]
    return any(isinstance(cell, dict) for cell in cells) and not any(
        isinstance(cell, str) and cell.strip() for cell in cells
    )


def flat(row: Mapping[str, Any], above: str = "", depth: int = 4) -> dict[str, Any]:
    """An object whose inner objects' values have names such as `user.name`."""
    result: dict[str, Any] = {}
    for name, cell in row.items():
        if isinstance(cell, dict) and depth:
            result |= flat(cell, f"{above}{name}.", depth - 1)
        else:
            result[f"{above}{name}"] = cell
    return result


def _of_objects(path: Path, rows: list[dict[str, Any]]) -> Columns:
    if has_only_nested_text(rows):
        rows = [flat(row) for row in rows]
    names = list(dict.fromkeys(name for row in rows for name in row))
    if not names:
        raise ExplorerError(f"{path} contains only blank lines or empty objects")
    csv_dialect.check_width(path, len(names))
    at = {name: index for index, name in enumerate(names)}
    indexed = (((at[name], cell) for name, cell in row.items()) for row in rows)

    def cells(index: int, most: int | None = None) -> list[Any]:
        return [row.get(names[index]) for row in rows[:most]]

    return Columns(names, cells, with_text(indexed, len(names)))


def _sheet(path: Path) -> tuple[list[list[Any]], str]:
    """The rows of the first visible sheet of a workbook that is a table, and which one it is.

    Titles above the header are left out.

    Nothing in the workbook is executed.
    """
    import openpyxl

    if path.stat().st_size == 0:
        raise ExplorerError(f"{path} is empty")
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > _MAX_SHEET_BYTES:
            raise ExplorerError(f"{path} would unpack to {unpacked:,} bytes: save it as CSV")
        with path.open("rb") as file:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
            sheets = sorted(book.worksheets, key=lambda sheet: sheet.sheet_state != "visible")
            read: list[tuple[str, list[list[Any]]]] = []
            for sheet in sheets:
                if rows := _rows_of(path, sheet):
                    read.append((sheet.title, rows))
                    if len(rows) > _COVER:
                        break
            if read:
                # A cover sheet has a few rows; the first of the others is the table.
                sizes = (_COVER, 1, 0)
                title, rows = next(item for size in sizes for item in read if len(item[1]) > size)
                note = _sheet_note(title, [other.title for other in sheets])
                return rows[csv_dialect.titles(rows) :], note
    except ExplorerError:
        raise
    except Exception as error:  # noqa: BLE001 - openpyxl has no base class of its errors
        raise ExplorerError(f"{path} is not a valid workbook: {first_line(error)}") from None
    raise ExplorerError(f"{path} contains no rows")


def _sheet_note(title: str, titles: list[str]) -> str:
    others = [other for other in titles if other != title]
    if not others:
        return ""
    shown = ", ".join(repr(other[:40]) for other in others[:3]) + ", …" * (len(others) > 3)
    return f"sheet {title[:40]!r} of {len(titles)}; not read: {shown}"


def _rows_of(path: Path, sheet: Any) -> list[list[Any]]:
    rows: list[list[Any]] = []
    sheet.reset_dimensions()  # or each row is as wide as the file says
    for row in sheet.iter_rows(values_only=True):
        cells = [_plain(cell) for cell in row]
        while cells and cells[-1] is None:
            cells.pop()
        csv_dialect.check_width(path, len(cells))
        if cells or rows:
            rows.append(cells)
        if len(rows) > MAX_SHEET_ROWS:
            raise ExplorerError(f"{path} has more than {MAX_SHEET_ROWS:,} rows: save it as CSV")
    while rows and not rows[-1]:
        rows.pop()
    width = max(map(len, rows), default=0)
    return [[*row, *[None] * (width - len(row))] for row in rows]


def _plain(cell: Any) -> Any:
    """A cell as text or number; dates as they are written in ISO 8601."""
    return cell if cell is None or isinstance(cell, str | int | float) else str(cell)


def _parquet(path: Path, clean: Callable[[str], str]) -> Columns:
    import pyarrow as pa
    import pyarrow.parquet as pq

    def cells(index: int, most: int | None = None) -> list[Any]:
        try:
            with bounded_parquet.opened(path) as file:
                parts = bounded_parquet.parts(file, index)
                shared: dict[str, str] = {}  # each batch has its own dictionary

                def once(text: str) -> str:
                    return shared.setdefault(text, clean(text))

                values = (cell for part in parts for cell in bounded_parquet.values(part, once))
                return list(islice(values, most))
        except (pa.ArrowException, OSError, UnicodeDecodeError, IndexError) as error:
            raise ExplorerError(f"{path} is damaged: {first_line(error)}") from None

    def lists(index: int) -> list[Any] | None:
        if not bounded_parquet.is_numeric_list(schema.types[index]):
            return None
        try:
            with bounded_parquet.opened(path) as file:
                parts = bounded_parquet.parts(file, index)
                return [cell for part in parts for cell in bounded_parquet.arrays(part)]
        except (pa.ArrowException, OSError, IndexError) as error:
            raise ExplorerError(f"{path} is damaged: {first_line(error)}") from None

    if path.stat().st_size == 0:
        raise ExplorerError(f"{path} is empty")
    try:
        schema = pq.read_schema(path)
    except (pa.ArrowException, OSError, UnicodeDecodeError, IndexError) as error:
        raise ExplorerError(f"{path} is not a valid Parquet file: {first_line(error)}") from None
    csv_dialect.check_width(path, len(schema.names))
    return Columns(schema.names, cells, bounded_parquet.textual(schema), lists)
