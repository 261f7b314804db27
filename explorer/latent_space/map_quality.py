"""How far a map can be trusted: its neighbours and its regions, beside those in latent space."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int

NEIGHBOURS = 15
_POINTS = 3000
"""Points that are asked for their neighbours, drawn evenly."""


def trustworthiness(
    mean: Float[np.ndarray, "n d"], xy: Float[np.ndarray, "n 2"], seed: int = 0
) -> tuple[float, int] | None:
    """Whether neighbours on the map are neighbours in latent space, on at most 3,000 points.

    Returns:
        The measure (1 is best, a random map about 0.5) with 15 neighbours, and the number of
        points it was measured on; None below 32 points, where it is not defined.

    Source:
        Venna and Kaski (2001), Neighborhood preservation in nonlinear projection methods.
    """
    from sklearn.manifold import trustworthiness as measure

    if len(mean) <= 2 * NEIGHBOURS + 1:
        return None
    rows = _drawn(len(mean), seed)
    return float(measure(mean[rows], xy[rows], n_neighbors=NEIGHBOURS)), len(rows)


def neighbour_recall(
    mean: Float[np.ndarray, "n d"], xy: Float[np.ndarray, "n 2"], seed: int = 0
) -> tuple[float, int] | None:
    """The fraction of the 15 nearest points in latent space that are among the 15 on the map.

    Returns:
        The mean over at most 3,000 points, whose neighbours are looked for among all points, and
        the number of those points; None below 32 points. A random map has 15 / (n − 1).
    """
    from sklearn.neighbors import NearestNeighbors

    if len(mean) <= 2 * NEIGHBOURS + 1:
        return None
    rows = _drawn(len(mean), seed)
    nearest = []
    for points in (mean, xy):
        index = NearestNeighbors(n_neighbors=NEIGHBOURS + 1).fit(points)
        rows_near = index.kneighbors(points[rows], return_distance=False)
        nearest.append(
            [
                _without(own, row)
                for own, row in zip(rows_near.tolist(), rows.tolist(), strict=True)
            ]
        )
    shared = [len(set(a) & set(b)) for a, b in zip(*nearest, strict=True)]
    return float(np.mean(shared)) / NEIGHBOURS, len(rows)


def silhouettes(
    mean: Float[np.ndarray, "n d"],
    xy: Float[np.ndarray, "n 2"],
    region: Int[np.ndarray, " n"],
    seed: int = 0,
) -> dict[str, Any]:
    """How well regions of the map are separated in latent space (`z`) and on the map (`map`).

    Args:
        mean: Latent points.
        xy: Their positions.
        region: Of each; −1 for none.
        seed: Of the draw of at most 3,000 points within regions, whose number is `n`.

    Returns:
        Mean silhouettes, −1 to 1; empty where there are not two regions.

    Source:
        Rousseeuw (1987), doi:10.1016/0377-0427(87)90125-7.
    """
    from sklearn.metrics import silhouette_score

    inside = np.flatnonzero(region >= 0)
    inside = inside[_drawn(len(inside), seed)]
    kinds = len(np.unique(region[inside]))
    if not 2 <= kinds < len(inside):
        return {}
    values = (float(silhouette_score(points[inside], region[inside])) for points in (mean, xy))
    z, on_map = (round(value, 4) for value in values)
    return {"z": z, "map": on_map, "n": len(inside)}


def _drawn(count: int, seed: int) -> Int[np.ndarray, " drawn"]:
    if count <= _POINTS:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, _POINTS, replace=False))


def _without(nearest: Sequence[int], row: int) -> list[int]:
    """The neighbours but the point itself, which equal points may displace from the first."""
    return [other for other in nearest if other != row][:NEIGHBOURS]
