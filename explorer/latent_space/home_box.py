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
        islands: A position in the middle of each group of points that was left out.
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
        x, y = np.median(xy[island], axis=0).tolist()
        islands.append((x, y))
    (left, bottom), (right, top) = xy[inside].min(axis=0).tolist(), xy[inside].max(axis=0).tolist()
    return HomeBox(left, right, bottom, top, tuple(islands))


def _farthest(
    xy: Float[np.ndarray, "n 2"], inside: Bool[np.ndarray, " n"], most: int
) -> np.ndarray | None:
    """Rows of the island of at most `most` points beyond the widest band; None without any."""
    rows, best, island = np.flatnonzero(inside), MIN_GAP, None
    if most < 1:
        return None
    for side in (xy[rows, 0], -xy[rows, 0], xy[rows, 1], -xy[rows, 1]):
        order = np.argsort(side, kind="stable")
        ends, outermost = side[order[: most + 1]], side[order[-1]]
        rest = outermost - ends[1:]
        gap = np.where(rest > 0, np.diff(ends) / np.maximum(rest, 1e-12), 0)
        if gap.max() > best:
            best, count = float(gap.max()), int(gap.argmax()) + 1
            island = rows[order[:count]]
    return island
