"""Nearest sentences: in latent space, by words, by edits."""

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from explorer.text.search_words import plain, words

# Entries of one block of the distance matrix: 16 MB of float32, which stays near the cache.
_BLOCK = 4_000_000

_PHRASE = re.compile(r'"([^"]*)"')


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A sentence near a latent point."""

    index: int  # of the atlas
    text: str
    distance: float  # cosine distance of centred latents, 0…2


def nearest(
    z: Float[np.ndarray, "m d"],
    means: Float[np.ndarray, "n d"],
    k: int,
    metric: str = "cosine",
) -> tuple[Int[np.ndarray, "m k_found"], Float[np.ndarray, "m k_found"]]:
    """The k nearest points of each query, nearest first, ties in order of index.

    Args:
        z: Queries.
        means: The points searched.
        k: Neighbours per query; at most as many as there are points.
        metric: "cosine" is 1 − cosine after the mean of `means` is subtracted from both (as in
            caption retrieval; within 0…2, and 1 where a vector is zero); "euclidean" is the
            distance in latent units.

    Returns:
        Index into `means` and distance, (queries, neighbours).

    Raises:
        ValueError: If the metric is unknown.
    """
    if metric not in METRICS:
        raise ValueError(f"metric {metric!r} is not one of {', '.join(sorted(METRICS))}")
    queries, points = METRICS[metric](z, means)
    k = min(k, len(points))
    square = np.einsum("nd,nd->n", points, points)
    index = np.empty((len(queries), k), np.int64)
    rows = max(1, _BLOCK // max(1, len(points)))
    for start in range(0, len(queries), rows):
        block = queries[start : start + rows]
        # Squared distance minus |query|² has the same ranking, and is one matrix product.
        ranking = square - 2 * (block @ points.T)
        index[start : start + rows] = _smallest(ranking, k)
    # The dot form loses digits for near points: the few selected are measured exactly.
    gap = queries[:, None, :].astype(np.float64) - points[index]
    distance = np.sqrt(np.einsum("mkd,mkd->mk", gap, gap))
    order = np.lexsort((index, distance))
    index = np.take_along_axis(index, order, axis=1)
    distance = np.take_along_axis(distance, order, axis=1)
    if metric == "cosine":  # of unit vectors |a − b|² = 2 − 2 cos
        distance = _angular(queries, points, index, distance)
    return index, distance.astype(np.float32)


def _euclidean(
    z: Float[np.ndarray, "m d"], means: Float[np.ndarray, "n d"]
) -> tuple[Float[np.ndarray, "m d"], Float[np.ndarray, "n d"]]:
    # Subtracting the centre changes no distance and preserves digits of the dot form.
    centre = means.mean(axis=0, dtype=np.float64) if len(means) else 0.0
    return (z - centre).astype(np.float32), (means - centre).astype(np.float32)


def _centred_directions(
    z: Float[np.ndarray, "m d"], means: Float[np.ndarray, "n d"]
) -> tuple[Float[np.ndarray, "m d"], Float[np.ndarray, "n d"]]:
    return tuple(_unit(vectors) for vectors in _euclidean(z, means))  # type: ignore[return-value]


METRICS: dict[str, Callable] = {"cosine": _centred_directions, "euclidean": _euclidean}
"""Transforms of queries and points before Euclidean distance ranks them."""


def _unit(vectors: Float[np.ndarray, "m d"]) -> Float[np.ndarray, "m d"]:
    norm = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, norm, out=np.zeros_like(vectors), where=norm > 0)


def _angular(
    queries: Float[np.ndarray, "m d"],
    points: Float[np.ndarray, "n d"],
    index: Int[np.ndarray, "m k"],
    distance: Float[np.ndarray, "m k"],
) -> Float[np.ndarray, "m k"]:
    nothing_there = (points == 0).all(axis=1, keepdims=True)[index][:, :, 0]
    nothing_here = (queries == 0).all(axis=1, keepdims=True)
    return np.where(nothing_there | nothing_here, 1.0, np.minimum(distance**2 / 2, 2.0))


def _smallest(values: Float[np.ndarray, "m n"], k: int) -> Int[np.ndarray, "m k"]:
    if k >= values.shape[1]:
        return np.broadcast_to(np.arange(k), (len(values), k))
    if k == 1:
        return values.argmin(axis=1)[:, None]
    return np.argpartition(values, k, axis=1)[:, :k]


class TextIndex:
    """Finds sentences by their words, ignoring case and accents."""

    def __init__(self, texts: Sequence[str]) -> None:
        rows: dict[str, list[int]] = {}
        self._texts = [plain(text) for text in texts]
        self._words = [_parts(text) for text in self._texts]
        for row, parts in enumerate(self._words):
            for word in dict.fromkeys(parts):
                rows.setdefault(word, []).append(row)
        self._vocabulary = sorted(rows)
        self._rows = {word: np.array(indices, np.int64) for word, indices in rows.items()}

    def search(self, query: str, limit: int = 50) -> Int[np.ndarray, " rows"]:
        """The rows that contain every word of the query, best first.

        A word also matches longer words that begin with it; words in double quotes must be
        adjacent, in this order. Rows with the words as typed come first, then shorter sentences,
        then earlier rows. A query without any word (an emoji, "=1+1" has words, "?!" has none)
        is matched literally.
        """
        typed = plain(query)
        wanted = list(dict.fromkeys(_parts(typed)))
        if not wanted:
            return self._containing(typed.strip(), limit)
        exact = np.zeros(len(self._texts), np.int64)
        for word in wanted:
            exact[self._rows.get(word, np.empty(0, np.int64))] += 1
        matches = self.matching(query).tolist()
        matches.sort(key=lambda row: (-exact[row], len(self._words[row]), row))
        return np.array(matches[:limit], np.int64)

    def matching(self, query: str) -> Int[np.ndarray, " rows"]:
        """The rows of `search`, all of them, in ascending order: much faster where many match."""
        typed = plain(query)
        wanted = list(dict.fromkeys(_parts(typed)))
        if not wanted:
            return np.sort(self._containing(typed.strip(), len(self._texts)))
        matches = np.ones(len(self._texts), bool)
        for word in wanted:
            has_word = np.zeros(len(self._texts), bool)
            has_word[self._beginning_with(word)] = True
            matches &= has_word
        rows = np.flatnonzero(matches)
        phrases = [p for p in map(_parts, _PHRASE.findall(typed)) if p]
        if not phrases:
            return rows
        held = [row for row in rows.tolist() if all(self._holds(row, p) for p in phrases)]
        return np.array(held, np.int64)

    def _beginning_with(self, word: str) -> Int[np.ndarray, " rows"]:
        """Rows, some of them repeated."""
        start = bisect_left(self._vocabulary, word)
        stop = bisect_left(self._vocabulary, word + chr(0x10FFFF))
        groups = [self._rows[longer] for longer in self._vocabulary[start:stop]]
        return np.concatenate(groups) if groups else np.empty(0, np.int64)

    def _holds(self, row: int, phrase: list[str]) -> bool:
        own = self._words[row]
        return any(own[at : at + len(phrase)] == phrase for at in range(len(own)))

    def _containing(self, symbols: str, limit: int) -> Int[np.ndarray, " rows"]:
        if not symbols:
            return np.empty(0, np.int64)
        rows = [row for row, text in enumerate(self._texts) if symbols in text]
        rows.sort(key=lambda row: (len(self._texts[row]), row))
        return np.array(rows[:limit], np.int64)


def _parts(text: str) -> list[str]:
    # So that "école" finds "l'école".
    return words(text.replace("'", " ").replace("’", " "))


def edit_distance(a: Sequence[str], b: Sequence[str]) -> int:
    """Tokens to insert, delete or replace to turn `a` into `b` (Levenshtein)."""
    previous = list(range(len(b) + 1))
    for row, token in enumerate(a, start=1):
        current = [row]
        for column, other in enumerate(b, start=1):
            current.append(
                min(
                    previous[column] + 1,
                    current[-1] + 1,
                    previous[column - 1] + (token != other),
                )
            )
        previous = current
    return previous[-1]
