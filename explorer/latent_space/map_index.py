"""From latent space to the map and back, by neighbours."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Int

from explorer.latent_space.holes import AggregatePosterior
from explorer.latent_space.neighbour_weights import inverse_square
from explorer.latent_space.neighbours import LatentIndex

NEIGHBOURS = 15
POSTERIORS = 50_000
"""Sentences whose posteriors give the density of the latents, at most."""
_EMPTY = 1.0  # percent: a position less dense than 99% of the sentences' positions counts as empty
_FARTHEST = 1e100  # positions are clipped to it: beyond, squared distances overflow
_TYPICAL_POINTS, _TYPICAL_PAIRS = (200, 2000), 10**8
"""Sample for the median distance between nearest sentences, and pairs compared for it."""
_DENSITY_POINTS = 20_000  # sample for the percentiles of the density


@dataclass(frozen=True, slots=True)
class MapPosition:
    """What lies at a position of the map."""

    z: Float32[np.ndarray, " d"]
    """The weighted mean of the map neighbours' latents, rescaled to their mean norm."""
    nearest: int
    """Atlas index of the sentence nearest to `z` in latent space."""
    distance: float
    """Euclidean latent distance to it."""
    typical: float
    """Median latent distance of a sentence to its nearest other sentence, for scale."""
    density: float
    """Percent of the sentences in less dense parts of the map, 0…100."""
    empty: bool
    """Whether the position is less dense than 99% of the sentences' positions."""
    neighbours: Int[np.ndarray, " k"]
    """Atlas indexes of the nearest sentences on the map, nearest first."""
    weights: Float[np.ndarray, " k"]
    """Their weights in `z`; they sum to 1."""

    @property
    def relative(self) -> float:
        """`distance` in typical ones."""
        return relative(self.distance, self.typical)


@dataclass(frozen=True, slots=True)
class Cycle:
    """Where a latent point lands when its sentence is encoded again."""

    text: str
    z: Float32[np.ndarray, " latent"]
    distance: float  # Euclidean, from the point asked about


def relative(distance: float, typical: float) -> float:
    """A distance in typical ones; where all sentences are one point, 0 there and 1 elsewhere."""
    return distance / typical if typical > 0 else float(distance > 0)


def locate(
    z: Float[np.ndarray, "m d"],
    index: LatentIndex,
    xy: Float[np.ndarray, "n 2"],
    k: int = NEIGHBOURS,
) -> tuple[Float32[np.ndarray, "m 2"], Float32[np.ndarray, " m"]]:
    """Positions of latent points on a map that was computed without them.

    A position is the mean of the k latent neighbours' positions, weighted by inverse squared
    distance; a data point keeps its position.

    Args:
        z: Latent points.
        index: Of the posterior means of the sentences on the map.
        xy: Their positions.
        k: Neighbours used.

    Returns:
        Positions, and the Euclidean latent distance to the nearest sentence: the farther, the
        less reliable the position.
    """
    rows, distance = index.nearest(z, k, "euclidean")
    positions = np.einsum("mk,mkc->mc", inverse_square(distance), xy[rows])
    return positions.astype(np.float32), distance[:, 0]


