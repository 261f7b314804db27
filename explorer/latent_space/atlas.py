"""The encoded corpus as a table with a row for each displayed sentence."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, Int16, Int32

from explorer.errors import ExplorerError
from explorer.latent_space import atlas_file
from explorer.latent_space.clusters import ClusterName, members
from explorer.latent_space.map_quality import MAP_MEASURES
from explorer.latent_space.neighbours import LatentIndex

_SPLITS = ("train", "valid", "test")


@dataclass(frozen=True, eq=False)
class Atlas:
    """The sentences of a map, column by column, in ascending order of corpus row."""

    row: Int32[np.ndarray, " n"]
    """Row of the corpus: the identity of a sentence."""
    split: list[str]
    label: list[str] | None
    mean: Float32[np.ndarray, "n d"]
    scale: Float32[np.ndarray, "n d"]
    """Standard deviations of the posterior; zeros for a model without noise."""
    tokens: Int16[np.ndarray, " n"]
    distortion: Float32[np.ndarray, " n"]
    """Nats per sentence."""
    rate: Float32[np.ndarray, " n"]
    """Nats per sentence."""
    xy: Float32[np.ndarray, "n 2"]
    cluster: Int32[np.ndarray, " n"]
    """Region at the finest level of `levels`; −1 for none."""
    reconstruction: list[str]
    """The model's reconstruction of each sentence."""
    text: list[str] | None = None
    """The sentences, where the terms of the corpus allow them to be in the file."""
    levels: list[list[ClusterName]] = field(default_factory=list)
    """Named regions, coarse to fine; a region's id is its index in its level."""
    total: int = 0
    """Sentences in the corpus the rows were drawn from."""
    corpus_name: str = ""
    corpus_checksum: str = ""
    projection: dict[str, Any] = field(default_factory=dict)
    """`Layout.meta`: method, settings, trustworthiness."""
    layout_is_noise: bool = False
    """Whether no latent dimension is active, so that the map shows noise."""

    @classmethod
    def load(cls, path: Path) -> "Atlas":
        """Reads `atlas.parquet`; reading executes nothing.

        Raises:
            ExplorerError: If the file is missing, truncated, altered, or not an atlas.
        """
        columns, meta = atlas_file.read(path)
        try:
            return from_arrays(**columns, **_meta(meta))
        except ExplorerError as error:
            raise ExplorerError(f"{path} is not an atlas of this version: {error}") from None

    def save(self, path: Path) -> None:
        """Writes `atlas.parquet` atomically: a reader sees the old file or the new one.

        Means and scales are rounded to half precision (three digits).
        """
        columns = {name: getattr(self, name) for name in (*_REQUIRED, "label", "text")}
        meta = {
            "levels": [[dataclasses.asdict(item) for item in level] for level in self.levels],
            "total": self.total,
            "corpus": {"name": self.corpus_name, "checksum": self.corpus_checksum},
            "projection": self.projection,
            "layout_is_noise": self.layout_is_noise,
        }
        atlas_file.write(path, columns, meta)

    def __len__(self) -> int:
        return len(self.row)

    @property
    def latent_dim(self) -> int:
        """Dimensions of the latent space."""
        return self.mean.shape[1]

    @cached_property
    def index(self) -> LatentIndex:
        """Finds the sentences nearest to a latent point."""
        return LatentIndex(self.mean)

    def regions(self, level: int) -> Int32[np.ndarray, " n"]:
        """The region of every sentence at a zoom level; −1 for none."""
        return members(self.cluster, self.levels, level)


def from_arrays(**columns: Any) -> Atlas:
    """Builds an atlas from arrays of any precision, sequences of strings and the other fields.

    Raises:
        ExplorerError: If columns are missing or of unequal length, values are not finite, do not
            fit the file's half precision, or a region does not exist.
    """
    for name, kind in _ARRAYS.items():
        if name in columns:
            columns[name] = _array(name, columns[name], kind)
    for name in ("split", "reconstruction"):
        columns[name] = list(columns.get(name, ()))
    for name in ("label", "text"):
        columns[name] = None if columns.get(name) is None else list(columns[name])
    missing = [item for item in _REQUIRED if item not in columns]
    if missing:
        raise ExplorerError(f"an atlas needs the column {missing[0]!r}")
    _check(columns)
    return Atlas(**columns)


_ARRAYS: dict[str, type] = {
    "row": np.int32,
    "mean": np.float32,
    "scale": np.float32,
    "tokens": np.int16,
    "distortion": np.float32,
    "rate": np.float32,
    "xy": np.float32,
    "cluster": np.int32,
}
_REQUIRED = [
    item.name
    for item in dataclasses.fields(Atlas)
    if item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING
]


