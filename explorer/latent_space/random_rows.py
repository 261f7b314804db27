"""Random rows of many."""

import numpy as np
from jaxtyping import Int32


def draw(total: int, points: int, seed: int) -> Int32[np.ndarray, " drawn"]:
    """Draws `points` of `total` row numbers, all equally likely, in ascending order."""
    if points >= total:
        return np.arange(total, dtype=np.int32)
    drawn = np.random.default_rng(seed).choice(total, points, replace=False)
    return np.sort(drawn).astype(np.int32)