class MapIndex:
    """Neighbours and density of a map's sentences; built once a run.

    Args:
        mean: Posterior means of the sentences.
        scale: Posterior standard deviations; zeros where the model has none.
        xy: Their positions on the map.
        index: Of the means; None makes one.
        k: Neighbours that define a position.
    """

    def __init__(
        self,
        mean: Float[np.ndarray, "n d"],
        scale: Float[np.ndarray, "n d"],
        xy: Float[np.ndarray, "n 2"],
        index: LatentIndex | None = None,
        k: int = NEIGHBOURS,
    ) -> None:
        from scipy.spatial import KDTree

        self._mean = np.ascontiguousarray(mean, np.float32)
        self._scale = scale
        self._index = index or LatentIndex(self._mean)
        self._norm = np.sqrt(np.einsum("nd,nd->n", self._mean, self._mean))
        self._k = min(k, len(mean))
        # Its stub does not know that k may be a range, which keeps the axis for one neighbour.
        self._tree: Any = KDTree(xy.astype(np.float64))

    def at(self, x: float, y: float) -> MapPosition:
        """What lies at a position; defined everywhere, `empty` far from the sentences."""
        index, radius = self._around(np.clip([[x, y]], -_FARTHEST, _FARTHEST))
        weights = inverse_square(radius)
        z = self._mix(index, weights)
        closest, distance = self._index.nearest(z, 1, "euclidean")
        density = float(self._density_percentile(radius[:, -1])[0])
        return MapPosition(
            z=z[0],
            nearest=int(closest[0, 0]),
            distance=float(distance[0, 0]),
            typical=self.typical,
            density=density,
            empty=density < _EMPTY,
            neighbours=index[0],
            weights=weights[0],
        )

    def latents(
        self, xy: Float[np.ndarray, "m 2"]
    ) -> tuple[Float32[np.ndarray, "m d"], Float[np.ndarray, " m"]]:
        """`z` and `distance` of `at`, for many positions at once."""
        index, radius = self._around(np.clip(xy, -_FARTHEST, _FARTHEST))
        z = self._mix(index, inverse_square(radius))
        return z, self._index.nearest(z, 1, "euclidean")[1][:, 0]

    def log_density(
        self, z: Float[np.ndarray, "m d"], without: Int[np.ndarray, " m"] | None = None
    ) -> Float[np.ndarray, " m"] | None:
        """Gives log q(z) in nats, q(z) being the mean of the Gaussian posteriors on the map.

        Exact for the sentences on the map, of which more than `POSTERIORS` are represented by
        that many, drawn at random; so an estimate of the corpus' aggregate posterior. Compare it
        with the prior's log p(z) to find holes. None where the model has no width.

        Args:
            z: Points.
            without: For each point a sentence whose own posterior is left out. At a sentence's
                own mean its posterior outweighs all others.
        """
        if self._aggregate is None:
            return None
        rows, aggregate = self._aggregate
        if without is not None:
            near = np.searchsorted(rows, without).clip(max=len(rows) - 1)
            without = np.where(rows[near] == without, near, -1)
        return aggregate.log_density(z, without)

    @cached_property
    def typical(self) -> float:
        """Median latent distance of a sentence to its nearest other sentence."""
        if len(self._mean) < 2:
            return 0.0
        low, high = _TYPICAL_POINTS
        rows = self._spread(min(high, max(low, _TYPICAL_PAIRS // len(self._mean))))
        _, distance = self._index.nearest(self._mean[rows], 2, "euclidean")
        return float(np.median(distance[:, 1]))

    @cached_property
    def _radii(self) -> Float[np.ndarray, " sample"]:
        rows = self._spread(_DENSITY_POINTS)
        others = min(self._k + 1, len(self._mean))  # each is the first of its own neighbours
        return np.sort(self._tree.query(self._tree.data[rows], k=[others])[0][:, 0])

    def _spread(self, most: int) -> Int[np.ndarray, " rows"]:
        """At least `most` rows evenly from all, or all."""
        return np.arange(0, len(self._mean), max(1, len(self._mean) // most))

    @cached_property
    def _aggregate(self) -> tuple[Int[np.ndarray, " rows"], AggregatePosterior] | None:
        """The sentences that represent all, ascending, and their aggregate posterior."""
        if not (self._scale > 0).all():
            return None
        rows = np.arange(len(self._mean))
        if len(rows) > POSTERIORS:
            rows = np.sort(np.random.default_rng(0).choice(rows, POSTERIORS, replace=False))
        return rows, AggregatePosterior(self._mean[rows], self._scale[rows])

    def _around(
        self, xy: Float[np.ndarray, "m 2"]
    ) -> tuple[Int[np.ndarray, "m k"], Float[np.ndarray, "m k"]]:
        radius, index = self._tree.query(xy, k=range(1, self._k + 1))
        return index, radius

    def _mix(
        self, index: Int[np.ndarray, "m k"], weights: Float[np.ndarray, "m k"]
    ) -> Float32[np.ndarray, "m d"]:
        z = np.einsum("mk,mkd->md", weights, self._mean[index])
        # A mean of vectors is shorter than they are, and shorter than the decoder was trained on.
        wanted = np.einsum("mk,mk->m", weights, self._norm[index])
        norm = np.linalg.norm(z, axis=1)
        factor = np.divide(wanted, norm, out=np.ones_like(norm), where=norm > 0)
        return (z * factor[:, None]).astype(np.float32)

    def _density_percentile(self, radius: Float[np.ndarray, " m"]) -> Float[np.ndarray, " m"]:
        """Percentile of the density, estimated by the distance to the k-th neighbour."""
        radii = self._radii
        return 100.0 * (len(radii) - np.searchsorted(radii, radius, side="right")) / len(radii)
