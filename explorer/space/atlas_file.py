"""The Parquet form of an atlas: its columns, its description, and what counts as damaged."""

import io
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from explorer.errors import ExplorerError

FORMAT = 1
_KEY = b"explorer"


def write(path: Path, columns: Mapping[str, Any], meta: Mapping[str, Any]) -> None:
    """Writes columns and description to one file, all or nothing.

    Args:
        path: The file, in a folder that exists.
        columns: The columns of an `Atlas`.
        meta: JSON values.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _schema(columns["mean"].shape[1])
    values = dict(columns)
    xy = values.pop("xy")
    values["projection_x"], values["projection_y"] = xy[:, 0].copy(), xy[:, 1].copy()
    if values["label"] is None:
        values["label"] = [None] * len(values["row"])
    for name in ("mean", "scale"):
        half = pa.array(values[name].astype(np.float16).ravel())
        values[name] = pa.FixedSizeListArray.from_arrays(half, type=schema.field(name).type)
    text = json.dumps({"format": FORMAT, **meta}, ensure_ascii=False, allow_nan=False)
    table = pa.table(
        {name: values[name] for name in schema.names}, schema.with_metadata({_KEY: text.encode()})
    )
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", write_page_checksum=True)
    _replace(path, buffer.getvalue())


def read(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Reads what `write` wrote.

    Returns:
        The columns (`label` is None where it has no entry), and the description.

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
        raise ExplorerError(f"{path} is missing: `explorer atlas RUN` makes it") from None
    except (pa.ArrowException, OSError) as error:
        reason = str(error).strip().split("\n")[0]
        raise ExplorerError(f"{path} is damaged or is not Parquet: {reason}") from None
    except ExplorerError as error:
        raise ExplorerError(f"{path} is not an atlas of this version: {error}") from None


def _schema(latent_dim: int) -> Any:
    import pyarrow as pa

    latent = pa.list_(pa.float16(), latent_dim)
    return pa.schema(
        {
            "row": pa.int32(),
            "split": pa.string(),
            "label": pa.string(),
            "mean": latent,
            "scale": latent,
            "tokens": pa.int16(),
            "distortion": pa.float32(),
            "rate": pa.float32(),
            "projection_x": pa.float32(),
            "projection_y": pa.float32(),
            "cluster": pa.int32(),
            "reconstruction": pa.string(),
        }
    )


def _check(schema: Any) -> None:
    mean = schema.field("mean").type if "mean" in schema.names else None
    width = getattr(mean, "list_size", 1)
    expected = _schema(width)
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
    """Columns of a table whose schema was checked, as an `Atlas` has them."""
    columns: dict[str, Any] = {}
    for name in table.column_names:
        column = table.column(name).combine_chunks()
        if name != "label" and column.null_count:
            raise ExplorerError(f"the column {name!r} has empty cells")
        if name in ("mean", "scale"):
            values = column.flatten()
            if values.null_count:
                raise ExplorerError(f"the column {name!r} has empty cells")
            width = column.type.list_size
            columns[name] = values.to_numpy(zero_copy_only=False).reshape(-1, width)
        elif name in ("split", "label", "reconstruction"):
            columns[name] = column.to_pylist()
        else:
            columns[name] = column.to_numpy(zero_copy_only=False)
    if table.column("label").null_count == len(table):
        columns["label"] = None
    columns["xy"] = np.stack([columns.pop("projection_x"), columns.pop("projection_y")], axis=1)
    return columns


def _replace(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
