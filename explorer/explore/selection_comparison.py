"""Two selections of a map's sentences compared: overlap, words, centres, and how far apart."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from explorer.errors import ExplorerError
from explorer.explore import group_scores
from explorer.explore.group_scores import MIN_SIZE, Score
from explorer.explore.mapped_run import MappedRun
from explorer.latent_space.cluster_names import Term

NO_DIRECTION = (
    f"a direction needs {MIN_SIZE} sentences that are only in A, and {MIN_SIZE} that are only in B"
)


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two selections, A and B.

    Sentences in both count in the sizes alone; where one selection holds the other, it stands for
    its remaining sentences.

    Attributes:
        sizes: Sentences in A, and in B.
        both: Sentences in A and in B.
        words: Terms of A by class-based TF-IDF against B, and of B against A.
        centres: The means of the posterior means of A and of B.
        distance: Between the means of what is in one of them alone, latent units; None where
            that is too few sentences.
        separation: Cohen's d along that direction, held out; None likewise.
        decoded: The centres, decoded greedily; empty until they are.
    """

    sizes: tuple[int, int]
    both: int
    words: tuple[list[Term], list[Term]]
    centres: tuple[Float[np.ndarray, " d"], Float[np.ndarray, " d"]]
    distance: Score | None
    separation: Score | None
    ends: tuple[Float[np.ndarray, " d"], Float[np.ndarray, " d"]] | None
    """Where the direction from A to B begins and leads; None where there is none."""
    decoded: tuple[str, ...] = ()

    @property
    def overlap(self) -> float:
        """The fraction of all sentences of both that are in both (Jaccard index)."""
        return self.both / (sum(self.sizes) - self.both)


def compare(
    run: MappedRun, a: Int[np.ndarray, " a"], b: Int[np.ndarray, " b"], seed: int = 0
) -> Comparison:
    """Two selections compared, without the model.

    Args:
        run: The run.
        a: Atlas indexes of one selection.
        b: Of the other.
        seed: Of the random groups.

    Raises:
        ExplorerError: If one of them is empty, or both are the same sentences.
    """
    mean = run.needed_atlas.mean.astype(np.float64)
    in_a, in_b = _mask(len(mean), a, "A"), _mask(len(mean), b, "B")
    alone_a, alone_b = _apart(in_a, in_b)
    among = alone_a | alone_b
    namer = group_scores.namer(run)
    distance, separation = _scores(mean[among], alone_b[among], seed)
    ends = None
    if distance is not None:
        ends = (_centre(mean, alone_a), _centre(mean, alone_b))
    return Comparison(
        sizes=(int(in_a.sum()), int(in_b.sum())),
        both=int((in_a & in_b).sum()),
        words=(namer.terms(alone_a, among=among), namer.terms(alone_b, among=among)),
        centres=(_centre(mean, in_a), _centre(mean, in_b)),
        distance=distance,
        separation=separation,
        ends=ends,
    )


def _mask(count: int, rows: Int[np.ndarray, " rows"], name: str) -> Bool[np.ndarray, " n"]:
    if not len(rows):
        raise ExplorerError(f"no sentence is selected in {name}")
    result = np.zeros(count, bool)
    result[rows] = True
    return result


def _apart(
    in_a: Bool[np.ndarray, " n"], in_b: Bool[np.ndarray, " n"]
) -> tuple[Bool[np.ndarray, " n"], Bool[np.ndarray, " n"]]:
    """The sentences that stand for A and for B: none is in both groups."""
    alone_a, alone_b = in_a & ~in_b, in_b & ~in_a
    if not alone_a.any() and not alone_b.any():
        raise ExplorerError("A and B are the same sentences: select others to compare")
    if not alone_a.any():  # A is within B
        return in_a, alone_b
    return alone_a, alone_b if alone_b.any() else in_b


def _centre(
    mean: Float[np.ndarray, "n d"], inside: Bool[np.ndarray, " n"]
) -> Float[np.ndarray, " d"]:
    return mean[inside].mean(axis=0).astype(np.float32)


def _scores(
    mean: Float[np.ndarray, "m d"], inside: Bool[np.ndarray, " m"], seed: int
) -> tuple[Score | None, Score | None]:
    """Distance and separation of two groups, beside random divisions of their sentences."""
    _, distance, separation = group_scores.measures(mean, inside)
    if distance is None:
        return None, None
    random = np.array(
        [
            group_scores.measures(mean, other)[1:]
            for other in group_scores.random_groups(inside, mean.size, seed)
        ],
        np.float64,
    )
    apart = None if separation is None else group_scores.score(separation, random[:, 1])
    return group_scores.score(distance, random[:, 0]), apart
