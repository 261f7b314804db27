"""Vocabularies of bags of words: texts without order, stop words and rare words."""

from collections.abc import Iterable, Mapping

from explorer.text.tokens import UNK
from explorer.text.vocabulary import WordVocabulary

MOST_TEXTS = 0.5
"""A word in a larger fraction of the texts tells nothing about one of them, in any language."""
FEWEST_TEXTS = 3
"""A word in fewer texts has nothing to go with."""

_STOP_WORDS = """
a about above across after afterwards again against all almost alone along already also although
always am among amongst an and another any anybody anyhow anyone anything anyway anywhere are aren
around as at away back be became because become becomes been before beforehand behind being below
beside besides between beyond both but by came can cannot come could couldn did didn do does doesn
doing don done down during each either else elsewhere enough especially etc even ever every
everybody everyone everything everywhere except far few first for former from further gave get
gets getting give given gives go goes going gone got gotten had hadn has hasn have haven having he
hence her here hers herself him himself his how however i ie if in indeed instead into is isn it
its itself just keep kept last least less let like ll made mainly make makes making many may maybe
me might mine more moreover most mostly much must my myself near nearly neither never nevertheless
next no nobody none nor not nothing now nowhere of off often oh ok on once one ones only onto or
other others otherwise ought our ours ourselves out over own perhaps please put quite rather re
really said same saw say saying says see seem seemed seems seen several shall she should shouldn
since so some somebody somehow someone something sometimes somewhere still such sure take taken
taking than that the their theirs them themselves then there therefore these they thing things
think this those though through throughout thus to together too took toward towards try trying
two under until up upon us use used uses using usually ve very via was wasn way we well went were
weren what whatever when whence whenever where whereas wherever whether which while who whoever
whole whom whose why will with within without won would wouldn yes yet you your yours yourself
yourselves
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
"""English function words and verbs without content, apostrophes taken off with what follows."""


class BagVocabulary(WordVocabulary):
    """The words in most texts; others are left out of a text, and the order means nothing."""

    has_unknown = False
    has_order = False

    @classmethod
    def counted(cls, words: Iterable[str]) -> Iterable[str]:
        """Each word once: `learned` takes the number of texts that hold it."""
        return set(words)

    def encode(self, words: Iterable[str]) -> list[int]:
        """The ids of the words of the vocabulary; other words are left out."""
        return [self._ids[word] for word in words if self._ids.get(word, UNK) != UNK]

    def unknown(self, words: Iterable[str]) -> list[str]:
        """None: a word without an id is not read."""
        return []

    def rare(self, words: Iterable[str]) -> list[str]:
        """The distinct words that are not read, in order."""
        return super().unknown(words)


def content_words(counts: Mapping[str, int], texts: int) -> dict[str, int]:
    """The words that can tell what a text is about, with the number of texts that hold each.

    Left out are stop words, words without two letters in a row, and those in more than
    `MOST_TEXTS` or fewer than `FEWEST_TEXTS` of them, if that leaves any.

    Args:
        counts: Texts with each word.
        texts: In all.
    """
    words = {word: count for word, count in counts.items() if _has_content(word)}
    few = {
        word: count
        for word, count in words.items()
        if FEWEST_TEXTS <= count <= max(FEWEST_TEXTS, MOST_TEXTS * texts)
    }
    return few or words


def _has_content(word: str) -> bool:
    stem = word.partition("'")[0].partition("’")[0]
    return len(stem) > 1 and stem not in STOP_WORDS and any(map(str.isalpha, stem))
