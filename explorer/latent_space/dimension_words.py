"""What a coordinate tells apart: the words whose sentences lie on its one side and its other."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from explorer.latent_space.cluster_names import alike
from explorer.text.search_words import words

_LISTED = 3  # words of a side
_LEAST_TEXTS = 10  # that hold a word
_LEAST_SCORE = 5.0  # standard errors: chance alone reaches it once in millions of words


@dataclass(frozen=True, slots=True)
class Sides:
    """One coordinate in words."""

    low: list[str]
    """Of the sentences on its lower side, the most telling first; none that chance would give."""
    high: list[str]
    length: float
    """Correlation of the coordinate with the number of words, −1 to 1."""


def sides(texts: Sequence[str], along: Float[np.ndarray, "n d"]) -> list[Sides]:
    """Names both ends of every coordinate.

    A word's score is the mean coordinate of the texts that hold it, in standard errors of that
    mean, were the texts drawn by chance from all. Function words count: "are" and "is" are what
    some coordinates tell apart.

    Args:
        texts: Any text; it is data, and only letters, digits, apostrophes and hyphens are named.
        along: Their coordinates.

    Returns:
        The sides of each coordinate.
    """
    from sklearn.feature_extraction.text import CountVectorizer

    own = [words(text) for text in texts]
    spread = along - along.mean(axis=0, dtype=np.float64)
    width = spread.std(axis=0)
    standard = np.divide(spread, width, out=np.zeros_like(spread), where=width > 0)
    lengths = _lengths([len(found) for found in own], standard)
    settings: dict[str, Any] = {"analyzer": list, "min_df": _LEAST_TEXTS, "dtype": np.float64}
    vectoriser = CountVectorizer(binary=True, **settings)
    try:
        matrix: Any = vectoriser.fit_transform(own)
    except ValueError:  # scikit-learn's way to say that no word is left
        return [Sides([], [], length) for length in lengths]
    terms = vectoriser.get_feature_names_out().tolist()
    count = np.asarray(matrix.sum(axis=0)).ravel()
    # The mean of so many of a finite number of texts; a word in all of them has no error at all.
    error = np.sqrt(np.maximum(1 - count / len(own), 0) / count)
    means = np.asarray(matrix.T @ standard) / count[:, None]
    scores = np.divide(means, error[:, None], out=np.zeros_like(means), where=error[:, None] > 0)
    return [
        Sides(_first(-scores[:, k], terms), _first(scores[:, k], terms), length)
        for k, length in enumerate(lengths)
    ]


def _lengths(lengths: Sequence[int], standard: Float[np.ndarray, "n d"]) -> list[float]:
    away = np.array(lengths, np.float64) - np.mean(lengths)
    width = away.std()
    return (
        away @ standard / (len(away) * width) if width else np.zeros(standard.shape[1])
    ).tolist()


def _first(scores: Float[np.ndarray, " terms"], terms: Sequence[str]) -> list[str]:
    """The words with the highest scores, not two forms of one."""
    found: list[str] = []
    for column in np.argsort(-scores, kind="stable"):
        if scores[column] < _LEAST_SCORE or len(found) == _LISTED:
            break
        word = terms[int(column)]
        if not any(alike(word, other) for other in found):
            found.append(word)
    return found
