"""Holes: where the prior has mass and no sentence is, by log q(z) − log p(z)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

LogPrior = Callable[[Float[np.ndarray, "m d"]], Float[np.ndarray, " m"]]
"""Log p(z) of each point, nats."""

FALSE_DISCOVERIES = 0.01
"""Expected fraction of false holes among the samples reported; where the prior fits, the
probability of reporting any."""
MOST_SENTENCES, MOST_REFERENCES = 6000, 12000
"""Components of the mixture, and draws from it: a few seconds on one core in 32 dimensions."""
MOST_HOLES = 8

_BLOCK = 4_000_000  # entries of one block of sentences × points: 32 MB
_LEADERS = 24
_INSIDE = np.linspace(0, 1, 9)[1:-1]  # where the segment between two points is tested


class AggregatePosterior:
    """The aggregate posterior q(z) of some sentences: the mean of their Gaussian posteriors.

    Args:
        mean: Posterior means.
        scale: Posterior standard deviations, above 0.
    """

    def __init__(self, mean: Float[np.ndarray, "n d"], scale: Float[np.ndarray, "n d"]) -> None:
        self.mean, self.scale = mean.astype(np.float64), scale.astype(np.float64)
        self._precision = self.scale**-2
        self._weighted = self.mean * self._precision
        self._constant = -0.5 * (
            self.mean * self._weighted + np.log(2 * np.pi * self.scale**2)
        ).sum(axis=1)

    def __len__(self) -> int:
        return len(self.mean)

    def log_density(
        self, z: Float[np.ndarray, "m d"], without: Int[np.ndarray, " m"] | None = None
    ) -> Float[np.ndarray, " m"]:
        """Log q(z), nats.

        Args:
            z: Points.
            without: For each point a sentence whose own posterior is left out; −1 for none.
        """
        result = np.empty(len(z))
        without = np.full(len(z), -1) if without is None else without
        rows = max(1, _BLOCK // len(self))
        for start in range(0, len(z), rows):
            part = z[start : start + rows].astype(np.float64)
            exponent = self._constant - 0.5 * (part**2 @ self._precision.T)
            exponent += part @ self._weighted.T
            left_out = without[start : start + rows]
            own = np.flatnonzero(left_out >= 0)
            exponent[own, left_out[own]] = -np.inf
            highest = exponent.max(axis=1, keepdims=True)
            total = np.log(np.exp(exponent - highest).sum(axis=1)) + highest[:, 0]
            result[start : start + rows] = total
        return result - np.log(len(self) - (without >= 0))

    def sample(
        self, rows: Int[np.ndarray, " m"], generator: np.random.Generator
    ) -> Float[np.ndarray, "m d"]:
        """A draw from the posterior of each of these sentences."""
        noise = generator.standard_normal((len(rows), self.mean.shape[1]))
        return self.mean[rows] + noise * self.scale[rows]


@dataclass(frozen=True, slots=True)
class Hole:
    """A part of the latent space where the prior has mass and no sentence is."""

    z: Float[np.ndarray, " d"]
    """The most probable of the prior's samples in it."""
    depth: float
    """Nats: how far log q − log p lies at `z` below its median at the sentences' own samples."""
    share: float
    """Fraction of the prior's mass."""


@dataclass(frozen=True, slots=True)
class Holes:
    """The holes of a prior, and the references of the test."""

    items: list[Hole]
    """The largest first."""
    share: float
    """Fraction of the prior's mass in holes, including those that are not listed."""
    samples: int
    """Drawn from the prior."""
    references: int
    """Draws from the posteriors of sentences, each scored without its own sentence."""
    sentences: int
    ratio: Float[np.ndarray, " m"]
    """Log q − log p of each sample of the prior, nats."""
    typical: float
    """Its median at the references."""
    is_hole: np.ndarray
    """For each sample of the prior whether it lies in a hole."""

    @property
    def least(self) -> float:
        """Fraction of the prior's mass below which no hole is significant; at most 1.

        A p-value is at least 1 / (references + 1), and k of m samples pass the step only if the
        k-th smallest is at most k / m of `FALSE_DISCOVERIES`.
        """
        return min(1.0, 1 / (FALSE_DISCOVERIES * (1 + self.references)))


