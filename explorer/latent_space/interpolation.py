"""Paths between two latent points."""

import numpy as np
from jaxtyping import Float

# Below this sine of the angle the great circle is the straight line to float precision, or (for
# opposite directions) is not unique.
_LEAST_SINE = 1e-4


def steps(n: int) -> Float[np.ndarray, " {n}"]:
    """Interpolation parameters: `n` evenly spaced values from 0 to 1; a single one is 0."""
    return np.linspace(0.0, 1.0, n)


def linear(
    a: Float[np.ndarray, " d"], b: Float[np.ndarray, " d"], t: Float[np.ndarray, " steps"]
) -> Float[np.ndarray, "steps d"]:
    """Points on the straight line from `a` (t = 0) to `b` (t = 1); t outside 0…1 extrapolates."""
    t = t[:, None]
    return ((1 - t) * a + t * b).astype(a.dtype)


def spherical(
    a: Float[np.ndarray, " d"], b: Float[np.ndarray, " d"], t: Float[np.ndarray, " steps"]
) -> Float[np.ndarray, "steps d"]:
    """Points on the great circle between the directions, with linearly interpolated norm.

    Samples of a wide Gaussian have nearly equal norms; the straight line between two of them
    passes through shorter vectors than the model was trained on, this path does not. It is the
    straight line where an end is zero or the directions are parallel or opposite.

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
    t = t[:, None]
    direction = np.sin((1 - t) * angle) * first + np.sin(t * angle) * second
    norm = np.maximum((1 - t) * norm_a + t * norm_b, 0.0)
    return (direction / np.sin(angle) * norm).astype(a.dtype)


PATHS = {"linear": linear, "spherical": spherical}
"""Interpolations by name."""
