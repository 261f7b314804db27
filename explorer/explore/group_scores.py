"""Groups of sentences in latent space, beside random groups of equal size."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from explorer.latent_space.arithmetic import direction, separation
from explorer.latent_space.cluster_names import Namer
from explorer.runs.run_files import Contents
from explorer.system.cache import Cache

MIN_SIZE = 5
"""Sentences of a group: the mean of fewer says more about them than about the group."""
RANDOM_GROUPS = 100

_MAX_NUMBERS = 300_000_000  # coordinates summed for random groups: about a second
_FEWEST_GROUPS = 20
_namers: Cache[Namer] = Cache(4)


@dataclass(frozen=True)
class Score:
    """A number of a selection beside the same number of random groups of equal size."""

    value: float
    mean: float
    deviation: float
    """Of the random groups."""
    groups: int

    @property
    def standard(self) -> float | None:
        """Standard deviations of the random groups above their mean; None if they are equal."""
        return (self.value - self.mean) / self.deviation if self.deviation > 0 else None


def measures(
    mean: Float[np.ndarray, "n d"], inside: Bool[np.ndarray, " n"]
) -> tuple[float, float | None, float | None]:
    """Spread of a group; length of its direction from the rest, and their separation."""
    group, rest = mean[inside], mean[~inside]
    spread = float(np.sqrt(group.var(axis=0).sum()))
    if min(len(group), len(rest)) < MIN_SIZE:
        return spread, None, None
    return spread, float(np.linalg.norm(direction(group, rest))), separation(group, rest)


def random_groups(
    inside: Bool[np.ndarray, " n"], size: int, seed: int
) -> list[Bool[np.ndarray, " n"]]:
    """Random groups as large as one, fewer where the coordinates are many (`size`)."""
    count = max(_FEWEST_GROUPS, min(RANDOM_GROUPS, _MAX_NUMBERS // (4 * size)))
    random = np.random.default_rng(seed)
    return [random.permutation(inside) for _ in range(count)]


def score(value: float, random: np.ndarray) -> Score:
    """A number beside those of the random groups."""
    values = random.astype(np.float64)
    return Score(value, float(values.mean()), float(values.std()), len(values))


def namer(run: Contents) -> Namer:
    """The counted words of a map's texts, cached."""
    return _namers.get(
        (run, run.texts_are_real), lambda: Namer(run.texts, not run.is_of_documents)
    )
