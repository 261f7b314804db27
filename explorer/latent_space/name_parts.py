"""The parts of a region's name: informative words, and phrases with function words in them."""

from collections.abc import Sequence
from functools import cache

from explorer.latent_space.name_candidates import is_informative
from explorer.text.search_words import words


def holds(text: str, name: str) -> bool:
    """Whether a text holds an informative word of a name, or one of its phrases as a whole."""
    single, phrases = _parts(name)
    own = words(text)
    return not single.isdisjoint(own) or any(_contains(own, phrase) for phrase in phrases)


def informative_words(name: str) -> list[str]:
    """The words of a name that tell something by themselves, in order."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return [word for word in words(name) if is_informative(word, ENGLISH_STOP_WORDS)]


@cache
def _parts(name: str) -> tuple[frozenset[str], tuple[tuple[str, ...], ...]]:
    """The words of which a text holds any, and the phrases."""
    parts = [tuple(words(part)) for part in name.split(", ")]
    phrases = tuple(
        part for part in parts if len(informative_words(" ".join(part))) < len(part) > 1
    )
    return frozenset(word for part in parts if part not in phrases for word in part), phrases


def _contains(text: Sequence[str], phrase: tuple[str, ...]) -> bool:
    length = len(phrase)
    return any(
        tuple(text[start : start + length]) == phrase for start in range(len(text) - length + 1)
    )
