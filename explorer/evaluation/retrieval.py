"""Whether captions of one image are neighbours in latent space, beside simple baselines."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int, Shaped

_ROWS = 512
"""Queries whose similarities to everyone are held at once."""


class QueryScores(NamedTuple):
    """The scores of each caption that has a sibling, 0 to 1."""

    p1: Float[np.ndarray, " queries"]
    r10: Float[np.ndarray, " queries"]
    rows: Int[np.ndarray, " queries"]
    """Which captions these are."""


class Retrieval(NamedTuple):
    """Shares of 0 … 1 over all captions that have a sibling."""

    p1: float
    """The nearest other caption is of the same image."""
    r10: float
    """Mean share of a caption's siblings among its ten nearest."""


def retrieve(vectors: Float[np.ndarray, "n d"], groups: Sequence[int]) -> Retrieval:
    """Scores the cosine of centred vectors.

    Raises:
        ValueError: If no two captions share a group.
    """
    return _mean(score_queries(vectors, groups))


def score_queries(
    vectors: Float[np.ndarray, "n d"],
    groups: Sequence[int],
    queries: Float[np.ndarray, "n d"] | None = None,
) -> QueryScores:
    """Each caption's scores by the cosine of vectors, all centred by the mean of `vectors`.

    Args:
        vectors: What is searched.
        groups: Of the captions.
        queries: What searches in place of a caption's own vector, such as a sample of its
            posterior; None takes that vector.

    Raises:
        ValueError: If no two captions share a group.
    """
    centre = vectors.mean(0, keepdims=True)
    keys = _unit(vectors - centre)
    asked = keys if queries is None else _unit(queries - centre)
    return _score(lambda rows: asked[rows] @ keys.T, groups)


def sampled(
    vectors: Float[np.ndarray, "n d"],
    groups: Sequence[int],
    draws: Float[np.ndarray, "draws n d"],
) -> tuple[QueryScores, Retrieval]:
    """The scores with draws as queries, averaged, and the standard deviation over draws.

    Args:
        vectors: What is searched: posterior means.
        groups: Of the captions.
        draws: Samples of each caption's posterior.
    """
    scores = [score_queries(vectors, groups, queries) for queries in draws]
    p1, r10 = (np.stack([getattr(one, name) for one in scores]) for name in ("p1", "r10"))
    spread = [float(score.mean(1).std(ddof=1)) if len(draws) > 1 else 0.0 for score in (p1, r10)]
    return QueryScores(p1.mean(0), r10.mean(0), scores[0].rows), Retrieval(*spread)


def _unit(vectors: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(norms > 0, norms, 1.0)


def _mean(scores: QueryScores) -> Retrieval:
    return Retrieval(float(scores.p1.mean()), float(scores.r10.mean()))


def chance(groups: Sequence[int]) -> Retrieval:
    """What a random order scores on average."""
    _, siblings = _siblings(groups)
    others = len(groups) - 1
    return Retrieval(float(siblings.mean()) / others, min(10, others) / others)


def by_length(tokens: Sequence[Sequence[str]], groups: Sequence[int], seed: int) -> Retrieval:
    """What closeness of the number of words scores; ties in random order."""
    lengths = np.array([len(row) for row in tokens], dtype=np.float64)
    ties = np.random.default_rng(seed)
    return _mean(
        _score(
            lambda rows: (
                -np.abs(lengths[rows, None] - lengths[None])
                + ties.random((len(rows), len(lengths))) / 2
            ),
            groups,
        )
    )


def by_words(
    tokens: Sequence[Sequence[str]], groups: Sequence[int], seed: int, dimensions: int = 32
) -> dict[str, Retrieval]:
    """What the captions' own words score: full TF-IDF vectors, and their LSA.

    Returns:
        `tfidf`, and `lsa_32` (or the dimensions asked for) where there are words enough for it.
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    if not any(tokens):
        return {}
    as_they_are: Any = list
    vectors: Any = TfidfVectorizer(analyzer=as_they_are).fit_transform(tokens)
    scores = _score(lambda rows: (vectors[rows] @ vectors.T).toarray(), groups)
    baselines = {"tfidf": _mean(scores)}
    if min(vectors.shape) > dimensions:
        lsa = TruncatedSVD(dimensions, random_state=seed).fit_transform(vectors)
        baselines[f"lsa_{dimensions}"] = retrieve(lsa, groups)
    return baselines


def _siblings(
    groups: Sequence[int],
) -> tuple[Int[np.ndarray, " queries"], Int[np.ndarray, " queries"]]:
    """Rows that have a sibling, and how many each has."""
    _, group, counts = np.unique(np.asarray(groups), return_inverse=True, return_counts=True)
    siblings = counts[group] - 1
    queries = np.flatnonzero(siblings)
    if not len(queries):
        raise ValueError("no two sentences share a group")
    return queries, siblings[queries]


def _score(similarity: Any, groups: Sequence[int]) -> QueryScores:
    group = np.asarray(groups)
    queries, siblings = _siblings(groups)
    nearest = min(10, len(group) - 1)
    first, fraction = np.empty(len(queries)), np.empty(len(queries))
    for start in range(0, len(queries), _ROWS):
        part = slice(start, start + _ROWS)
        rows = queries[part]
        scores: Shaped[np.ndarray, "rows n"] = similarity(rows)
        scores[np.arange(len(rows)), rows] = -np.inf  # a caption does not find itself
        top = np.argpartition(-scores, nearest - 1, axis=1)[:, :nearest]
        ranked = np.take_along_axis(scores, top, 1)
        hit = group[top] == group[rows, None]
        first[part] = hit[np.arange(len(rows)), ranked.argmax(1)]
        fraction[part] = hit.sum(1) / siblings[part]
    return QueryScores(first, fraction, queries)
