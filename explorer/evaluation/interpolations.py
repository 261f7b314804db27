"""How smooth decoded paths are: how many sentences they pass, and how large their steps are."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float

from explorer.latent_space import interpolation as paths
from explorer.latent_space.neighbours import edit_distance
from explorer.models.random_streams import generator

PAIRS, POINTS = 200, 11

Sentence = Sequence[str]


@dataclass(frozen=True, slots=True)
class Smoothness:
    """Means over paths."""

    distinct: float
    """Distinct sentences per path."""
    largest_step: float | None
    """Largest edit distance of a step over that between the ends; None if all ends are equal."""
    paths: int
    """How many were measured."""
    leading: int
    """How many have different ends; `largest_step` is the mean over these."""


def pairs(n: int, count: int, seed: int) -> list[tuple[int, int]]:
    """Fixed pairs of distinct rows, at most `count`.

    Raises:
        ValueError: For fewer than two rows.
    """
    if n < 2:
        raise ValueError(f"{n} rows contain no pair")
    order = torch.randperm(n, generator=generator(seed, "pairs")).tolist()
    return list(zip(order[0::2], order[1::2], strict=False))[:count]


def latents(
    mean: Float[np.ndarray, "n latent"], ends: Sequence[tuple[int, int]], path: str
) -> Float[np.ndarray, "points latent"]:
    """The latent points of every path, one path after the other.

    Args:
        mean: Posterior means.
        ends: Rows of `mean`.
        path: A name in `explorer.latent_space.interpolation.PATHS`.
    """
    interpolate, steps = paths.PATHS[path], paths.steps(POINTS)
    return np.concatenate([interpolate(mean[a], mean[b], steps) for a, b in ends])


def smoothness(sentences: Sequence[Sequence[Sentence]]) -> Smoothness:
    """Measures decoded paths.

    Args:
        sentences: For each path its sentences as tokens, ends included.

    Raises:
        ValueError: If there is no path.
    """
    if not sentences:
        raise ValueError("no paths")
    distinct = [len({tuple(tokens) for tokens in path}) for path in sentences]
    leaps = []
    for path in sentences:
        whole = edit_distance(path[0], path[-1])
        if whole:
            leaps.append(max(edit_distance(a, b) for a, b in pairwise(path)) / whole)
    largest = float(np.mean(leaps)) if leaps else None
    return Smoothness(float(np.mean(distinct)), largest, len(sentences), len(leaps))
