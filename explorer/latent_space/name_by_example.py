"""A typical text in quotation marks: the name of a group whose texts share no telling words."""

from collections import Counter
from collections.abc import Collection, Sequence
from math import log

from explorer.latent_space.name_parts import informative_words
from explorer.latent_space.name_stop_words import describes_origin
from explorer.text.search_words import words

_WORDS = range(3, 7)  # of a text that can stand on the map
_LEAST_LIFT = 1.2  # of one of its words: the text is more at home here than elsewhere
_RARE = 2  # texts of the group with a word that says something about the group


def is_example(name: str) -> bool:
    """Whether a name is a text in quotation marks."""
    return name.startswith("“")


def example(texts: Sequence[str], inside: Sequence[int], taken: Collection[str]) -> str:
    """The short text of a group whose words are the most typical of it; empty if there is none.

    Typical is a word by its share of the group's texts times the logarithm of its lift; of a text
    the mean over its words counts.

    Args:
        texts: Of all groups.
        inside: Indices of the group's texts.
        taken: Names that other groups have.
    """
    everywhere = Counter(word for text in texts for word in set(words(text)))
    own = Counter(word for row in inside for word in set(words(texts[row])))
    lift = {
        word: count / len(inside) * len(texts) / everywhere[word]
        for word, count in own.items()
        if count >= _RARE
    }
    best, name = 0.0, ""
    for row in inside:
        spelled = words(texts[row])
        quoted = f"“{' '.join(texts[row].split()).rstrip('. ')}”"
        if len(spelled) not in _WORDS or quoted in taken or describes_origin(tuple(spelled)):
            continue
        lifts = [lift.get(word, 0.0) for word in spelled]
        if max(lifts) < _LEAST_LIFT or not informative_words(texts[row]):
            continue
        typical = [
            own[word] / len(inside) * log(one)
            for word, one in zip(spelled, lifts, strict=True)
            if one > 0
        ]
        score = sum(typical) / len(spelled)
        if score > best:
            best, name = score, quoted
    return name
