"""What a selection of a map's sentences is: its words, its centre, its spread, its direction."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from explorer.errors import ExplorerError
from explorer.explore.mapped_run import MappedRun
from explorer.explore.run import Run
from explorer.explore.sentence_groups import MIN_SIZE
from explorer.latent_space.arithmetic import direction, separation
from explorer.latent_space.cluster_names import Namer, Term
from explorer.models.decoding_settings import Decoding
from explorer.system.cache import Cache

RANDOM_GROUPS = 100
STEPS = (0.0, 1.0, 1.5, 2.0, 3.0)
"""How far a direction is followed, in lengths of the direction."""

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


@dataclass(frozen=True, eq=False)
class Summary:
    """What a selection is.

    Attributes:
        words: Its terms by class-based TF-IDF against the rest.
        centre: The mean of its posterior means.
        rest: That of all other sentences; None if there are too few.
        spread: Root mean square distance from the centre, latent units.
        distance: From the rest's mean to the centre, latent units; None without a rest.
        separation: Cohen's d along that direction, held out; None without a rest.
    """

    words: list[Term]
    centre: Float[np.ndarray, " d"]
    rest: Float[np.ndarray, " d"] | None
    spread: Score
    distance: Score | None
    separation: Score | None


def summarise(run: MappedRun, rows: Int[np.ndarray, " rows"], seed: int = 0) -> Summary:
    """What a selection is, without the model.

    Args:
        run: The run.
        rows: Atlas indexes of the selection.
        seed: Of the random groups.

    Raises:
        ExplorerError: If nothing is selected.
    """
    if not len(rows):
        raise ExplorerError("no sentence is selected")
    mean = run.needed_atlas.mean.astype(np.float64)
    inside = np.zeros(len(mean), bool)
    inside[rows] = True
    own = _measures(mean, inside)
    random = np.array([_measures(mean, other) for other in _random_groups(inside, mean, seed)])
    spread, distance, apart = (
        None if value is None else _score(value, random[:, column])
        for column, value in enumerate(own)
    )
    assert spread is not None
    has_rest = distance is not None
    return Summary(
        words=_namer(run).terms(inside),
        centre=mean[inside].mean(axis=0).astype(np.float32),
        rest=mean[~inside].mean(axis=0).astype(np.float32) if has_rest else None,
        spread=spread,
        distance=distance,
        separation=apart,
    )


def applied(
    run: Run, summary: Summary, sentence: str, decoding: Decoding | None = None
) -> list[str]:
    """A sentence moved along the direction from the rest to the selection, decoded at `STEPS`.

    Raises:
        ExplorerError: If the selection has no rest to come from.
    """
    if summary.rest is None:
        raise ExplorerError(
            f"a direction needs {MIN_SIZE} sentences in the selection, and {MIN_SIZE} outside it"
        )
    return run.decode(run.analogy(summary.rest, summary.centre, sentence, STEPS), decoding)


def _measures(
    mean: Float[np.ndarray, "n d"], inside: Bool[np.ndarray, " n"]
) -> tuple[float, float | None, float | None]:
    """Spread of a group; length of its direction from the rest, and their separation."""
    group, rest = mean[inside], mean[~inside]
    spread = float(np.sqrt(group.var(axis=0).sum()))
    if min(len(group), len(rest)) < MIN_SIZE:
        return spread, None, None
    return spread, float(np.linalg.norm(direction(group, rest))), separation(group, rest)


def _random_groups(
    inside: Bool[np.ndarray, " n"], mean: Float[np.ndarray, "n d"], seed: int
) -> list[Bool[np.ndarray, " n"]]:
    count = max(_FEWEST_GROUPS, min(RANDOM_GROUPS, _MAX_NUMBERS // (4 * mean.size)))
    random = np.random.default_rng(seed)
    return [random.permutation(inside) for _ in range(count)]


def _score(value: float, random: np.ndarray) -> Score:
    values = random.astype(np.float64)
    return Score(value, float(values.mean()), float(values.std()), len(values))


def _namer(run: MappedRun) -> Namer:
    return _namers.get((run, run.texts_are_real), lambda: Namer(run.texts))
