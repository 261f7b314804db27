"""Whether captions of one image are neighbours in latent space, beside simple baselines."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int, Shaped

_ROWS = 512
"""Queries whose similarities to everyone are held at once."""


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
    centred = vectors - vectors.mean(0, keepdims=True)
    norms = np.linalg.norm(centred, axis=1, keepdims=True)
    unit = centred / np.where(norms > 0, norms, 1.0)
    return _score(lambda rows: unit[rows] @ unit.T, groups)


def chance(groups: Sequence[int]) -> Retrieval:
    """What a random order scores on average."""
    _, siblings = _siblings(groups)
    others = len(groups) - 1
    return Retrieval(float(siblings.mean()) / others, min(10, others) / others)


def by_length(tokens: Sequence[Sequence[str]], groups: Sequence[int], seed: int) -> Retrieval:
    """What closeness of the number of words scores; ties in random order."""
    lengths = np.array([len(row) for row in tokens], dtype=np.float64)
    ties = np.random.default_rng(seed)
    return _score(
        lambda rows: (
            -np.abs(lengths[rows, None] - lengths[None])
            + ties.random((len(rows), len(lengths))) / 2
        ),
        groups,
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
    found = {"tfidf": _score(lambda rows: (vectors[rows] @ vectors.T).toarray(), groups)}
    if min(vectors.shape) > dimensions:
        lsa = TruncatedSVD(dimensions, random_state=seed).fit_transform(vectors)
        found[f"lsa_{dimensions}"] = retrieve(lsa, groups)
    return found


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


def _score(similarity: Any, groups: Sequence[int]) -> Retrieval:
    group = np.asarray(groups)
    queries, siblings = _siblings(groups)
    nearest = min(10, len(group) - 1)
    first, found = np.empty(len(queries)), np.empty(len(queries))
    for start in range(0, len(queries), _ROWS):
        part = slice(start, start + _ROWS)
        rows = queries[part]
        scores: Shaped[np.ndarray, "rows n"] = similarity(rows)
        scores[np.arange(len(rows)), rows] = -np.inf  # a caption does not find itself
        top = np.argpartition(-scores, nearest - 1, axis=1)[:, :nearest]
        ranked = np.take_along_axis(scores, top, 1)
        hit = group[top] == group[rows, None]
        first[part] = hit[np.arange(len(rows)), ranked.argmax(1)]
        found[part] = hit.sum(1) / siblings[part]
    return Retrieval(float(first.mean()), float(found.mean()))
