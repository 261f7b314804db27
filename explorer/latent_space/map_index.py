"""From latent space to the map and back, by neighbours: a sentence's place, a place's latent."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Int

from explorer.latent_space.holes import Mixture
from explorer.latent_space.neighbours import nearest

NEIGHBOURS = 15
_EMPTY = 1.0  # percent: a place thinner than 99% of the sentences' places counts as empty
_SOFTENING = 1e-3  # of the neighbours' mean distance: keeps a weight on a point itself finite
_LEAST_SQUARE = 1e-200  # far below any real one, and still has a finite inverse
_FARTHEST = 1e100  # a place beyond is taken to be there, as its squared distances have no number
_TYPICAL_POINTS = 2000  # sample for the median distance between nearest sentences


@dataclass(frozen=True, slots=True)
class MapPosition:
    """What lies at a place of the map."""

    z: Float32[np.ndarray, " d"]
    """The latent there: the weighted mean of the map neighbours', at their mean norm."""
    nearest: int
    """Atlas index of the sentence nearest to `z` in latent space."""
    distance: float
    """Euclidean latent distance to it."""
    typical: float
    """Median latent distance of a sentence to its nearest other sentence, for scale."""
    density: float
    """Percent of the sentences that stand in a thinner part of the map, 0…100."""
    empty: bool
    """Whether the place is thinner than 99% of the sentences' places."""
    neighbours: Int[np.ndarray, " k"]
    """Atlas indexes of the nearest sentences on the map, nearest first."""
    weights: Float[np.ndarray, " k"]
    """Their shares in `z`; they sum to 1."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """Where a latent point lands when its sentence is encoded again."""

    text: str
    z: Float32[np.ndarray, " latent"]
    distance: float  # Euclidean, from the point asked about


def locate(
    z: Float[np.ndarray, "m d"],
    mean: Float[np.ndarray, "n d"],
    xy: Float[np.ndarray, "n 2"],
    k: int = NEIGHBOURS,
) -> tuple[Float32[np.ndarray, "m 2"], Float32[np.ndarray, " m"]]:
    """Places latent points on a map that was laid out without them.

    The place is the mean of the k latent neighbours' places, weighted by one over the squared
    distance; a data point is put on its own place.

    Args:
        z: Latent points.
        mean: Posterior means of the sentences on the map.
        xy: Their places.
        k: Neighbours used.

    Returns:
        Places, and the Euclidean latent distance to the nearest sentence (a far one is placed
        with little right, and is to be drawn so).
    """
    index, distance = nearest(z, mean, k, metric="euclidean")
    weights = _weights(distance)
    places = np.einsum("mk,mkc->mc", weights, xy[index])
    return places.astype(np.float32), distance[:, 0]


def _weights(distance: Float[np.ndarray, "m k"]) -> Float[np.ndarray, "m k"]:
    """Shares by inverse squared distance; equal ones where all distances are zero."""
    square = distance.astype(np.float64) ** 2
    soft = (_SOFTENING * distance.mean(axis=1, keepdims=True, dtype=np.float64)) ** 2
    weights = 1.0 / (square + np.maximum(soft, _LEAST_SQUARE))
    return weights / weights.sum(axis=1, keepdims=True)


class MapIndex:
    """Everything asked of a map more than once; build it once a run and keep it.

    Args:
        mean: Posterior means of the sentences.
        scale: Posterior standard deviations; zeros where the model has none.
        xy: Their places on the map.
        k: Neighbours that define a place.
    """

    def __init__(
        self,
        mean: Float[np.ndarray, "n d"],
        scale: Float[np.ndarray, "n d"],
        xy: Float[np.ndarray, "n 2"],
        k: int = NEIGHBOURS,
    ) -> None:
        from scipy.spatial import KDTree

        self._mean = np.ascontiguousarray(mean, np.float32)
        self._scale = scale
        self._norm = np.linalg.norm(self._mean, axis=1)
        self._k = min(k, len(mean))
        # Its stub does not know that k may be a range, which keeps the axis for one neighbour.
        self._tree: Any = KDTree(xy.astype(np.float64))

    def at(self, x: float, y: float) -> MapPosition:
        """Describes one place; it is defined everywhere, and `empty` says where nothing is."""
        index, radius = self._around(np.clip([[x, y]], -_FARTHEST, _FARTHEST))
        weights = _weights(radius)
        z = self._mix(index, weights)
        closest, distance = nearest(z, self._mean, 1, metric="euclidean")
        density = float(self._thinner(radius[:, -1])[0])
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
        """What `at` gives as `z` and `distance`, of many places at once."""
        index, radius = self._around(np.clip(xy, -_FARTHEST, _FARTHEST))
        z = self._mix(index, _weights(radius))
        return z, nearest(z, self._mean, 1, metric="euclidean")[1][:, 0]

    def log_density(
        self, z: Float[np.ndarray, "m d"], without: Int[np.ndarray, " m"] | None = None
    ) -> Float[np.ndarray, " m"] | None:
        """Gives log q(z) in nats, q(z) being the mean of the Gaussian posteriors on the map.

        Exact for the sentences on the map, so an estimate of the corpus' aggregate posterior;
        compare it with the prior's log p(z) to find holes. None where the model has no width.

        Args:
            z: Points.
            without: For each point a sentence whose own posterior is left out. At a sentence's
                own mean its posterior outweighs all others.
        """
        return None if self._mixture is None else self._mixture.log_density(z, without)

    @cached_property
    def typical(self) -> float:
        """Median latent distance of a sentence to its nearest other sentence."""
        if len(self._mean) < 2:
            return 0.0
        step = max(1, len(self._mean) // _TYPICAL_POINTS)
        rows = np.arange(0, len(self._mean), step)
        _, distance = nearest(self._mean[rows], self._mean, 2, metric="euclidean")
        return float(np.median(distance[:, 1]))

    @cached_property
    def _radii(self) -> Float[np.ndarray, " n"]:
        return np.sort(self._around(self._tree.data)[1][:, -1])

    @cached_property
    def _mixture(self) -> Mixture | None:
        return Mixture(self._mean, self._scale) if (self._scale > 0).all() else None

    def _around(
        self, xy: Float[np.ndarray, "m 2"]
    ) -> tuple[Int[np.ndarray, "m k"], Float[np.ndarray, "m k"]]:
        radius, index = self._tree.query(xy, k=range(1, self._k + 1))
        return index, radius

    def _mix(
        self, index: Int[np.ndarray, "m k"], weights: Float[np.ndarray, "m k"]
    ) -> Float32[np.ndarray, "m d"]:
        z = np.einsum("mk,mkd->md", weights, self._mean[index])
        # A mean of vectors is shorter than they are; the decoder never saw such short ones.
        wanted = np.einsum("mk,mk->m", weights, self._norm[index])
        norm = np.linalg.norm(z, axis=1)
        factor = np.divide(wanted, norm, out=np.ones_like(norm), where=norm > 0)
        return (z * factor[:, None]).astype(np.float32)

    def _thinner(self, radius: Float[np.ndarray, " m"]) -> Float[np.ndarray, " m"]:
        """Density is told by the distance to the k-th neighbour on the map."""
        radii = self._radii
        return 100.0 * (len(radii) - np.searchsorted(radii, radius, side="right")) / len(radii)