def holes(
    z: Float[np.ndarray, "m d"],
    log_prior: LogPrior,
    mean: Float[np.ndarray, "n d"],
    scale: Float[np.ndarray, "n d"],
    seed: int = 0,
) -> Holes:
    """Where log q(z) − log p(z) is lower than the finite number of sentences explains.

    In many dimensions any finite set of sentences is sparse, and q(z), the mean of their
    posteriors, is low nearly everywhere. So a sample of the prior is compared with samples of the
    sentences' posteriors, each scored by the other sentences' posteriors. If the prior is the
    aggregate posterior, both have the same distribution, whatever the number of sentences: then
    a sample's rank among the references is a valid p-value. Those that pass the
    Benjamini–Hochberg step at `FALSE_DISCOVERIES` are in holes.

    Args:
        z: Samples of the prior.
        log_prior: Its log-density.
        mean: Posterior means of sentences.
        scale: Posterior standard deviations, above 0.
        seed: Of the sentences used and of their samples.

    Raises:
        ValueError: For fewer than two sentences, or posteriors without width.

    Source:
        Bates et al. (2023), Testing for Outliers with Conformal p-values, arXiv:2104.08279.
    """
    if len(mean) < 2 or not (scale > 0).all():
        raise ValueError("holes need at least two sentences whose posteriors have a width")
    generator = np.random.default_rng(seed)
    rows = np.arange(len(mean))
    if len(mean) > MOST_SENTENCES:
        rows = np.sort(generator.choice(len(mean), MOST_SENTENCES, replace=False))
    mixture = AggregatePosterior(mean[rows], scale[rows])
    draws = max(1, min(4, MOST_REFERENCES // len(mixture)))
    rows = np.tile(np.arange(len(mixture)), draws)
    own = mixture.sample(rows, generator)
    reference = np.sort(mixture.log_density(own, rows) - log_prior(own))
    # One sentence is left out here too, so that both are scored by equally many.
    other = generator.integers(len(mixture), size=len(z))
    ratio = mixture.log_density(z, other) - log_prior(z)
    is_hole = _significant(ratio, reference)
    typical = float(np.median(reference))
    items = []
    if is_hole.any():
        cut = float(ratio[is_hole].max())

        def is_empty(points: Float[np.ndarray, "k d"]) -> np.ndarray:
            return mixture.log_density(points) - log_prior(points) <= cut

        members = np.flatnonzero(is_hole)
        groups = _groups(z[members], log_prior(z[members]), is_empty)
        items = [
            Hole(z[members[first]], typical - float(ratio[members[first]]), count / len(z))
            for first, count in groups[:MOST_HOLES]
        ]
    return Holes(
        items=items,
        share=float(is_hole.mean()),
        samples=len(z),
        references=len(reference),
        sentences=len(mixture),
        ratio=ratio,
        typical=typical,
        is_hole=is_hole,
    )


def _significant(ratio: Float[np.ndarray, " m"], reference: Float[np.ndarray, " r"]) -> np.ndarray:
    """Which samples are significantly low against the sorted reference (Benjamini–Hochberg)."""
    below = np.searchsorted(reference, ratio, side="right")
    p_value = (1 + below) / (1 + len(reference))
    ranked = np.sort(p_value)
    passed = ranked <= FALSE_DISCOVERIES * np.arange(1, len(ranked) + 1) / len(ranked)
    if not passed.any():
        return np.zeros(len(ratio), bool)
    return p_value <= ranked[np.flatnonzero(passed)[-1]]


def _groups(
    points: Float[np.ndarray, "m d"],
    log_prior: Float[np.ndarray, " m"],
    is_empty: Callable[[Float[np.ndarray, "k d"]], np.ndarray],
) -> list[tuple[int, int]]:
    """Partitions points into holes: two are in one where the segment between them is empty.

    Returns:
        For each hole its most probable point and its number of points, the largest first.
    """
    leaders = _leaders(points, np.argsort(-log_prior))
    near = _distances(points, points[leaders]).argmin(axis=1)
    hole = np.arange(len(leaders))
    for one in range(1, len(leaders)):
        for other in range(one):
            if hole[one] == hole[other]:
                continue
            a, b = points[leaders[one]], points[leaders[other]]
            if is_empty(a + _INSIDE[:, None] * (b - a)).all():
                hole[hole == hole[one]] = hole[other]
    own = hole[near]
    groups = []
    for name in np.unique(own):
        members = np.flatnonzero(own == name)
        groups.append((int(members[log_prior[members].argmax()]), len(members)))
    return sorted(groups, key=lambda group: -group[1])


def _leaders(points: Float[np.ndarray, "m d"], order: Sequence[int] | np.ndarray) -> list[int]:
    """Points at least half the median distance apart, taken greedily in this order."""
    some = points[np.linspace(0, len(points) - 1, min(len(points), 200)).astype(int)]
    apart = 0.5 * float(np.median(_distances(some, some)))
    leaders: list[int] = []
    for row in order:
        if len(leaders) == _LEADERS:
            break
        if not leaders or _distances(points[[row]], points[leaders]).min() >= apart:
            leaders.append(int(row))
    return leaders


def _distances(
    a: Float[np.ndarray, "m d"], b: Float[np.ndarray, "k d"]
) -> Float[np.ndarray, "m k"]:
    from scipy.spatial.distance import cdist

    return cdist(a, b)
