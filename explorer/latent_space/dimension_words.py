"""What a latent dimension encodes: the words whose sentences lie at its ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from explorer.latent_space.name_cover import alike
from explorer.text.search_words import words

_LISTED = 3  # words of an end
_MIN_TEXTS = 10  # that contain a word
_MIN_SCORE = 5.0  # standard errors: reached by chance once in millions of words


@dataclass(frozen=True, slots=True)
class DimensionWords:
    """The words of a latent dimension."""

    low: list[str]
    """Significant words of the sentences at its lower end, the highest score first."""
    high: list[str]
    length: float
    """Correlation of the coordinate with the number of words, −1 to 1."""


def dimension_words(texts: Sequence[str], along: Float[np.ndarray, "n d"]) -> list[DimensionWords]:
    """Names both ends of every coordinate.

    A word's score is the mean coordinate of the texts that contain it, in standard errors of that
    mean under random sampling from all texts. Function words count: some coordinates separate
    "are" from "is".

    Args:
        texts: Any text; it is data, and only letters, digits, apostrophes and hyphens are named.
        along: Their coordinates.

    Returns:
        The words of each coordinate.
    """
    from sklearn.feature_extraction.text import CountVectorizer

    words_of = [words(text) for text in texts]
    spread = along - along.mean(axis=0, dtype=np.float64)
    width = spread.std(axis=0)
    standard = np.divide(spread, width, out=np.zeros_like(spread), where=width > 0)
    lengths = _lengths([len(words) for words in words_of], standard)
    settings: dict[str, Any] = {"analyzer": list, "min_df": _MIN_TEXTS, "dtype": np.float64}
    vectoriser = CountVectorizer(binary=True, **settings)
    try:
        matrix: Any = vectoriser.fit_transform(words_of)
    except ValueError:  # scikit-learn raises it for an empty vocabulary
        return [DimensionWords([], [], length) for length in lengths]
    terms = vectoriser.get_feature_names_out().tolist()
    count = np.asarray(matrix.sum(axis=0)).ravel()
    # With the finite population correction: a word in all texts has no error.
    error = np.sqrt(np.maximum(1 - count / len(words_of), 0) / count)
    means = np.asarray(matrix.T @ standard) / count[:, None]
    scores = np.divide(means, error[:, None], out=np.zeros_like(means), where=error[:, None] > 0)
    return [
        DimensionWords(_first(-scores[:, k], terms), _first(scores[:, k], terms), length)
        for k, length in enumerate(lengths)
    ]


def _lengths(lengths: Sequence[int], standard: Float[np.ndarray, "n d"]) -> list[float]:
    away = np.array(lengths, np.float64) - np.mean(lengths)
    width = away.std()
    return (
        away @ standard / (len(away) * width) if width else np.zeros(standard.shape[1])
    ).tolist()


def _first(scores: Float[np.ndarray, " terms"], terms: Sequence[str]) -> list[str]:
    """The words with the highest scores, one form of each."""
    words: list[str] = []
    for column in np.argsort(-scores, kind="stable"):
        if scores[column] < _MIN_SCORE or len(words) == _LISTED:
            break
        word = terms[int(column)]
        if not any(alike(word, other) for other in words):
            words.append(word)
    return words
