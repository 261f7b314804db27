"""The topics of two runs of documents, each matched with the one most like it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from explorer.errors import ExplorerError
from explorer.explore.topics import Topic, topic_model, topics
from explorer.latent_space.topics import COHERENT, contrast

if TYPE_CHECKING:
    from explorer.explore.mapped_run import MappedRun


@dataclass(frozen=True, slots=True)
class TopicPair:
    """A topic of each of two runs."""

    first: Topic
    second: Topic
    similarity: float
    """Cosine of what tells the two from the average of their run, on the words both runs know; 0
    to 1."""
    shared: list[str]
    """Words that both list, in the order of the first."""


@dataclass(frozen=True, slots=True)
class Match:
    """All pairs, the most alike first, and the topics of the larger run that are left over."""

    pairs: list[TopicPair]
    left_first: list[Topic]
    left_second: list[Topic]


def match(first: "MappedRun", second: "MappedRun", words: int = COHERENT) -> Match:
    """Pairs each topic of the run with fewer with a different one of the other.

    Of all assignments it is the one with the largest sum of similarities (Kuhn 1955).

    Args:
        first: Of documents.
        second: The same; the words of both are matched by spelling.
        words: How many to list for each topic.

    Raises:
        ExplorerError: If one is not of documents or has no map, or they share no word.
    """
    from scipy.optimize import linear_sum_assignment

    scores = _similarities(first, second)
    ours, theirs = linear_sum_assignment(scores, maximize=True)
    sides = [{item.number: item for item in topics(run, words)} for run in (first, second)]
    pairs = [
        _pair(sides[0].pop(one), sides[1].pop(other), float(scores[one, other]))
        for one, other in zip(ours.tolist(), theirs.tolist(), strict=True)
    ]
    pairs.sort(key=lambda pair: -pair.similarity)
    return Match(pairs, list(sides[0].values()), list(sides[1].values()))


def table(first: "MappedRun", second: "MappedRun") -> Any:
    """The pairs as a pandas table, the most alike first."""
    import pandas as pd

    return pd.DataFrame(
        {
            first.name: pair.first.name,
            second.name: pair.second.name,
            "Similarity": pair.similarity,
            "Shared": pair.shared,
            f"{first.name}: words": pair.first.words,
            f"{second.name}: words": pair.second.words,
        }
        for pair in match(first, second).pairs
    )


def _pair(first: Topic, second: Topic, similarity: float) -> TopicPair:
    shared = [word for word in first.words if word in second.words]
    return TopicPair(first, second, similarity, shared)


def _similarities(
    first: "MappedRun", second: "MappedRun"
) -> Float[np.ndarray, "topics_of_first topics_of_second"]:
    index = {word: column for column, word in enumerate(second.vocabulary.entries)}
    known = [
        (column, index[word])
        for column, word in enumerate(first.vocabulary.entries)
        if word in index
    ]
    models = [topic_model(run) for run in (first, second)]
    ours, theirs = (
        _directions(model.words[:, [pair[side] for pair in known]])
        for side, model in enumerate(models)
    )
    if not (ours.any() and theirs.any()):
        raise ExplorerError(f"the topics of {first.name} and {second.name} share no words")
    return ours @ theirs.T


def _directions(words: Float[np.ndarray, "topics words"]) -> Float[np.ndarray, "topics words"]:
    """What is likelier in each topic than on average, scaled to length 1; 0 where nothing is."""
    above = np.maximum(contrast(words), 0.0)
    lengths = np.linalg.norm(above, axis=1, keepdims=True)
    return above / np.where(lengths > 0, lengths, 1.0)
