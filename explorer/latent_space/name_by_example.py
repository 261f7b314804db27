"""A typical text in quotation marks: the name of a group whose texts share no telling words."""

from collections import Counter
from collections.abc import Collection, Sequence
from math import log

from explorer.latent_space.name_parts import informative_words
from explorer.latent_space.name_stop_words import describes_origin
from explorer.text.search_words import words

_LENGTHS = range(3, 7)  # words of a text that fits on the map
_LEAST_LIFT = 1.2  # of one of its words: the text is more at home here than elsewhere
_LEAST_COUNT = 2  # texts of the group with a word that says something about the group


def is_example(name: str) -> bool:
    """Whether a name is a text in quotation marks."""
    return name.startswith("“")


class Examples:
    """Finds typical texts of groups of the same texts; the words are counted once.

    Args:
        texts: Of all groups.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._words = [words(text) for text in texts]
        self._everywhere = Counter(word for own in self._words for word in set(own))

    def best(self, inside: Sequence[int], taken: Collection[str]) -> str:
        """The short text whose words are the most typical of a group; empty if there is none.

        Typical is a word by its share of the group's texts times the logarithm of its lift; of a
        text the mean over its words counts.

        Args:
            inside: Indices of the group's texts.
            taken: Names that other groups have.
        """
        lift = self._lift(inside)
        best, name = 0.0, ""
        for row in inside:
            own = self._words[row]
            quoted = f"“{' '.join(self._texts[row].split()).rstrip('. ')}”"
            if len(own) not in _LENGTHS or quoted in taken or describes_origin(tuple(own)):
                continue
            known = [lift[word] for word in own if word in lift]
            if max((ratio for _, ratio in known), default=0.0) < _LEAST_LIFT:
                continue
            score = sum(share * log(ratio) for share, ratio in known) / len(own)
            if score > best and informative_words(self._texts[row]):
                best, name = score, quoted
        return name

    def _lift(self, inside: Sequence[int]) -> dict[str, tuple[float, float]]:
        """The share of a group's texts with each word, and that share against all texts."""
        counts = Counter(word for row in inside for word in set(self._words[row]))
        return {
            word: (share, share * len(self._texts) / self._everywhere[word])
            for word, count in counts.items()
            if count >= _LEAST_COUNT
            for share in [count / len(inside)]
        }
