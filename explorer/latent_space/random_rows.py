"""Random rows of many, and what stands in rows."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int, Int32


def draw(total: int, points: int, seed: int) -> Int32[np.ndarray, " drawn"]:
    """Draws `points` of `total` row numbers, all equally likely, in ascending order."""
    if points >= total:
        return np.arange(total, dtype=np.int32)
    drawn = np.random.default_rng(seed).choice(total, points, replace=False)
    return np.sort(drawn).astype(np.int32)


def of_rows(texts: Sequence[str], rows: Int[np.ndarray, " n"]) -> list[str]:
    """The texts in these rows."""
    index: list[int] = rows.tolist()
    return [texts[row] for row in index]
