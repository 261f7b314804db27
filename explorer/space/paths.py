"""Paths between two latent points, and how they run past the data."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from explorer.space.neighbours import nearest

# Below this sine of the angle the great circle is the straight line to float precision, or (for
# opposite directions) is not unique.
_LEAST_SINE = 1e-4


def steps(n: int) -> Float[np.ndarray, " {n}"]:
    """Returns `n` evenly spaced shares of the way, from 0 to 1; one step is the start."""
    return np.linspace(0.0, 1.0, n)


def linear(
    a: Float[np.ndarray, " d"], b: Float[np.ndarray, " d"], t: Float[np.ndarray, " steps"]
) -> Float[np.ndarray, "steps d"]:
    """Walks the straight line from `a` (t = 0) to `b` (t = 1); t outside 0…1 overshoots."""
    share = t[:, None]
    return ((1 - share) * a + share * b).astype(a.dtype)


def spherical(
    a: Float[np.ndarray, " d"], b: Float[np.ndarray, " d"], t: Float[np.ndarray, " steps"]
) -> Float[np.ndarray, "steps d"]:
    """Walks the great circle between the directions while the norm changes linearly.

    Samples of a wide Gaussian have nearly equal norms; the straight line between two of them
    passes through shorter vectors than the model saw, this path does not. It is the straight line
    where an end is zero or the directions are parallel or opposite.

    Source:
        Shoemake (1985), Animating rotation with quaternion curves; White (2016), Sampling
        Generative Networks, arXiv:1609.04468. Differs: the norm is interpolated too.
    """
    first, second = a.astype(np.float64), b.astype(np.float64)
    norm_a, norm_b = np.linalg.norm(first), np.linalg.norm(second)
    if norm_a == 0 or norm_b == 0:
        return linear(a, b, t)
    first, second = first / norm_a, second / norm_b
    angle = np.arccos(np.clip(first @ second, -1.0, 1.0))
    if np.sin(angle) < _LEAST_SINE:
        return linear(a, b, t)
    share = t[:, None]
    direction = np.sin((1 - share) * angle) * first + np.sin(share * angle) * second
    norm = np.maximum((1 - share) * norm_a + share * norm_b, 0.0)
    return (direction / np.sin(angle) * norm).astype(a.dtype)


PATHS = {"linear": linear, "spherical": spherical}
"""Paths by name."""


@dataclass(frozen=True, slots=True)
class PathStatistics:
    """How a path runs: in latent units, beside the data it passes."""

    length: float
    """Sum of the strides."""
    detour: float
    """Length over the straight distance of the ends; 1 for the straight line."""
    evenness: float
    """Mean over longest stride; 1 when all strides are equal."""
    nearest: Int[np.ndarray, " steps"]
    """Index of the nearest data point at every step."""
    distance: Float[np.ndarray, " steps"]
    """Euclidean distance to it."""


def evenness(strides: Float[np.ndarray, " n"]) -> float:
    """Mean over longest stride, within (0, 1]; 1 when there is no stride or none has length.

    Strides are distances between successive steps in any unit, edit distances included.
    """
    longest = float(strides.max(initial=0.0))
    return float(strides.mean()) / longest if longest > 0 else 1.0


def statistics(
    path: Float[np.ndarray, "steps d"], means: Float[np.ndarray, "n d"]
) -> PathStatistics:
    """Measures a path and its distance to the data at every step."""
    strides = np.linalg.norm(np.diff(path.astype(np.float64), axis=0), axis=1)
    straight = float(np.linalg.norm(path[-1].astype(np.float64) - path[0]))
    index, distance = nearest(path, means, 1, metric="euclidean")
    length = float(strides.sum())
    return PathStatistics(
        length=length,
        detour=length / straight if straight > 0 else 1.0,
        evenness=evenness(strides),
        nearest=index[:, 0],
        distance=distance[:, 0],
    )
