"""The Parquet form of a playback: a row a sentence, its places as one list along each axis."""

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, Int32

from explorer.errors import ExplorerError
from explorer.training import folder as folders

FORMAT = 1
TIMES: dict[str, type] = {"step": np.int64, "epoch": np.float32, "beta": np.float32}
BY_SNAPSHOT: dict[str, type] = {**TIMES, "share": np.float32, "variance": np.float32}
"""What each snapshot has one number of, and of which kind."""

_KEY = b"explorer"


def write(
    path: Path,
    row: Int32[np.ndarray, " n"],
    split: Sequence[str],
    xy: Float32[np.ndarray, "s n 2"],
    reconstruction: Mapping[int, Sequence[str]],
    meta: Mapping[str, Any],
) -> None:
    """Writes columns and description to one file, all or nothing.

    Args:
        path: The file.
        row: Row of the corpus of each sentence.
        split: Split of each sentence.
        xy: Places at each snapshot.
        reconstruction: The model's words at each snapshot, by row.
        meta: JSON values.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _schema(len(xy))
    values: dict[str, Any] = {"row": row, "split": list(split)}
    for axis, name in enumerate("xy"):
        half = pa.array(xy[:, :, axis].T.astype(np.float16).ravel())
        values[name] = pa.FixedSizeListArray.from_arrays(half, type=schema.field(name).type)
    values["reconstruction"] = [reconstruction.get(item) for item in row.tolist()]
    text = json.dumps({"format": FORMAT, **meta}, ensure_ascii=False, allow_nan=False)
    table = pa.table(values, schema.with_metadata({_KEY: text.encode()}))
    buffer = io.BytesIO()
    options: dict[str, Any] = {"compression": "zstd", "write_page_checksum": True}
    options["use_dictionary"] = ["split"]
    # The high bytes of neighbouring values are alike: apart from the low ones they compress.
    options["use_byte_stream_split"] = [f"{name}.list.element" for name in "xy"]
    pq.write_table(table, buffer, **options)
    folders.write(path, lambda file: file.write(buffer.getvalue()))


def read(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Reads what `write` wrote.

    Returns:
        The columns `row`, `split`, `xy` and `reconstruction`, and the description.

    Raises:
        ExplorerError: If the file is missing, truncated, altered, or another kind of file.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            meta = _description(file.schema_arrow.metadata)
            _check(file.schema_arrow)
            table = file.read()
        table.validate(full=True)
        return _columns(table), meta
    except FileNotFoundError:
        raise ExplorerError(f"{path} is missing: `explorer train RUN` makes it") from None
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        reason = str(error).strip().split("\n")[0]
        raise ExplorerError(f"{path} is damaged or is not Parquet: {reason}") from None
    except ExplorerError as error:
        raise ExplorerError(f"{path} is not a playback of this version: {error}") from None


def _schema(snapshots: int) -> Any:
    import pyarrow as pa

    places = pa.list_(pa.float16(), snapshots)
    return pa.schema(
        {
            "row": pa.int32(),
            "split": pa.string(),
            "x": places,
            "y": places,
            "reconstruction": pa.list_(pa.string()),
        }
    )


def _check(schema: Any) -> None:
    places = schema.field("x").type if "x" in schema.names else None
    expected = _schema(getattr(places, "list_size", 1))
    if schema.names != expected.names:
        raise ExplorerError(f"its columns are {', '.join(schema.names)[:200]}")
    for name in expected.names:
        own, wanted = schema.field(name).type, expected.field(name).type
        if own != wanted:
            raise ExplorerError(f"the column {name!r} holds {own}, not {wanted}")


def _description(metadata: Mapping[bytes, bytes] | None) -> dict[str, Any]:
    try:
        meta = json.loads((metadata or {})[_KEY])
        version = meta.pop("format")
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError):
        raise ExplorerError("its description is missing or malformed") from None
    if version != FORMAT:
        raise ExplorerError(f"its format is {version!r}, expected {FORMAT}")
    return meta


def _columns(table: Any) -> dict[str, Any]:
    """Columns of a table whose schema was checked, as a `Playback` has them."""
    columns = {name: table.column(name).combine_chunks() for name in table.column_names}
    for name in ("row", "split", "x", "y"):
        if columns[name].null_count:
            raise ExplorerError(f"the column {name!r} has empty cells")
    places = []
    for name in "xy":
        flat = columns[name].flatten()
        if flat.null_count:
            raise ExplorerError(f"the column {name!r} has empty cells")
        values = flat.to_numpy(zero_copy_only=False).astype(np.float32)
        places.append(values.reshape(len(table), columns[name].type.list_size).T)
    row = columns["row"].to_numpy(zero_copy_only=False)
    told = dict(zip(row.tolist(), columns["reconstruction"].to_pylist(), strict=True))
    if any(words is not None and None in words for words in told.values()):
        raise ExplorerError("the column 'reconstruction' has empty cells")
    return {
        "row": row,
        "split": columns["split"].to_pylist(),
        "xy": np.stack(places, axis=2),
        "reconstruction": {item: words for item, words in told.items() if words is not None},
    }
