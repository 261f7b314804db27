"""Dense regions of the map at several zoom levels, named by the words inside."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from explorer.latent_space import map_quality
from explorer.latent_space.cluster_names import Namer, share_named
from explorer.latent_space.random_rows import draw, of_rows

# Regions per zoom level, coarse to fine: what a screen can label at 1×, 2–3× and 6×.
_WANTED = (12, 40, 120)
_POINTS = (100, 60, 40)  # minimum mean size of a region: a small corpus gets fewer regions
_LEAST_POINTS = 12  # a smaller group is an artefact of the layout
_CRUMBS = 0.1  # of the points: if more lie outside regions, the blur is too narrow
_LEAST_STEP = 1.5  # times as many regions as the level before, or the level is skipped
_LEAST_SHARE = 0.1  # of the mean size of a region: smaller ones show at finer levels only
_CELLS = 320  # cells along the longer side of the map
_BLUR = (1.0, 40.0)  # narrowest and widest kernel, cells
_CHECKED = 50_000  # random sample of the texts, on which the names are measured
_FAINTEST = 0.08  # of a region's peak density: less dense positions belong to no region


@dataclass(frozen=True, slots=True)
class ClusterName:
    """A named region of the map; its label is at (x, y), its densest point."""

    id: int
    name: str
    x: float
    y: float
    size: int
    parent: int = -1
    """The region of the next coarser level it belongs to; −1 for none."""


@dataclass(frozen=True, slots=True)
class Clusters:
    """Nested regions of a map."""

    cluster: Int[np.ndarray, " n"]
    """Region of every point at the finest level; −1 for none."""
    levels: list[list[ClusterName]]
    """Coarse to fine; the id of a region is its index in its level, largest first."""


def clusters(
    xy: Float[np.ndarray, "n 2"],
    texts: Sequence[str],
    has_order: bool = True,
    quoted: Sequence[str] | None = None,
) -> Clusters:
    """The modes of the map's density at up to three zoom levels, with names.

    The density is a histogram blurred by a Gaussian; every position belongs to the mode that
    steepest ascent leads to. The blur is chosen so that about 12, 40 and 120 regions come out
    (fewer for fewer points), so a map without islands is divided too: a region's middle
    is denser than its rim, but there need not be a gap around it. Coarser regions are unions
    of finer ones.

    Args:
        xy: Positions on the map.
        texts: One per point, for the names.
        has_order: See `Namer`.
        quoted: See `Namer`.
    """
    wanted = _wanted(len(xy))
    if not wanted:
        return Clusters(np.full(len(xy), -1, np.int32), [])
    grid = _Grid(xy)
    fine, blur = grid.regions(wanted[-1])
    assigned = [fine]
    blurs = [blur]
    for count in reversed(wanted[:-1]):
        region, blur = grid.regions(count)
        coarse = _by_size(_majority(assigned[0], region), count)
        if (coarse >= 0).any():  # few points: the wide blur may make no region
            assigned.insert(0, coarse)
            blurs.insert(0, blur)
    if not (fine >= 0).any():
        return Clusters(fine, [])
    namer = Namer(texts, has_order, quoted)
    levels: list[list[ClusterName]] = []
    above = np.full(len(xy), -1, np.int32)
    for region, blur in zip(assigned, blurs, strict=True):
        levels.append(_level(region, above, xy, grid.density(blur), namer.names(region)))
        above = region
    return Clusters(assigned[-1], levels)


def members(
    cluster: Int[np.ndarray, " n"], levels: Sequence[Sequence[ClusterName]], level: int
) -> Int[np.ndarray, " n"]:
    """The region of every point at a coarser level, from those at the finest."""
    region = cluster
    for finer in reversed(levels[level + 1 :]):
        parents = np.array([item.parent for item in finer] + [-1], np.int32)
        region = parents[region]  # −1 picks the last entry, which is −1
    return region


def region_metrics(
    mean: Float[np.ndarray, "n d"],
    xy: Float[np.ndarray, "n 2"],
    texts: Sequence[str],
    clusters: Clusters,
    seed: int = 0,
) -> dict[str, Any]:
    """How far the coarsest regions and their names can be trusted.

    Returns:
        `silhouette`, of the regions in latent space and on the map; `named`, the fraction of
        a sample of their members (`n` in all) whose text holds a part of the region's name.
        What cannot be measured is absent.
    """
    if not clusters.levels:
        return {}
    region = members(clusters.cluster, clusters.levels, 0)
    sample = draw(len(xy), _CHECKED, 0)
    own = of_rows(texts, sample)
    named = share_named(own, region[sample], [item.name for item in clusters.levels[0]])
    silhouette = map_quality.silhouettes(mean, xy, region, seed)
    metrics = {"silhouette": silhouette} if silhouette else {}
    return metrics | {"named": {"value": round(named, 4), "n": int((region[sample] >= 0).sum())}}


def _wanted(points: int) -> list[int]:
    if points < _LEAST_POINTS:
        return []
    counts: list[int] = []
    for wanted, each in zip(_WANTED, _POINTS, strict=True):
        count = max(1, min(wanted, points // each))
        if not counts or count >= _LEAST_STEP * counts[-1]:
            counts.append(count)
    return counts


def _level(
    region: Int[np.ndarray, " n"],
    above: Int[np.ndarray, " n"],
    xy: Float[np.ndarray, "n 2"],
    density: Float[np.ndarray, " n"],
    names: list[str],
) -> list[ClusterName]:
    regions = []
    for id_, name in enumerate(names):
        own = np.flatnonzero(region == id_)
        peak = own[density[own].argmax()]
        regions.append(
            ClusterName(
                id=id_,
                name=name,
                x=float(xy[peak, 0]),
                y=float(xy[peak, 1]),
                size=len(own),
                parent=int(above[own[0]]),
            )
        )
    return regions


def _by_size(region: Int[np.ndarray, " n"], wanted: int) -> Int[np.ndarray, " n"]:
    """Numbers regions 0, 1, … from the largest; those with too few points become −1."""
    ids, counts = np.unique(region[region >= 0], return_counts=True)
    is_large = counts >= max(_LEAST_POINTS, _LEAST_SHARE * len(region) / wanted)
    ids, counts = ids[is_large], counts[is_large]
    new = np.full(int(region.max(initial=-1)) + 2, -1, np.int32)
    new[ids[np.argsort(-counts, kind="stable")]] = np.arange(len(ids))
    return new[region]


def _majority(fine: Int[np.ndarray, " n"], coarse: Int[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
    """Assigns all points of a fine region to the coarse region of most of them."""
    result = np.full_like(fine, -1)
    for id_ in range(int(fine.max(initial=-1)) + 1):
        own = fine == id_
        inside = coarse[own]
        inside = inside[inside >= 0]
        if len(inside):
            result[own] = np.bincount(inside).argmax()
    return result


class _Grid:
    """The points of a map counted in square cells."""

    def __init__(self, xy: Float[np.ndarray, "n 2"]) -> None:
        xy = xy.astype(np.float64)
        low = xy.min(axis=0)
        side = float(np.ptp(xy, axis=0).max()) or 1.0
        # A rim as wide as the widest kernel prevents leaks of density over the edge.
        rim = int(_BLUR[1])
        self._position = (xy - low) / side * (_CELLS - 1)
        cells = np.floor(self._position).astype(np.int64) + rim
        self._width = _CELLS + 2 * rim
        self._cell = cells[:, 1] * self._width + cells[:, 0]
        counts = np.bincount(self._cell, minlength=self._width**2)
        self._counts = counts.reshape(self._width, self._width).astype(np.float32)

    def _blurred(self, blur: float) -> Float[np.ndarray, "height width"]:
        from scipy.ndimage import gaussian_filter

        return gaussian_filter(self._counts, blur, mode="constant", truncate=3.0)

    def density(self, blur: float) -> Float[np.ndarray, " n"]:
        """Density at every point."""
        return self._blurred(blur).ravel()[self._cell]

    def regions(self, count: int) -> tuple[Int[np.ndarray, " n"], float]:
        """Splits the map into about `count` regions; also returns the blur that does it."""
        low, high = np.log(_BLUR)
        best: tuple[tuple[bool, int], Int[np.ndarray, " n"], float] | None = None
        for _ in range(9):
            middle = float(np.exp((low + high) / 2))
            basin = self._ascend(middle)
            region = _by_size(basin, count)
            num_regions = int(region.max(initial=-1)) + 1
            lone = (basin >= 0) & (region < 0)
            # Too narrow a blur crumbles regions into groups too small to count.
            crumbled = bool(lone.mean() > _CRUMBS)
            worth = (crumbled, abs(num_regions - count))
            if best is None or worth < best[0]:
                best = (worth, self._adopt(region, lone, middle), middle)
            if num_regions == count and not crumbled:
                break
            low, high = (
                (np.log(middle), high)
                if num_regions > count or crumbled
                else (low, np.log(middle))
            )
        assert best is not None
        return best[1], best[2]

    def _adopt(
        self, region: Int[np.ndarray, " n"], lone: Bool[np.ndarray, " n"], blur: float
    ) -> Int[np.ndarray, " n"]:
        """Assigns the points of groups too small for a region to an adjacent one."""
        from scipy.spatial import KDTree

        inside = np.flatnonzero(region >= 0)
        if not len(inside) or not lone.any():
            return region
        distance, at = KDTree(self._position[inside]).query(self._position[lone])
        region[lone] = np.where(distance <= blur, region[inside[at]], -1)
        return region

    def _ascend(self, blur: float) -> Int[np.ndarray, " n"]:
        """The mode that steepest ascent from every point leads to, −1 where density is low."""
        height = self._blurred(blur)
        highest = height.copy()
        target = np.arange(height.size).reshape(height.shape)
        cells = target.copy()
        inner = (slice(1, -1), slice(1, -1))
        for down in (-1, 0, 1):
            for right in (-1, 0, 1):
                beside = np.roll(height, (-down, -right), axis=(0, 1))
                higher = beside[inner] > highest[inner]
                highest[inner][higher] = beside[inner][higher]
                step = np.roll(cells, (-down, -right), axis=(0, 1))
                target[inner][higher] = step[inner][higher]
        peak = target.ravel()
        while not np.array_equal(further := peak[peak], peak):
            peak = further
        flat = height.ravel()
        own = peak[self._cell]
        thin = flat[self._cell] < _FAINTEST * flat[own]
        _, region = np.unique(own, return_inverse=True)
        return np.where(thin, -1, region).astype(np.int32)
