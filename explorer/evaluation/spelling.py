"""What it costs to spell the words that a model reads as `<unk>`: an open vocabulary."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from explorer.text.vocabulary import Vocabulary

ORDER = 5
"""Bytes of context at most."""
LEAST_WORDS = 1000
"""Unknown words of the training text below which all of its words teach spelling."""

_SYMBOLS = 257  # every byte, and the end of a word


class SpellingModel:
    """A distribution over all words: an n-gram model of their UTF-8 bytes and their end.

    Contexts of up to `ORDER` bytes are interpolated by Witten–Bell smoothing, down to a uniform
    distribution, so that every word has a probability and they sum to 1.

    Args:
        words: To learn from; each counts once, however often it occurs.

    Source:
        Witten & Bell (1991), doi:10.1109/18.87000, method C.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._counts: defaultdict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
        for word in sorted(set(words)):
            for context, symbol in _steps(word):
                for start in range(len(context) + 1):
                    self._counts[context[start:]][symbol] += 1

    def nats(self, word: str) -> float:
        """−log p of a word, its end included."""
        return -sum(math.log(self._probability(*step)) for step in _steps(word))

    def _probability(self, context: tuple[int, ...], symbol: int) -> float:
        probability = 1 / _SYMBOLS
        for start in range(len(context), -1, -1):
            counts = self._counts.get(context[start:])
            if counts:
                kinds, total = len(counts), counts.total()
                probability = (counts[symbol] + kinds * probability) / (total + kinds)
        return probability


def unknown_words(vocabulary: Vocabulary, sentences: Sequence[Sequence[str]]) -> list[list[str]]:
    """The words of each sentence that are read as `<unk>`, as often as they occur."""
    unknown = set(vocabulary.unknown(word for tokens in sentences for word in tokens))
    return [[word for word in tokens if word in unknown] for tokens in sentences]


def spelling_model(vocabulary: Vocabulary, training: Iterable[Iterable[str]]) -> SpellingModel:
    """The spelling of the training words that a vocabulary does not know.

    Where they are fewer than `LEAST_WORDS`, that of all training words.
    """
    words = {word for tokens in training for word in tokens}
    unknown = vocabulary.unknown(words)
    return SpellingModel(unknown if len(unknown) >= LEAST_WORDS else words)


_START, _END = -1, 256


def _steps(word: str) -> Iterable[tuple[tuple[int, ...], int]]:
    """Each symbol of a word with the symbols before it."""
    symbols = (_START, *word.encode(errors="surrogatepass"), _END)
    for position in range(1, len(symbols)):
        yield symbols[max(0, position - ORDER) : position], symbols[position]
