"""Weights of neighbours in a mean of their positions."""

import numpy as np
from jaxtyping import Float

_SOFTENING = 1e-3  # of the neighbours' mean distance: keeps a weight on a point itself finite
_LEAST_SQUARE = 1e-200  # far below any real one, and still has a finite inverse


def inverse_square(distance: Float[np.ndarray, "m k"]) -> Float[np.ndarray, "m k"]:
    """Weights by inverse squared distance, of sum 1; equal where all distances are zero."""
    square = distance.astype(np.float64) ** 2
    soft = (_SOFTENING * distance.mean(axis=1, keepdims=True, dtype=np.float64)) ** 2
    weights = 1.0 / (square + np.maximum(soft, _LEAST_SQUARE))
    return weights / weights.sum(axis=1, keepdims=True)
