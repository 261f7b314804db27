"""Latent points in coordinates whose distances tell meanings apart, for a map."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Float32

_RIDGE = 1e-3
"""Of the latent variance: keeps directions that hardly vary from counting."""


def meaning_space(
    mean: Float[np.ndarray, "n d"], vectors: Float[np.ndarray, "n dim"]
) -> Float32[np.ndarray, "n e"]:
    """Latent points beside what they predict of their sentences' vectors, both equally spread.

    The prediction is the ridge regression of the vectors on the latent points, thus a linear map
    of z: distances are latent distances that are longer along the directions that carry meaning.

    Args:
        mean: Posterior means.
        vectors: Of the same sentences, from a pre-trained sentence encoder.

    Returns:
        Coordinates, twice as many as there are latent dimensions or fewer.
    """
    z = mean.astype(np.float64) - mean.mean(axis=0, dtype=np.float64)
    targets = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    covariance = z.T @ z
    ridge = _RIDGE * np.trace(covariance) / z.shape[1] + np.finfo(np.float64).tiny
    weights = np.linalg.solve(covariance + ridge * np.eye(z.shape[1]), z.T @ targets)
    left, singular, _ = np.linalg.svd(weights, full_matrices=False)
    # The right factor is a rotation, and changes no distance.
    return np.hstack(_equally_spread([z, z @ (left * singular)])).astype(np.float32)


def _equally_spread(parts: Sequence[Float[np.ndarray, "n _"]]) -> list[Float[np.ndarray, "n _"]]:
    """Parts whose mean squared norm is 1; one without any spread stays as it is."""
    norms = [np.sqrt((part**2).sum(axis=1).mean()) for part in parts]
    return [part / norm if norm > 0 else part for part, norm in zip(parts, norms, strict=True)]
