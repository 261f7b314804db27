"""Names for groups of texts by how they begin, such as "how …, what …" and "two men …"."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from explorer.latent_space.name_stop_words import describes_origin
from explorer.text.search_words import words

_LONGEST = 3  # words of an opening, and of all openings of a name
_MOST = 2  # openings of a name
_LEAST_COVER = 0.1  # of the group's texts begin so
_ELLIPSIS = " …"

Opening = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpeningName:
    """A name, and the fraction of the group's texts that begin as it says."""

    name: str
    cover: float


class Openings:
    """The beginnings of the same texts, counted once for any number of groupings."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._first = [tuple(words(text)[:_LONGEST]) for text in texts]
        self._everywhere = Counter(
            opening for first in self._first for opening in _beginnings(first)
        )

    def name(
        self, rows: Int[np.ndarray, " n"], least_lift: float, used: frozenset[Opening]
    ) -> tuple[OpeningName, frozenset[Opening]] | None:
        """The name of a group, by one or two openings that set it apart.

        The first opening has the highest cover times logarithm of lift, the second of those that
        remain on the texts that the first leaves.

        Args:
            rows: Of the group's texts.
            least_lift: How much more frequent an opening is in the group than in all texts.
            used: Openings that name other groups.

        Returns:
            The name and its openings; None where no opening qualifies.
        """
        own = [self._first[row] for row in rows.tolist()]
        chosen: list[Opening] = []
        left, covered = own, 0
        while len(chosen) < _MOST:
            room = _LONGEST - sum(map(len, chosen))
            best = self._best(left, len(own), least_lift, room, used)
            if best is None:
                break
            chosen.append(best)
            remaining = [first for first in left if first[: len(best)] != best]
            covered += len(left) - len(remaining)
            left = remaining
        if not chosen:
            return None
        name = ", ".join(" ".join(opening) + _ELLIPSIS for opening in chosen)
        return OpeningName(name, covered / len(own)), frozenset(chosen)

    def _best(
        self,
        left: Sequence[Opening],
        size: int,
        least_lift: float,
        room: int,
        used: frozenset[Opening],
    ) -> Opening | None:
        counts = Counter(opening for first in left for opening in _beginnings(first))
        best, highest = None, 0.0
        for opening, count in counts.items():
            cover = count / size
            lift = cover / (self._everywhere[opening] / len(self._first))
            if len(opening) > room or cover < _LEAST_COVER or lift < least_lift:
                continue
            score = cover * float(np.log(lift))
            if score > highest and opening not in used and not _describes_origin(opening):
                best, highest = opening, score
        return best


def begins(text: str, name: str) -> bool:
    """Whether a text begins as one of the openings of a name, if it is a name by openings."""
    first = words(text)[:_LONGEST]
    parts = [part for part in name.split(", ") if is_by_openings(part)]
    openings = [words(part.removesuffix(_ELLIPSIS)) for part in parts]
    return any(first[: len(opening)] == opening for opening in openings)


def is_by_openings(name: str) -> bool:
    """Whether a name says how its texts begin."""
    return name.endswith(_ELLIPSIS)


def _beginnings(first: Opening) -> list[Opening]:
    return [first[:length] for length in range(1, len(first) + 1)]


def _describes_origin(opening: Opening) -> bool:
    return any(describes_origin((word,)) for word in opening)
