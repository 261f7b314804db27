"""The Parquet form of an atlas: its columns and its description."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from explorer.config import MAX_POINTS
from explorer.system import bounded_parquet, parquet_files

FORMAT = 1


def write(path: Path, columns: Mapping[str, Any], meta: Mapping[str, Any]) -> None:
    """Writes columns and description to one file, all or nothing.

    Args:
        path: The file, in a folder that exists.
        columns: The columns of an `Atlas`.
        meta: JSON values.
    """
    values = {name: column for name, column in columns.items() if column is not None}
    schema = parquet_files.with_text(_schema(columns["mean"].shape[1]), _KIND, list(values))
    xy = values.pop("xy")
    values["projection_x"], values["projection_y"] = xy[:, 0].copy(), xy[:, 1].copy()
    values.setdefault("label", [None] * len(values["row"]))
    for name in ("mean", "scale"):
        values[name] = parquet_files.lists(values[name], schema.field(name).type)
    repeated = [name for name in schema.names if name not in ("mean", "scale")]
    parquet_files.write(_KIND, path, values, schema, meta, use_dictionary=repeated)


def read(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Reads what `write` wrote.

    Returns:
        The columns (`label` is None where it has no entry), and the description.

    Raises:
        ExplorerError: If the file is missing, truncated, altered, or another kind of file.
    """
    columns, meta = parquet_files.read(_KIND, path, _column)
    columns["xy"] = np.stack([columns.pop("projection_x"), columns.pop("projection_y")], axis=1)
    return columns, meta


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


_KIND = parquet_files.Kind(
    "an atlas", "explorer atlas RUN", FORMAT, _schema, "mean", MAX_POINTS, optional=("text",)
)


def _column(name: str, column: Any) -> Any:
    """A column whose type was checked, as an `Atlas` has it."""
    if name == "label":
        return None if column.null_count == len(column) else bounded_parquet.values(column)
    if name in ("mean", "scale"):
        return parquet_files.array(name, column)
    column = parquet_files.filled(name, column)
    if name in ("split", "reconstruction", "text"):
        return bounded_parquet.values(column)
    return column.to_numpy()
