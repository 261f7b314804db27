"""Parquet files with a fixed schema and a JSON description, as of atlas and playback."""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explorer.errors import ExplorerError, first_line
from explorer.system import atomic_files, bounded_parquet

_KEY = b"explorer"

_MOST_VALUES = 2**28
"""Maximum values in all columns: 150,000 sentences in 768 dimensions, a gigabyte."""


@dataclass(frozen=True)
class Kind:
    """A kind of file."""

    name: str
    """Name with its article, for messages."""
    maker: str
    """Command that writes such a file."""
    version: int
    schema: Callable[[int], Any]
    """From the width of its fixed-size lists to its schema."""
    sized: str
    """A column of fixed-size lists."""
    most_rows: int
    """Maximum rows, checked before any is read."""
    optional: tuple[str, ...] = ()
    """Columns of text that may follow those of the schema."""


def write(
    kind: Kind,
    path: Path,
    values: Mapping[str, Any],
    schema: Any,
    meta: Mapping[str, Any],
    use_dictionary: list[str],
) -> None:
    """Writes columns and description to one file, atomically.

    Args:
        kind: Of the file.
        path: The file, in a folder that exists.
        values: A column for each name of the schema.
        schema: From `kind.schema`.
        meta: JSON values.
        use_dictionary: Columns whose values repeat.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    text = json.dumps({"format": kind.version, **meta}, ensure_ascii=False, allow_nan=False)
    columns = {name: values[name] for name in schema.names}
    table = pa.table(columns, schema.with_metadata({_KEY: text.encode()}))
    buffer = io.BytesIO()
    # The high bytes of neighbouring values are alike: stored apart, they compress.
    lists = [item.name for item in schema if pa.types.is_fixed_size_list(item.type)]
    options: dict[str, Any] = {
        "use_dictionary": use_dictionary,
        "use_byte_stream_split": [f"{name}.list.element" for name in lists],
    }
    pq.write_table(table, buffer, compression="zstd", write_page_checksum=True, **options)
    atomic_files.write(path, lambda file: file.write(buffer.getvalue()))


def read(
    kind: Kind, path: Path, convert: Callable[[str, Any], Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Reads what `write` wrote, column by column: no second copy of the whole is ever in memory.

    Args:
        kind: Of the file.
        path: The file.
        convert: From the name of a column and its Arrow values, whose type was checked, to the
            value that is returned.

    Returns:
        The converted columns by name, and the description.

    Raises:
        ExplorerError: If the file is missing, truncated, altered, or another kind of file.
    """
    import pyarrow as pa

    meta: dict[str, Any] = {}

    def check(file: Any) -> None:
        meta.update(_description(file.schema_arrow.metadata, kind.version))
        _check(file.schema_arrow, kind)
        _check_size(file.metadata, kind.most_rows)

    try:
        values = {}
        with bounded_parquet.opened(path, check) as file:
            for name in file.schema_arrow.names:
                values[name] = convert(name, bounded_parquet.column(file, name))
                pa.default_memory_pool().release_unused()  # Arrow keeps what it freed
        return values, meta
    except FileNotFoundError:
        raise ExplorerError(f"{path} is missing: create it with `{kind.maker}`") from None
    except (pa.ArrowException, OSError, UnicodeDecodeError, IndexError) as error:
        raise ExplorerError(f"{path} is damaged or is not Parquet: {first_line(error)}") from None
    except ExplorerError as error:
        raise ExplorerError(f"{path} is not {kind.name} of this version: {error}") from None


def with_text(schema: Any, kind: Kind, names: Sequence[str]) -> Any:
    """A schema with those optional columns of text that are among the names."""
    import pyarrow as pa

    for name in kind.optional:
        if name in names:
            schema = schema.append(pa.field(name, pa.string()))
    return schema


def lists(values: Any, type_: Any) -> Any:
    """The rows of an array as a column of fixed-size lists, in half precision."""
    import numpy as np
    import pyarrow as pa

    half = pa.array(values.astype(np.float16).ravel())
    return pa.FixedSizeListArray.from_arrays(half, type=type_)


def array(name: str, column: Any) -> Any:
    """A column of fixed-size lists as an array in single precision.

    Raises:
        ExplorerError: If a cell is empty.
    """
    import numpy as np

    column = filled(name, column).combine_chunks()
    flat = filled(name, column.flatten())
    values = flat.to_numpy(zero_copy_only=False).reshape(len(column), column.type.list_size)
    return values.astype(np.float32)


def filled(name: str, column: Any) -> Any:
    """The Arrow column itself, which has no empty cell.

    Raises:
        ExplorerError: If a cell is empty.
    """
    if column.null_count:
        raise empty(name)
    return column


def empty(name: str) -> ExplorerError:
    """The error for a column with missing values."""
    return ExplorerError(f"the column {name!r} has empty cells")


def _check(schema: Any, kind: Kind) -> None:
    lists = schema.field(kind.sized).type if kind.sized in schema.names else None
    expected = with_text(kind.schema(getattr(lists, "list_size", 1)), kind, schema.names)
    if schema.names != expected.names:
        raise ExplorerError(f"its columns are {', '.join(schema.names)[:200]}")
    for name in expected.names:
        own, wanted = schema.field(name).type, expected.field(name).type
        if own != wanted:
            raise ExplorerError(f"the column {name!r} contains {own}, not {wanted}")


def _check_size(metadata: Any, most_rows: int) -> None:
    if metadata.num_rows > most_rows:
        raise ExplorerError(f"it has {metadata.num_rows:,} rows, more than {most_rows:,}")
    groups = [metadata.row_group(at) for at in range(metadata.num_row_groups)]
    count = sum(group.column(at).num_values for group in groups for at in range(group.num_columns))
    if count > _MOST_VALUES:
        raise ExplorerError(f"it has {count:,} values, more than {_MOST_VALUES:,}")
    if not bounded_parquet.shares_texts(metadata):
        raise ExplorerError("its texts are not encoded as `explorer` encodes them")


def _description(metadata: Mapping[bytes, bytes] | None, expected: int) -> dict[str, Any]:
    try:
        meta = json.loads((metadata or {})[_KEY])
        version = meta.pop("format")
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError):
        raise ExplorerError("its description is missing or malformed") from None
    if version != expected:
        raise ExplorerError(f"its format is {version!r}, expected {expected}")
    return meta
