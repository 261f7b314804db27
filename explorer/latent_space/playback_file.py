"""The Parquet form of a playback: a row per sentence, a list of positions along each axis."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, Int32

from explorer.config import MAX_POINTS
from explorer.system import bounded_parquet, parquet_files

FORMAT = 1
TIMES: dict[str, type] = {"step": np.int64, "epoch": np.float32, "beta": np.float32}
BY_SNAPSHOT: dict[str, type] = {**TIMES, "share": np.float32, "variance": np.float32}
"""Columns with one number per snapshot, and their types."""


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
        xy: Positions at each snapshot.
        reconstruction: Reconstructions at each snapshot, by row.
        meta: JSON values.
    """
    schema = _schema(len(xy))
    values: dict[str, Any] = {"row": row, "split": list(split)}
    for axis, name in enumerate("xy"):
        values[name] = parquet_files.lists(xy[:, :, axis].T, schema.field(name).type)
    values["reconstruction"] = [reconstruction.get(item) for item in row.tolist()]
    parquet_files.write(_KIND, path, values, schema, meta, use_dictionary=["split"])


def read(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Reads what `write` wrote.

    Returns:
        The columns `row`, `split`, `xy` and `reconstruction`, and the description.

    Raises:
        ExplorerError: If the file is missing, truncated, altered, or another kind of file.
    """
    columns, meta = parquet_files.read(_KIND, path, _column)
    columns["xy"] = np.stack([columns.pop(axis).T for axis in "xy"], axis=2)
    texts = zip(columns["row"].tolist(), columns["reconstruction"], strict=True)
    columns["reconstruction"] = {row: words for row, words in texts if words is not None}
    return columns, meta


def _schema(snapshots: int) -> Any:
    import pyarrow as pa

    positions = pa.list_(pa.float16(), snapshots)
    return pa.schema(
        {
            "row": pa.int32(),
            "split": pa.string(),
            "x": positions,
            "y": positions,
            "reconstruction": pa.list_(pa.string()),
        }
    )


_KIND = parquet_files.Kind("a playback", "explorer train RUN", FORMAT, _schema, "x", MAX_POINTS)


def _column(name: str, column: Any) -> Any:
    """A column whose type was checked, as a `Playback` has it."""
    if name in "xy":
        return parquet_files.array(name, column)
    if name == "reconstruction":
        texts = bounded_parquet.values(column)
        if any(words is not None and None in words for words in texts):
            raise parquet_files.empty(name)
        return texts
    column = parquet_files.filled(name, column)
    return column.to_numpy() if name == "row" else bounded_parquet.values(column)
