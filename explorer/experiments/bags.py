"""Bags of words: the sentences of the shipped everyday map, whose order of words is dropped."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float32

from explorer.explore.run import open_run
from explorer.latent_space.name_stop_words import is_function_word
from explorer.text.search_words import words

RUN = "everyday"
"""The run whose map holds its sentences, as their sources' terms allow."""
_MIN_LETTERS = 3
_TEST = 0.1
_MIN_WORDS = 2
"""Words of the vocabulary that a sentence needs."""


@dataclass(frozen=True)
class Bags:
    """Counts of words, a row a sentence."""

    words: tuple[str, ...]
    train: Float32[np.ndarray, "train words"]
    test: Float32[np.ndarray, "test words"]


@cache
def everyday(num_words: int, count: int = 0) -> Bags:
    """The sentences of the shipped everyday map over its most frequent words.

    Function words are left out: every topic has them alike. Sentences with fewer than two of the
    words are, too. A tenth, drawn once for all seeds, is for testing.

    Args:
        num_words: Size of the vocabulary.
        count: At most so many sentences; 0 for all.

    Raises:
        ExplorerError: If the run is not here.
    """
    rows = [_content_words(text) for text in open_run(RUN).texts]
    frequent = Counter(word for row in rows for word in row).most_common(num_words)
    bags = counts(rows, [word for word, _ in frequent])
    bags = bags[bags.sum(1) >= _MIN_WORDS]
    bags = np.random.default_rng(0).permutation(bags)[: count or None]
    tests = round(len(bags) * _TEST)
    return Bags(tuple(word for word, _ in frequent), bags[tests:], bags[:tests])


def counts(
    rows: Iterable[Sequence[str]], words: Sequence[str]
) -> Float32[np.ndarray, "rows words"]:
    """How often each word is in each row."""
    index = {word: number for number, word in enumerate(words)}
    rows = list(rows)
    result = np.zeros((len(rows), len(words)), np.float32)
    for number, row in enumerate(rows):
        for word in row:
            if word in index:
                result[number, index[word]] += 1
    return result


def _content_words(text: str) -> list[str]:
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return [
        word
        for word in words(text)
        if len(word) >= _MIN_LETTERS and not is_function_word(word, ENGLISH_STOP_WORDS)
    ]
