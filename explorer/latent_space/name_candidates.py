"""What can name a group of texts: informative words, pairs of them, phrases, pronouns."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.latent_space.name_stop_words import (
    describes_origin,
    is_empty,
    is_form_word,
    is_function_word,
)
from explorer.text.search_words import join, words

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_LARGE = 1000  # texts
_WORD_LENGTH = 30  # characters; longer "words" are links and noise
_PHRASES = (2, 3)  # words of a phrase
_WEIGHTS = {"word": 1.0, "phrase": 0.9, "form": 0.5}
_LENGTH = 0.7
"""Power of a phrase's number of words in its weight: "I don't know" tells more than "I don't"."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A part of a name."""

    words: tuple[str, ...]
    kind: str
    """`word` (also a pair of adjacent ones), `phrase` (with a function word in it: "tell me", "I
    was"), or `form` (a pronoun, question word or contraction)."""

    @property
    def text(self) -> str:
        """As a name shows it."""
        return join(list(self.words))

    @property
    def weight(self) -> float:
        """How much it tells, beside an informative word of the same cover and lift."""
        longer = len(self.words) ** _LENGTH if self.kind == "phrase" else 1.0
        return _WEIGHTS[self.kind] * longer


def candidates(texts: Sequence[str]) -> "tuple[csr_matrix, list[Candidate]]":
    """The text–candidate matrix (0/1) and the candidates."""
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    each = [set(_of_text(words(text), ENGLISH_STOP_WORDS)) for text in texts]
    counts = Counter(candidate for own in each for candidate in own)
    # In a large corpus, a term in a single text is no name.
    least = 2 if len(texts) >= _LARGE else 1
    chosen = [
        candidate
        for candidate, count in counts.items()
        if count >= least and not describes_origin(candidate.words)
    ]
    chosen.sort(key=lambda candidate: (candidate.kind, candidate.words))
    columns = {candidate: column for column, candidate in enumerate(chosen)}
    entries = [
        (row, columns[candidate])
        for row, own in enumerate(each)
        for candidate in own
        if candidate in columns
    ]
    at = np.array(entries, np.int64).reshape(-1, 2)
    ones = np.ones(len(at), np.float32)
    matrix: Any = csr_matrix((ones, (at[:, 0], at[:, 1])), (len(texts), len(chosen)))
    return matrix, chosen


def is_informative(word: str, stop_words: frozenset[str]) -> bool:
    """Whether a word, case folded, can name a group wherever it stands in a text."""
    if is_function_word(word, stop_words) or len(word) > _WORD_LENGTH:
        return False
    return not word.isdigit() and (len(word) > 1 or not word.isascii())


def _of_text(text: list[str], stop_words: frozenset[str]) -> Iterator[Candidate]:
    telling = [is_informative(word, stop_words) for word in text]
    for word, tells in zip(text, telling, strict=True):
        if tells:
            yield Candidate((word,), "word")
        elif len(word) > 1 and is_form_word(word, stop_words):
            yield Candidate((word,), "form")
    for (a, b), both in zip(pairwise(text), map(all, pairwise(telling)), strict=True):
        if both and a != b:
            yield Candidate((a, b), "word")
    for length in _PHRASES:
        for start in range(len(text) - length + 1):
            phrase = tuple(text[start : start + length])
            if not all(telling[start : start + length]) and _is_phrase(phrase, stop_words):
                yield Candidate(phrase, "phrase")


def _is_phrase(words: tuple[str, ...], stop_words: frozenset[str]) -> bool:
    """Whether words with a function word among them can stand by themselves and tell the form."""
    if is_empty(words[0]) or is_empty(words[-1]) or len(set(words)) < len(words):
        return False
    if not any(is_form_word(word, stop_words) for word in words):
        return False
    return all(len(word) <= _WORD_LENGTH for word in words)
