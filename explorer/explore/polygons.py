"""Polygons drawn on a map: which points are inside one, and fewer corners for the same shape."""

import numpy as np
from jaxtyping import Bool, Float

MAX_CORNERS = 40
"""Of a polygon in a link."""

_FINENESS = 2000
"""Corners are rounded to this fraction of the polygon's larger side."""

_FLAT = 1e-4
"""A corner is dropped if its triangle has at most this fraction of the bounding box."""


def inside(
    xy: Float[np.ndarray, "n 2"], corners: Float[np.ndarray, "corners 2"]
) -> Bool[np.ndarray, " n"]:
    """Whether each point is inside a polygon, by the even–odd rule.

    Where the outline crosses itself, what is enclosed twice is outside. Of two polygons with a
    common edge, a point on it is in exactly one.
    """
    points = xy.astype(np.float64)
    within = np.zeros(len(points), bool)
    low, high = corners.min(axis=0), corners.max(axis=0)
    near = np.flatnonzero(((points >= low) & (points <= high)).all(axis=1))
    x, y = points[near].T
    result = np.zeros(len(near), bool)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if y0 == y1:
            continue
        crosses = (y0 > y) != (y1 > y)
        result ^= crosses & (x < x0 + (y - y0) * ((x1 - x0) / (y1 - y0)))
    within[near] = result
    return within


def simplified(
    points: Float[np.ndarray, "n 2"], most: int = MAX_CORNERS
) -> Float[np.ndarray, "corners 2"]:
    """The polygon with at most so many corners, rounded to a two-thousandth of its size.

    The corner that spans the smallest triangle with its neighbours goes first.

    Source:
        Visvalingam & Whyatt (1993), Line generalisation by repeated elimination of points.
    """
    corners = np.asarray(points, np.float64)
    smallest = _FLAT * float(np.prod(np.ptp(corners, axis=0)))
    while len(corners) > 3:
        areas = _triangles(corners)
        least = int(areas.argmin())
        if len(corners) <= most and areas[least] > smallest:
            break
        corners = np.delete(corners, least, axis=0)
    return _rounded(corners)


def _triangles(corners: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, " n"]:
    """The area that each corner spans with its two neighbours."""
    before = np.roll(corners, 1, axis=0) - corners
    after = np.roll(corners, -1, axis=0) - corners
    return np.abs(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]) / 2


def _rounded(corners: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 2"]:
    """To the decimals that the size of the polygon needs, and no more: links are short."""
    size = float(np.ptp(corners, axis=0).max())
    decimals = int(np.ceil(np.log10(_FINENESS / size))) if size > 0 else 9
    return np.round(corners, min(max(decimals, 0), 9))
