"""Search of texts by their words, ignoring case and accents."""

import re
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Int

from explorer.text.search_words import plain, words

_PHRASE = re.compile(r'"([^"]*)"')


class TextIndex:
    """Finds texts by their words, ignoring case and accents.

    Args:
        texts: They are not copied.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        known: defaultdict[str, int] = defaultdict()
        known.default_factory = known.__len__
        ids, lengths = array("i"), array("i")
        for text in texts:
            parts = _parts(plain(text))
            ids.extend([known[word] for word in parts])
            lengths.append(len(parts))
        self._vocabulary = sorted(known)
        rank = np.empty(len(known), np.int32)
        rank[[known[word] for word in self._vocabulary]] = np.arange(len(known), dtype=np.int32)
        self._lengths = np.array(lengths, np.int32)
        self._ends = self._lengths.cumsum()
        self._words = rank[np.array(ids, np.int32)]
        """Of all texts, one after the other: each word's index in the vocabulary."""
        self._by_word = np.repeat(np.arange(len(texts), dtype=np.int32), self._lengths)[
            np.argsort(self._words, kind="stable")
        ]
        """The rows with the first word of the vocabulary, then those with the second, …"""
        self._starts = np.zeros(len(known) + 1, np.int64)
        np.bincount(self._words, minlength=len(known)).cumsum(out=self._starts[1:])

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
            first = bisect_left(self._vocabulary, word)
            is_known = self._vocabulary[first : first + 1] == [word]
            exact += self._has(first, first + is_known)
        rows = self.matching(query)
        order = np.lexsort((rows, self._lengths[rows], -exact[rows]))
        return rows[order[:limit]]

    def matching(self, query: str) -> Int[np.ndarray, " rows"]:
        """The rows of `search`, all of them, in ascending order."""
        typed = plain(query)
        wanted = list(dict.fromkeys(_parts(typed)))
        if not wanted:
            return np.sort(self._containing(typed.strip(), len(self._texts)))
        matches = np.ones(len(self._texts), bool)
        for word in wanted:
            end = bisect_left(self._vocabulary, word + chr(0x10FFFF))
            matches &= self._has(bisect_left(self._vocabulary, word), end)
        for phrase in map(_parts, _PHRASE.findall(typed)):
            if phrase and matches.any():
                matches &= self._holds(phrase)
        return np.flatnonzero(matches)

    def _has(self, first: int, end: int) -> Bool[np.ndarray, " texts"]:
        """Whether each text has one of these words of the vocabulary."""
        result = np.zeros(len(self._texts), bool)
        result[self._by_word[self._starts[first] : self._starts[end]]] = True
        return result

    def _holds(self, phrase: list[str]) -> Bool[np.ndarray, " texts"]:
        """Whether each text has these words of the vocabulary, one after the other."""
        result = np.zeros(len(self._texts), bool)
        ids = [bisect_left(self._vocabulary, word) for word in phrase]
        if any(self._vocabulary[i : i + 1] != [w] for i, w in zip(ids, phrase, strict=True)):
            return result
        at = np.flatnonzero(self._words[: len(self._words) - len(ids) + 1] == ids[0])
        for step, word in enumerate(ids[1:], start=1):
            at = at[self._words[at + step] == word]
        rows = np.searchsorted(self._ends, at, side="right")
        result[rows[at + len(ids) <= self._ends[rows]]] = True
        return result

    def _containing(self, symbols: str, limit: int) -> Int[np.ndarray, " rows"]:
        if not symbols:
            return np.empty(0, np.int64)
        sizes = {
            row: len(text) for row, text in enumerate(map(plain, self._texts)) if symbols in text
        }
        return np.array(sorted(sizes, key=lambda row: (sizes[row], row))[:limit], np.int64)


def _parts(text: str) -> list[str]:
    # So that "école" finds "l'école".
    return words(text.replace("'", " ").replace("’", " "))
