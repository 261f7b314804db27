"""Untrusted Parquet files: their unpacked size is bounded before they are read.

A column that repeats one value takes a few bytes whatever its number of rows, and the default
reader copies that value for each row. Here a repeated text is held once.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from explorer.errors import ExplorerError

ROWS_PER_BYTE = 8
"""Maximum rows per byte of the file: no sentence takes less than a bit."""

RATIO = 200
"""Maximum compression ratio: text packs to a tenth, highly repetitive text to a hundredth."""

SMALL = 2**20
"""Rows up to which repetition is harmless and unlimited."""

SMALL_BYTES = 2**28
"""Unpacked bytes up to which the ratio is unlimited."""

_AT_ONCE, _FEW = 4096, 64
"""Rows read at once; few for texts, any one of which may be as long as the whole column."""

_SHARED = {"PLAIN", "RLE", "BIT_PACKED", "PLAIN_DICTIONARY", "RLE_DICTIONARY"}
"""Encodings whose texts Arrow reads as dictionaries."""


@contextmanager
def opened(path: Path, check: Callable[[Any], None] | None = None) -> Iterator[Any]:
    """Opens a `pyarrow.parquet.ParquetFile` whose texts are read as dictionaries, for `values`.

    Args:
        path: The file.
        check: A further check of the file, called before any text is read.

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
            f"{path} would unpack from {size:,} to {unpacked:,} bytes: no real text compresses "
            "that well"
        )


def parts(file: Any, index: int) -> Iterator[Any]:
    """Yields one column a few rows at a time; by index, because names may repeat."""
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
        columns = [at for at, other in enumerate(batch.schema.names) if other == name]
        yield batch.column(columns[among])


def textual(schema: Any) -> list[int]:
    """The columns of an Arrow schema that may hold text: strings, and bytes that may be UTF-8."""
    import pyarrow as pa

    tests = (
        *(pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view),
        *(pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view),
    )
    kinds = (
        item.value_type if isinstance(item, pa.DictionaryType) else item for item in schema.types
    )
    return [index for index, kind in enumerate(kinds) if any(test(kind) for test in tests)]


def is_numeric_list(kind: Any) -> bool:
    """Whether an Arrow type is a list of numbers."""
    import pyarrow as pa

    tests = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    if not any(test(kind) for test in tests):
        return False
    return pa.types.is_floating(kind.value_type) or pa.types.is_integer(kind.value_type)


def arrays(column: Any) -> list[Any]:
    """The cells of an Arrow column of lists of numbers as NumPy arrays; None where one is missing.

    A missing number is NaN.
    """
    import pyarrow as pa

    if isinstance(column, pa.ChunkedArray):
        return [cell for chunk in column.chunks for cell in arrays(chunk)]
    numbers = column.flatten().to_numpy(zero_copy_only=False)  # without the missing lists
    missing = column.is_null().to_pylist()
    if pa.types.is_fixed_size_list(column.type):
        lengths = [0 if is_missing else column.type.list_size for is_missing in missing]
    else:
        lengths = [length or 0 for length in column.value_lengths().to_pylist()]
    cells, start = [], 0
    for length, is_missing in zip(lengths, missing, strict=True):
        cells.append(None if is_missing else numbers[start : start + length])
        start += length
    return cells


def shares_texts(metadata: Any) -> bool:
    """Whether every text is stored at least once, so that the file size bounds the text."""
    return all(_encodings(metadata, at) <= _SHARED for at in _texts(metadata))


def column(file: Any, name: str) -> Any:
    """Reads one column of an opened file, and checks that its values are as Arrow wants them."""
    import pyarrow as pa

    # Group by group: Arrow cannot read lists of texts across row groups.
    count = file.metadata.num_row_groups
    groups = [file.read_row_group(at, columns=[name]) for at in range(count)]
    table = pa.concat_tables(groups) if groups else file.read(columns=[name])
    table.validate(full=True)
    return table.column(name)


def _texts(metadata: Any) -> list[int]:
    columns = map(metadata.schema.column, range(len(metadata.schema)))
    return [
        at
        for at, column in enumerate(columns)
        # Other byte arrays are decimals, for example.
        if column.physical_type == "BYTE_ARRAY" and column.logical_type.type in ("STRING", "NONE")
    ]


def _encodings(metadata: Any, at: int) -> set[str]:
    groups = map(metadata.row_group, range(metadata.num_row_groups))
    return {name for group in groups for name in group.column(at).encodings}


def values(column: Any, clean: Callable[[str], str] = str) -> list[Any]:
    """The cells of an Arrow column; equal texts share one object.

    Args:
        column: An array or a chunked array.
        clean: Applied to each distinct text.

    Raises:
        UnicodeDecodeError: If a text is not UTF-8.
    """
    import pyarrow as pa

    if isinstance(column, pa.ChunkedArray):
        return [cell for chunk in column.chunks for cell in values(chunk, clean)]
    if isinstance(column, pa.DictionaryArray):
        # A batch carries the dictionary of the whole file: keep the texts that occur.
        used = column.indices.unique().drop_null()
        words = map(_text, column.dictionary.take(used).to_pylist())
        cleaned = [clean(word) if isinstance(word, str) else word for word in words]
        words = dict(zip(used.to_pylist(), cleaned, strict=True))
        return [None if at is None else words[at] for at in column.indices.to_pylist()]
    if isinstance(column, pa.ListArray) and isinstance(column.values, pa.DictionaryArray):
        inner, ends = values(column.flatten(), clean), column.value_lengths().to_pylist()
        cells, start = [], 0
        for length in ends:
            cells.append(None if length is None else inner[start : start + length])
            start += length or 0
        return cells
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        return [_text(cell) for cell in column.to_pylist()]
    return column.to_pylist()


def _text(cell: Any) -> Any:
    """A cell; bytes as text if they are UTF-8, which many writers do not declare."""
    if not isinstance(cell, bytes):
        return cell
    try:
        return cell.decode()
    except UnicodeDecodeError:
        return cell
