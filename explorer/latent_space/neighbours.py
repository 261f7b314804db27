"""Nearest sentences: in latent space, by edits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int

# Entries of one block of the distance matrix: 16 MB of float32, which stays near the cache.
_BLOCK = 4_000_000
_FEW = 4
"""Neighbours for which as many passes are faster than a partition."""
_ROWS = 200
"""Queries compared at once with all points or, where these are too many, with a part of them."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A sentence near a latent point."""

    index: int  # of the atlas
    text: str
    distance: float  # cosine distance of centred latents, 0…2


class LatentIndex:
    """Points among which the nearest are searched, prepared once for many queries.

    Args:
        points: Of any number; a copy in single precision is kept.
    """

    def __init__(self, points: Float[np.ndarray, "n d"]) -> None:
        # Subtracting the centre changes no distance and preserves digits of the dot form.
        centre = points.mean(axis=0, dtype=np.float64) if len(points) else 0.0
        self._centre = np.float32(centre)
        self._points = self._centred(points)
        self._square = np.einsum("nd,nd->n", self._points, self._points)

    def nearest(
        self, z: Float[np.ndarray, "m d"], k: int, metric: str = "cosine"
    ) -> tuple[Int[np.ndarray, "m k_found"], Float[np.ndarray, "m k_found"]]:
        """The k nearest points of each query, nearest first, ties in order of index.

        Args:
            z: Queries.
            k: Neighbours per query; at most as many as there are points.
            metric: "cosine" is 1 − cosine after the mean of the points is subtracted from both
                (as in caption retrieval; within 0…2, and 1 where a vector is zero); "euclidean" is
                the distance in latent units.

        Returns:
            Index of the points and distance, (queries, neighbours).

        Raises:
            ValueError: If the metric is unknown.
        """
        if metric not in METRICS:
            raise ValueError(f"metric {metric!r} is not one of {', '.join(METRICS)}")
        queries = self._centred(z)
        k = min(k, len(self._points))
        index = np.empty((len(queries), k), np.int64)
        rows = max(min(_ROWS, len(queries)), _BLOCK // max(1, len(self._points)))
        for start in range(0, len(queries), rows):
            index[start : start + rows] = self._smallest(queries[start : start + rows], k, metric)
        # The dot form loses digits for near points: the few selected are measured exactly.
        distance = METRICS[metric](queries[:, None, :], self._points[index])
        order = np.lexsort((index, distance))
        index = np.take_along_axis(index, order, axis=1)
        return index, np.take_along_axis(distance, order, axis=1).astype(np.float32)

    def _smallest(
        self, queries: Float32[np.ndarray, "m d"], k: int, metric: str
    ) -> Int[np.ndarray, "m k"]:
        """The k points that rank first for each query, in any order."""
        index = np.empty((len(queries), 0), np.int64)
        best = np.empty((len(queries), 0), np.float32)
        size = max(k, _BLOCK // len(queries))
        for start in range(0, len(self._points), size):
            part = slice(start, start + size)
            ranks = self._ranking(queries @ self._points[part].T, metric, part)
            if len(self._points) <= size:
                return _smallest(ranks, k)
            few = _smallest(ranks.copy(), min(k, ranks.shape[1]))
            index = np.concatenate([index, start + few], axis=1)
            best = np.concatenate([best, np.take_along_axis(ranks, few, axis=1)], axis=1)
            chosen = _smallest(best.copy(), min(k, best.shape[1]))
            index = np.take_along_axis(index, chosen, axis=1)
            best = np.take_along_axis(best, chosen, axis=1)
        return index

    def _centred(self, points: Float[np.ndarray, "n d"]) -> Float32[np.ndarray, "n d"]:
        return points.astype(np.float32, copy=False) - self._centre

    def _ranking(
        self, product: Float[np.ndarray, "m n"], metric: str, part: slice
    ) -> Float[np.ndarray, "m n"]:
        """Ranks a part of the points as their distances do, from the products with the queries."""
        if metric == "euclidean":  # squared, minus that of the query
            return self._square[part] - 2 * product
        norm = np.sqrt(self._square[part])
        return np.divide(-product, norm, out=np.zeros_like(product), where=norm > 0)


def nearest(
    z: Float[np.ndarray, "m d"],
    means: Float[np.ndarray, "n d"],
    k: int,
    metric: str = "cosine",
) -> tuple[Int[np.ndarray, "m k_found"], Float[np.ndarray, "m k_found"]]:
    """`LatentIndex.nearest` of points that are searched once."""
    return LatentIndex(means).nearest(z, k, metric)


def _euclidean(
    queries: Float[np.ndarray, "m 1 d"], points: Float[np.ndarray, "m k d"]
) -> Float[np.ndarray, "m k"]:
    gap = queries.astype(np.float64) - points
    return np.sqrt(np.einsum("mkd,mkd->mk", gap, gap))


def _cosine(
    queries: Float[np.ndarray, "m 1 d"], points: Float[np.ndarray, "m k d"]
) -> Float[np.ndarray, "m k"]:
    a, b = _unit(queries), _unit(points)
    distance = _euclidean(a, b)  # of unit vectors |a − b|² = 2 − 2 cos
    is_zero = ~(a.any(axis=2) & b.any(axis=2))
    return np.where(is_zero, 1.0, np.minimum(distance**2 / 2, 2.0))


METRICS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "cosine": _cosine,
    "euclidean": _euclidean,
}
"""The distance of each query from some points, exactly."""


def _unit(vectors: Float[np.ndarray, "m k d"]) -> Float[np.ndarray, "m k d"]:
    norm = np.linalg.norm(vectors, axis=2, keepdims=True)
    return np.divide(vectors, norm, out=np.zeros_like(vectors), where=norm > 0)


def _smallest(values: Float[np.ndarray, "m n"], k: int) -> Int[np.ndarray, "m k"]:
    """The index of the k smallest values of each row; overwrites them."""
    if k > _FEW:
        if k >= values.shape[1]:
            return np.broadcast_to(np.arange(k), (len(values), k))
        return np.argpartition(values, k, axis=1)[:, :k]
    rows, index = np.arange(len(values)), np.empty((len(values), k), np.int64)
    for number in range(k):
        index[:, number] = values.argmin(axis=1)
        values[rows, index[:, number]] = np.inf
    return index


def edit_distance(a: Sequence[str], b: Sequence[str]) -> int:
    """Tokens to insert, delete or replace to turn `a` into `b` (Levenshtein)."""
    previous = list(range(len(b) + 1))
    for row, token in enumerate(a, start=1):
        current = [row]
        for column, other in enumerate(b, start=1):
            current.append(
                min(
                    previous[column] + 1,
                    current[-1] + 1,
                    previous[column - 1] + (token != other),
                )
            )
        previous = current
    return previous[-1]