def _array(name: str, values: Any, kind: type) -> np.ndarray:
    given = np.asarray(values)
    if given.dtype.kind not in ("iu" if np.issubdtype(kind, np.integer) else "iuf"):
        raise ExplorerError(f"the column {name!r} holds {given.dtype}, not {kind.__name__}")
    if np.issubdtype(kind, np.integer):
        low, high = np.iinfo(kind).min, np.iinfo(kind).max
        if given.size and (given.min() < low or given.max() > high):
            raise ExplorerError(f"the column {name!r} holds a number outside {low}…{high}")
    elif not np.isfinite(given).all():
        raise ExplorerError(f"the column {name!r} holds a value that is not finite")
    return given.astype(kind, copy=False)


def _check(columns: Mapping[str, Any]) -> None:
    count = len(columns["row"])
    if count == 0:
        raise ExplorerError("it holds no sentence")
    for name in (*_REQUIRED, "text"):
        if columns[name] is not None and len(columns[name]) != count:
            raise ExplorerError(f"{name!r} has {len(columns[name])} entries, 'row' has {count}")
    for name in ("split", "label", "reconstruction", "text"):
        if any(not isinstance(value, str) for value in columns[name] or ()):
            raise ExplorerError(f"the column {name!r} holds something that is not text")
    unknown = sorted(set(columns["split"]) - set(_SPLITS))
    if unknown:
        raise ExplorerError(f"the column 'split' holds {unknown[0]!r}")
    mean, scale = columns["mean"], columns["scale"]
    if mean.ndim != 2 or mean.shape != scale.shape or mean.shape[1] == 0:
        raise ExplorerError(f"'mean' {mean.shape} and 'scale' {scale.shape} do not fit together")
    largest = float(np.finfo(np.float16).max)
    for name in ("mean", "scale"):
        if np.abs(columns[name]).max() > largest:
            raise ExplorerError(f"the column {name!r} holds a value beyond ±{largest:.0f}")
    if scale.min() < 0:
        raise ExplorerError("the column 'scale' holds a negative value")
    if columns["xy"].shape != (count, 2):
        raise ExplorerError(f"'xy' is {columns['xy'].shape}, not ({count}, 2)")
    if columns["row"][0] < 0 or (np.diff(columns["row"]) <= 0).any():
        raise ExplorerError("the column 'row' is not in ascending order")
    if columns["row"][-1] >= columns.get("total", 0):
        raise ExplorerError("the column 'row' goes beyond the corpus")
    _check_levels(columns["cluster"], columns.get("levels", []))


def _check_levels(
    cluster: Int32[np.ndarray, " n"], levels: Sequence[Sequence[ClusterName]]
) -> None:
    finest = len(levels[-1]) if levels else 0
    if cluster.min() < -1 or cluster.max() >= finest:
        raise ExplorerError(f"the column 'cluster' goes beyond its {finest} regions")
    coarser = 0
    for level in levels:
        if [item.id for item in level] != list(range(len(level))):
            raise ExplorerError("the regions are not numbered in order")
        if any(not -1 <= item.parent < coarser for item in level):
            raise ExplorerError("a region belongs to one that does not exist")
        coarser = len(level)
    for number, level in enumerate(levels):
        if len(np.setdiff1d(np.arange(len(level)), members(cluster, levels, number))):
            raise ExplorerError("a region has no sentence")


def _meta(meta: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that are not columns."""
    try:
        values = {
            "levels": [[ClusterName(**item) for item in level] for level in meta["levels"]],
            "total": meta["total"],
            "corpus_name": meta["corpus"]["name"],
            "corpus_checksum": meta["corpus"]["checksum"],
            "projection": meta["projection"],
            "layout_is_noise": meta["layout_is_noise"],
        }
    except (KeyError, TypeError):
        raise ExplorerError("its description is missing or malformed") from None
    for name, kind in _META.items():
        if type(values[name]) is not kind:
            raise ExplorerError(f"its description says {name!r} is {values[name]!r}")
    for item in (item for level in values["levels"] for item in level):
        if not all(type(getattr(item, name)) in kinds for name, kinds in _REGION.items()):
            raise ExplorerError(f"its description holds a malformed region: {item!r:.80}")
        if not (np.isfinite(item.x) and np.isfinite(item.y)):
            raise ExplorerError(f"the region {item.name!r} has no finite position")
    for name, item in MAP_MEASURES.items():
        entry = values["projection"].get(name)
        if entry and not item.is_valid(entry):
            raise ExplorerError(f"its description says that {name} is {entry!r:.40}")
    return values


_META: dict[str, type] = {
    "levels": list,
    "total": int,
    "corpus_name": str,
    "corpus_checksum": str,
    "projection": dict,
    "layout_is_noise": bool,
}
_REGION: dict[str, tuple[type, ...]] = {
    "id": (int,),
    "name": (str,),
    "x": (float,),
    "y": (float,),
    "size": (int,),
    "parent": (int,),
}
