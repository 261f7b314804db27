"""Reads a user's file of sentences: text, CSV, TSV, JSON lines or Parquet."""

import codecs
import gzip
import io
import json
import math
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from explorer.errors import ExplorerError
from explorer.system import bounded_parquet
from explorer.text import csv_dialect

FORMATS = (".txt", ".csv", ".tsv", ".jsonl", ".parquet")
"""Supported extensions; all but .parquet also with .gz."""

LONGEST = 20_000
"""Maximum characters of a sentence, which bounds the memory of an encoder."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    # Before UTF-16: the little-endian mark of UTF-32 starts with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Table:
    """The sentences of a file.

    Args:
        texts: Non-empty sentences in order, white space collapsed to single blanks.
        labels: A label for each text ("" for an empty cell), or None without a label column.
        dropped: Number of lines or rows without text.
        column: The column of the texts; empty for plain text.
    """

    texts: list[str]
    labels: list[str] | None
    dropped: int
    column: str = ""


@dataclass(frozen=True, slots=True)
class _Columns:
    names: list[str]
    cells: Callable[[int], list[Any]]
    candidates: list[int]  # the columns that may hold text


def read(path: Path, text_column: str = "", label_column: str = "") -> Table:
    """Reads sentences, and labels if a label column is given.

    Args:
        path: A file with an extension of `FORMATS`, in UTF-8, or UTF-16 or UTF-32 with a BOM.
        text_column: The column of the sentences; optional if only one column holds text.
        label_column: The column of the labels, numbers or text.

    Raises:
        ExplorerError: If the file is missing, empty, damaged, not text, or lacks the column.
    """
    kind, packed = kind_of(path)
    if kind == ".parquet":
        columns = _parquet(path)
    else:
        text = _text(path, packed)
        if kind == ".txt":
            if text_column or label_column:
                raise ExplorerError(
                    f"{path} is plain text, a sentence a line: it has no column "
                    f"{text_column or label_column!r}"
                )
            lines = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")
            return _table(path, lines, None, "line")
        columns = _json_lines(path, text) if kind == ".jsonl" else _separated(path, text, kind)
    label = _index(path, columns, label_column) if label_column else None
    index = _index(path, columns, text_column) if text_column else _only(path, columns, label)
    cells = columns.cells(index)
    _require_text(path, columns.names[index], cells)
    texts = [text_of(path, columns.names[index], row, cell) for row, cell in enumerate(cells)]
    labels = None if label is None else _as_labels(columns.cells(label))
    name = columns.names[index]
    return replace(_table(path, texts, labels, f"row, column {name!r},"), column=name)


def kind_of(path: Path) -> tuple[str, bool]:
    """The format of a file and whether it is gzipped.

    Raises:
        ExplorerError: If it is missing, not a regular file or has an unknown extension.
    """
    if path.is_dir():
        raise ExplorerError(f"{path} is a folder: name one file in it")
    if not path.exists():
        raise ExplorerError(f"{path} does not exist")
    if not path.is_file():
        raise ExplorerError(f"{path} is no file that can be read again and again")
    name = path.name.lower()
    packed = name.endswith(".gz")
    kind = Path(name.removesuffix(".gz")).suffix
    if kind not in FORMATS or (packed and kind == ".parquet"):
        raise ExplorerError(
            f"{path} cannot be read by its ending: known are {' '.join(FORMATS)}, and all but "
            ".parquet with .gz behind"
        )
    return kind, packed


def _text(path: Path, packed: bool) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ExplorerError(f"{path} cannot be read: {error.strerror or error}") from None
    if packed and data:
        try:
            data = gzip.decompress(data)
        except EOFError:
            raise ExplorerError(f"{path} is cut short: its gzip data ends too early") from None
        except (gzip.BadGzipFile, zlib.error) as error:
            raise ExplorerError(f"{path} is no intact gzip file: {error}") from None
    if not data:
        raise ExplorerError(f"{path} is empty")
    encoding = encoding_of(data)
    if encoding.startswith("utf-8") and b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        raise ExplorerError(no_text(path, line))
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        where = f"line {line}, byte {column}" if encoding == "utf-8" else f"byte {error.start}"
        raise ExplorerError(
            f"{path} is not {encoding.removesuffix('-sig').upper()} text ({where}): save it as "
            "UTF-8 in the program it comes from"
        ) from None


def no_text(path: Path, line: int) -> str:
    """The message for a file with a NUL byte."""
    return (
        f"{path} is not text: line {line} holds a NUL byte. If it comes from a text editor, "
        "save it as UTF-8; other files must be exported as text first"
    )


def encoding_of(start: bytes) -> str:
    """The encoding by the BOM at the start of a file; UTF-8 without one."""
    return next((name for mark, name in _BOMS if start.startswith(mark)), "utf-8")


def _separated(path: Path, text: str, kind: str) -> _Columns:
    header, *body = csv_dialect.rows(path, kind, lambda: io.StringIO(text, newline=""))
    names = [name.strip() for name in header]

    def cells(index: int) -> list[Any]:
        return [csv_dialect.cell(row, index) for row in body]

    return _Columns(names, cells, list(range(len(names))))


def _json_lines(path: Path, text: str) -> _Columns:
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(text.removesuffix("\n").split("\n"), start=1):
        try:
            row = json.loads(line) if line.strip() else {}
        except (ValueError, RecursionError) as error:
            raise ExplorerError(f"{path}, line {number}: not valid JSON ({error})") from None
        if not isinstance(row, dict):
            raise ExplorerError(
                f'{path}, line {number}: expected an object such as {{"text": "…"}} on each line'
            )
        rows.append(row)
    names = list(dict.fromkeys(name for row in rows for name in row))
    if not names:
        raise ExplorerError(f"{path} holds only blank lines or empty objects")
    return _Columns(
        names, lambda index: [row.get(names[index]) for row in rows], list(range(len(names)))
    )


def _parquet(path: Path) -> _Columns:
    import pyarrow as pa
    import pyarrow.parquet as pq

    def cells(index: int) -> list[Any]:
        try:
            with bounded_parquet.opened(path) as file:
                parts = bounded_parquet.parts(file, index)
                shared: dict[str, str] = {}  # each batch has its own dictionary

                def clean(text: str) -> str:
                    return shared.setdefault(text, as_sentence(text))

                return [cell for part in parts for cell in bounded_parquet.values(part, clean)]
        except (pa.ArrowException, OSError, UnicodeDecodeError, IndexError) as error:
            raise ExplorerError(f"{path} is damaged: {_first_line(error)}") from None

    if path.stat().st_size == 0:
        raise ExplorerError(f"{path} is empty")
    try:
        schema = pq.read_schema(path)
    except (pa.ArrowException, OSError) as error:
        raise ExplorerError(f"{path} is no intact Parquet file: {_first_line(error)}") from None
    kinds = [
        item.value_type if isinstance(item, pa.DictionaryType) else item for item in schema.types
    ]
    textual = [
        index
        for index, item in enumerate(kinds)
        if pa.types.is_string(item)
        or pa.types.is_large_string(item)
        or pa.types.is_string_view(item)
    ]
    return _Columns(schema.names, cells, textual)


def _index(path: Path, columns: _Columns, name: str) -> int:
    times = Counter(columns.names)[name]
    if times == 1:
        return columns.names.index(name)
    if times:
        raise ExplorerError(f"{path} has {times} columns {name!r}: rename them apart")
    raise ExplorerError(f"{path} has no column {name!r}; {_listed(columns)}")


def _only(path: Path, columns: _Columns, label: int | None) -> int:
    """The one column that holds text."""
    if len(columns.names) == 1:
        return 0
    matches = [
        index
        for index in columns.candidates
        if index != label and any(_is_text(cell) for cell in columns.cells(index))
    ]
    if len(matches) == 1:
        return matches[0]
    raise ExplorerError(
        f"{path}: which column holds the sentences? {_listed(columns)}; choose with --text-column "
        "(corpus.text_column)"
    )


def text_column(path: Path, names: list[str], cells: Callable[[int], list[Any]], name: str) -> int:
    """The index of the column of the sentences: the named one, or else the only one with text.

    Raises:
        ExplorerError: If there is no such column, it holds no text, or more than one may be it.
    """
    columns = _Columns(names, cells, list(range(len(names))))
    index = _index(path, columns, name) if name else _only(path, columns, None)
    _require_text(path, names[index], cells(index))
    return index


def _listed(columns: _Columns) -> str:
    names = [name if len(name) <= 40 else name[:39] + "…" for name in columns.names[:30]]
    more = ", …" if len(columns.names) > len(names) else ""
    return f"its columns are {', '.join(map(repr, names))}{more}"


def _require_text(path: Path, name: str, cells: list[Any]) -> None:
    filled = [cell for cell in cells if not _is_missing(cell)]
    if filled and not any(_is_text(cell) for cell in filled):
        raise ExplorerError(
            f"{path}: the column {name!r} holds no text (its first value is "
            f"{str(filled[0])[:40]!r}): choose the column of the sentences with --text-column"
        )


def text_of(path: Path, name: str, row: int, cell: Any) -> str:
    """A cell as text; empty for a missing value."""
    if _is_missing(cell):
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
    return as_sentence(str(cell))


def _is_missing(cell: Any) -> bool:
    return cell is None or cell == "" or (isinstance(cell, float) and math.isnan(cell))


def _is_text(cell: Any) -> bool:
    if not isinstance(cell, str) or not cell.strip():
        return False
    try:
        float(cell)
    except ValueError:
        return True
    return False


def _table(path: Path, texts: list[str], labels: list[str] | None, unit: str) -> Table:
    sentences = [as_sentence(text) for text in texts]
    rows = [row for row, sentence in enumerate(sentences) if sentence]
    if not rows:
        raise ExplorerError(f"{path} holds no text: every {unit} is blank")
    for row in rows:
        check_length(sentences[row], f"{path}, text {row + 1}")
    return Table(
        [sentences[row] for row in rows],
        None if labels is None else [labels[row] for row in rows],
        len(sentences) - len(rows),
    )


def check_length(text: str, where: str) -> None:
    """Checks the length of a sentence.

    Raises:
        ExplorerError: If it has more than `LONGEST` characters.
    """
    if len(text) > LONGEST:
        raise ExplorerError(
            f"{where}, has {len(text):,} characters, more than {LONGEST:,}: that is no sentence; "
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


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
