"""Parquet from anyone: what a file unpacks to is bounded before any of it is read.

A column that repeats one value takes a few bytes whatever its number of rows, and the default
reader writes that value out row by row. Here a text that is repeated is held once.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from explorer.errors import ExplorerError

ROWS_PER_BYTE = 8
"""Rows a byte of the file may stand for: one bit a row is less than any sentence takes."""

RATIO = 200
"""Bytes a byte of the file may unpack to: text packs to a tenth, much repeated text to a
hundredth."""

SMALL = 2**20
"""Rows below which repetition is harmless, and a file may be as repetitive as it likes."""

SMALL_BYTES = 2**28
"""Bytes of which the same holds."""

_AT_ONCE, _FEW = 4096, 64
"""Rows at once; few where each text is written out, and may be as long as all that is declared."""

_SHARED = {"PLAIN", "RLE", "BIT_PACKED", "PLAIN_DICTIONARY", "RLE_DICTIONARY"}
"""Encodings whose texts Arrow reads as dictionaries."""


@contextmanager
def opened(path: Path, check: Callable[[Any], None] | None = None) -> Iterator[Any]:
    """A `pyarrow.parquet.ParquetFile` whose texts come as dictionaries, for `values`.

    Args:
        path: The file.
        check: What else may be wrong with it, told before any text is read: of a file opened as
            it was written.

    Raises:
        ExplorerError: If it declares more rows or bytes than a file of its size can mean.
        pyarrow.ArrowException: If it is no Parquet; OSError too.
    """
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        if check is not None:
            check(file)
        metadata = file.metadata
        _check(path, metadata)
        shared = [at for at in _texts(metadata) if _encodings(metadata, at) <= _SHARED]
        texts = [metadata.schema.column(at).path for at in shared]
    with pq.ParquetFile(
        path, metadata=metadata, read_dictionary=texts, page_checksum_verification=True
    ) as file:
        yield file


def _check(path: Path, metadata: Any) -> None:
    size, rows = path.stat().st_size, metadata.num_rows
    if rows > SMALL and rows > ROWS_PER_BYTE * size:
        raise ExplorerError(
            f"{path} repeats the same row: it declares {rows:,} rows in {size:,} bytes; "
            f"export it again without the repetition"
        )
    groups = [metadata.row_group(at) for at in range(metadata.num_row_groups)]
    unpacked = sum(group.total_byte_size for group in groups)
    if unpacked > SMALL_BYTES and unpacked > RATIO * size:
        raise ExplorerError(
            f"{path} would unpack from {size:,} to {unpacked:,} bytes: no text packs that well"
        )


def parts(file: Any, index: int) -> Iterator[Any]:
    """One column of an opened file, a few rows at a time; its place, since names may repeat."""
    import pyarrow as pa

    names = file.schema_arrow.names
    name, among = names[index], names[:index].count(names[index])
    kind = file.schema_arrow.types[index]
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        groups = (
            file.read_row_group(group, columns=[name])
            for group in range(file.metadata.num_row_groups)
        )
        batches = (
            group.slice(start, _AT_ONCE)
            for group in groups
            for start in range(0, len(group), _AT_ONCE)
        )
    else:
        batches = file.iter_batches(_FEW, columns=[name])
    for batch in batches:
        places = [at for at, other in enumerate(batch.schema.names) if other == name]
        yield batch.column(places[among])


def shares_texts(metadata: Any) -> bool:
    """Whether each text a file holds is in it once at least, so that its size says how much."""
    return all(_encodings(metadata, at) <= _SHARED for at in _texts(metadata))


def whole(file: Any) -> Any:
    """All of an opened file, as a table."""
    import pyarrow as pa

    # Group by group: Arrow has no way to read lists of texts over several at once.
    groups = [file.read_row_group(at) for at in range(file.metadata.num_row_groups)]
    return pa.concat_tables(groups) if groups else file.read()


def _texts(metadata: Any) -> list[int]:
    columns = map(metadata.schema.column, range(len(metadata.schema)))
    return [
        at
        for at, column in enumerate(columns)
        # Other kinds of bytes are decimal numbers, for one.
        if column.physical_type == "BYTE_ARRAY" and column.logical_type.type in ("STRING", "NONE")
    ]


def _encodings(metadata: Any, at: int) -> set[str]:
    groups = map(metadata.row_group, range(metadata.num_row_groups))
    return {name for group in groups for name in group.column(at).encodings}


def values(column: Any, clean: Callable[[str], str] = str) -> list[Any]:
    """The cells of an Arrow column; a text that is repeated is one object.

    Args:
        column: An array or a chunked array.
        clean: What is done to each different text.

    Raises:
        UnicodeDecodeError: If a text is not UTF-8.
    """
    import pyarrow as pa

    if isinstance(column, pa.ChunkedArray):
        return [cell for chunk in column.chunks for cell in values(chunk, clean)]
    if isinstance(column, pa.DictionaryArray):
        # Those that occur: a part of a file comes with all the texts of the whole.
        used = column.indices.unique().drop_null()
        found = column.dictionary.take(used).to_pylist()
        cleaned = [clean(word) if isinstance(word, str) else word for word in found]
        words = dict(zip(used.to_pylist(), cleaned, strict=True))
        return [None if at is None else words[at] for at in column.indices.to_pylist()]
    if isinstance(column, pa.ListArray) and isinstance(column.values, pa.DictionaryArray):
        inner, ends = values(column.flatten(), clean), column.value_lengths().to_pylist()
        cells, start = [], 0
        for length in ends:
            cells.append(None if length is None else inner[start : start + length])
            start += length or 0
        return cells
    return column.to_pylist()
