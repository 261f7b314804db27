"""The first view of a map: all of its points, without small islands far from the others."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

MAX_LEFT_OUT = 0.03
"""Fraction of the points that islands may hold together."""
MIN_POINTS = 500
"""On a map of fewer points each one counts: it is shown whole."""
MIN_GAP = 0.2
"""Width of the empty band before an island, in extents of the points that remain."""
MIN_GAIN = 1.1
"""Where a window would be filled by less than this factor better, it shows all points."""


@dataclass(frozen=True)
class HomeBox:
    """The box that the first view shows.

    Attributes:
        islands: Of each group of points that was left out, one near its middle.
    """

    left: float
    right: float
    bottom: float
    top: float
    islands: tuple[tuple[float, float], ...] = ()


def home_box(xy: Float[np.ndarray, "n 2"]) -> HomeBox:
    """The box of the points that remain without islands.

    An island lies beyond an empty band across the whole map. A percentile would cut the rim off
    every map; a compact one has no such band, and stays whole.
    """
    if not len(xy):
        return HomeBox(-1.0, 1.0, -1.0, 1.0)
    inside = np.ones(len(xy), bool)
    budget = int(MAX_LEFT_OUT * len(xy)) if len(xy) >= MIN_POINTS else 0
    islands: list[tuple[float, float]] = []
    while (island := _farthest(xy, inside, budget - int((~inside).sum()))) is not None:
        inside[island] = False
        distances = np.abs(xy[island] - np.median(xy[island], axis=0)).sum(axis=1)
        x, y = xy[island[distances.argmin()]].tolist()
        islands.append((x, y))
    (left, bottom), (right, top) = xy[inside].min(axis=0).tolist(), xy[inside].max(axis=0).tolist()
    return HomeBox(left, right, bottom, top, tuple(islands))


def _farthest(
    xy: Float[np.ndarray, "n 2"], inside: Bool[np.ndarray, " n"], max_points: int
) -> np.ndarray | None:
    """Rows of at most `max_points` points beyond the widest empty band; None without one."""
    rows, best, island = np.flatnonzero(inside), MIN_GAP, None
    if max_points < 1:
        return None
    for side in (xy[rows, 0], -xy[rows, 0], xy[rows, 1], -xy[rows, 1]):
        order = np.argpartition(side, max_points)[: max_points + 1]
        order = order[np.argsort(side[order], kind="stable")]
        ends = side[order]
        rest = side.max() - ends[1:]
        gap = np.where(rest > 0, np.diff(ends) / np.maximum(rest, 1e-12), 0)
        if gap.max() > best:
            best, count = float(gap.max()), int(gap.argmax()) + 1
            island = rows[order[:count]]
    return island
