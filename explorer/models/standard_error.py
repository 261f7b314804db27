"""Standard errors of means over sentences, some of which may belong together."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float


def standard_error(
    values: Float[np.ndarray, " n"], groups: Sequence[int] | None = None
) -> float | None:
    """The standard error of the mean, clustered by group.

    The residuals of a group are summed before they are squared, with the factor G / (G - 1) for
    G groups. Without groups, or with one sentence in each, it is s / √n.

    Args:
        values: One for each sentence.
        groups: Of the sentences, such as the image that a caption describes; None if they are
            independent.

    Returns:
        In the unit of the values; None for fewer than two sentences or groups.

    Source:
        Liang & Zeger (1986), Longitudinal data analysis using generalized linear models; for
        evaluations Miller (2024), arXiv:2411.00640.
    """
    residuals = np.asarray(values, np.float64) - np.mean(values, dtype=np.float64)
    if groups is not None:
        _, index = np.unique(np.asarray(groups), return_inverse=True)
        residuals = np.bincount(index, residuals)
    count = len(residuals)
    if count < 2:
        return None
    return float(np.sqrt(count / (count - 1) * (residuals**2).sum()) / len(values))


def num_clusters(groups: Sequence[int] | None) -> int:
    """The number of groups that a standard error is clustered by; 0 if there is nothing to."""
    count = 0 if groups is None else len(set(groups))
    return 0 if groups is None or count == len(groups) else count
