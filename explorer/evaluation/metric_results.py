"""Entries of `metrics.json`: a value with its counts and its standard error."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from explorer.evaluation.metric_definition import MetricResult
from explorer.models.standard_error import num_clusters, standard_error

Groups = Sequence[int] | None


def result(value: float, n: int, samples: int = 0, **more: Any) -> MetricResult:
    """A value measured on `n` sentences with some samples each."""
    return {"value": value, "n": n, "samples": samples, **more}


def mean(values: torch.Tensor) -> float:
    """The mean, in double precision."""
    return values.cpu().double().mean().item()


def mean_result(
    values: torch.Tensor, groups: Groups, samples: int = 0, **more: Any
) -> MetricResult:
    """The mean of a quantity that each sentence has, with its standard error."""
    error = error_of(values.cpu().double().numpy(), groups)
    return result(mean(values), len(values), samples, **error, **more)


def error_of(values: np.ndarray, groups: Groups) -> MetricResult:
    """The standard error of a mean, and the number of clusters if it is clustered."""
    error = standard_error(values, groups)
    if error is None:
        return {}
    clusters = num_clusters(groups)
    return {"error": error, "clusters": clusters} if clusters else {"error": error}
