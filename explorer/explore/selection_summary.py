"""What a selection of a map's sentences is: its words, its centre, its spread, its direction."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from explorer.errors import ExplorerError
from explorer.explore import group_scores
from explorer.explore.group_scores import MIN_SIZE, Score
from explorer.explore.mapped_run import MappedRun
from explorer.explore.run import Run
from explorer.latent_space.cluster_names import Term
from explorer.models.decoding_settings import Decoding

STEPS = (0.0, 1.0, 1.5, 2.0, 3.0)
"""How far a direction is followed, in lengths of the direction."""


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
    own = group_scores.measures(mean, inside)
    random = np.array(
        [
            group_scores.measures(mean, other)
            for other in group_scores.random_groups(inside, mean.size, seed)
        ]
    )
    spread, distance, apart = (
        None if value is None else group_scores.score(value, random[:, column])
        for column, value in enumerate(own)
    )
    assert spread is not None
    has_rest = distance is not None
    return Summary(
        words=group_scores.namer(run).terms(inside),
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
