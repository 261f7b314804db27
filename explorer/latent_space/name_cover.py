"""Names that most of a group's texts bear: a weighted set cover of the group by words."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from explorer.latent_space.name_candidates import Candidate

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

UNNAMED = "region "
"""Begins the name of a group that no word sets apart; its number follows."""

_LEAST_LIFT = 3.0  # how much more frequent in the group than in all texts
_LITTLE = 0.2  # of the group's texts hold a word of its name: more frequent words may name it
_LOW_LIFT = 1.5  # of those
_CERTAIN = 4.0  # standard deviations of those above the expected count
_LEAST_COVER = 0.04  # of the group's texts hold a candidate
_LEAST_ADDED = 0.02  # of the group's texts hold no other part of the name
_PARTS, _LONGEST = 3, 4  # parts of a name, and words of all of them
_ENOUGH = 0.5  # of a group's texts hold a word of its name: it needs no phrases
_NEARLY = 0.8  # of what phrases and pronouns would cover: words tell more
_PART = 0.5  # of a word's texts: a pair in so many comes first ("hot dog" before "dog")
_KNOWN = 0.3  # weight of the texts that the name's other words cover already
_WORDS, _EVERY = ("word",), ("word", "phrase", "form")
_ATTEMPTS = 12  # at a name that no other group has


class _Cover(NamedTuple):
    parts: list[int]
    share: float
    """Of the group's texts."""


def cover_names(
    matrix: "csr_matrix",
    candidates: Sequence[Candidate],
    group: Int[np.ndarray, " n"],
    count: int,
) -> list[str]:
    """Names the groups 0, 1, … in turn, each differently.

    A name is built greedily. The next part is the candidate with the highest product of its
    weight, the share of the group's texts that it covers (those that the name covers already
    count 0.3) and the square root of the logarithm of its lift, divided by one plus the number of
    groups whose names hold it. Informative words alone name a group where they cover half of it,
    or four fifths of what they would cover with phrases and pronouns.
    A word is three times as frequent in the group as in all texts; where such words cover less
    than a fifth of the group, 1.5 times is enough. Pronouns and phrases alone name a group if half
    of its texts hold one: else "don't, your" would stand for thousands that hold neither.

    Args:
        matrix: Whether each text (row) has each candidate (column), 0 or 1.
        candidates: Of the columns.
        group: Group of each text; −1 for none (such texts count as background).
        count: Of the groups; one without a text is numbered.
    """
    everywhere = np.asarray(matrix.sum(axis=0)).ravel() / max(len(group), 1)
    weights = np.array([candidate.weight for candidate in candidates])
    uses: Counter[int] = Counter()
    names: list[str] = []
    for number in range(count):
        rows = np.flatnonzero(group == number)
        if not len(rows):
            names.append(f"{UNNAMED}{number + 1}")
            continue
        used = np.zeros(len(candidates))
        used[list(uses)] = list(uses.values())
        own = _Group(matrix[rows], candidates, everywhere, weights / (1 + used))
        needed = needed_lift(len(rows) / len(group))
        cover = own.best(own.lift >= needed, names)
        if cover.share < _LITTLE:
            lower = own.best(own.is_above, names)
            cover = max(cover, lower, key=lambda one: one.share)
        if cover.share < _ENOUGH and all(candidates[at].kind != "word" for at in cover.parts):
            cover = _Cover([], 0.0)
        uses.update(cover.parts)
        names.append(_text(candidates, cover) or f"{UNNAMED}{number + 1}")
    return names


class _Group:
    """The texts of a group, and how much more of them hold each candidate.

    Args:
        own: The rows of its texts.
        candidates: Of the columns.
        everywhere: Fraction of all texts with each candidate.
        weights: Of the candidates.
    """

    def __init__(
        self,
        own: Any,
        candidates: Sequence[Candidate],
        everywhere: Float[np.ndarray, " candidates"],
        weights: Float[np.ndarray, " candidates"],
    ) -> None:
        self._own, self._candidates = own, candidates
        counts = np.asarray(own.sum(axis=0)).ravel()
        self._inside = counts / own.shape[0]
        self.lift = self._inside / everywhere.clip(min=1e-12)
        expected = everywhere * own.shape[0]
        is_certain = counts - expected >= _CERTAIN * np.sqrt(expected)
        tells = np.array([candidate.kind != "form" for candidate in candidates], bool)
        self.is_above = is_certain & tells & (self.lift >= _LOW_LIFT)
        """Of words and phrases, whether more texts hold it than elsewhere, and not by chance."""
        self._value = weights * np.sqrt(np.log(self.lift.clip(min=1.0)))

    def best(self, is_apart: Bool[np.ndarray, " candidates"], names: Sequence[str]) -> _Cover:
        """The best name of candidates that set the group apart, and that is not taken."""
        covered = _columns(self._candidates, self._inside, is_apart)
        greedy = _Greedy(self._own, self._candidates, covered, self._value, self._inside)
        return _unused(greedy, self._candidates, names)


def needed_lift(share: float) -> float:
    """Minimum lift of a word for a group's name, by the group's share of all texts.

    The highest possible is 1 / share: in groups of more than a fifth, halfway from 1 to that.
    """
    return min(_LEAST_LIFT, (1 + 1 / share) / 2) * (1 - 1e-6)


def _columns(
    candidates: Sequence[Candidate],
    inside: Float[np.ndarray, " candidates"],
    is_apart: Bool[np.ndarray, " candidates"],
) -> dict[int, list[int]]:
    """The columns that can name a group, each with those whose texts it covers.

    A pair covers the texts of both its words, and each of them sets the group apart by itself.
    Rare words name a group only where nothing else does.
    """
    apart = np.flatnonzero(is_apart & (inside > 0)).tolist()
    frequent = [column for column in apart if inside[column] >= _LEAST_COVER]
    frequent = frequent or [column for column in apart if candidates[column].kind == "word"]
    single = {
        candidates[column].words[0]: column
        for column in frequent
        if candidates[column].kind == "word" and len(candidates[column].words) == 1
    }
    covered: dict[int, list[int]] = {}
    for column in frequent:
        candidate = candidates[column]
        if candidate.kind != "word":
            covered[column] = [column]
        elif single.keys() >= set(candidate.words):
            covered[column] = [single[word] for word in candidate.words]
    return covered


class _Greedy:
    """The choice of a group's name among some candidates."""

    def __init__(
        self,
        own: Any,
        candidates: Sequence[Candidate],
        covered: dict[int, list[int]],
        value: Float[np.ndarray, " candidates"],
        inside: Float[np.ndarray, " candidates"],
    ) -> None:
        self._candidates = candidates
        self._columns = list(covered)
        texts = [np.asarray(own[:, parts].max(axis=1).todense()) for parts in covered.values()]
        self._texts = np.hstack([np.zeros((own.shape[0], 0), np.float32), *texts])
        self._value, self._inside = value[self._columns], inside[self._columns]
        for pair, parts in covered.items():
            for part in parts if len(parts) > 1 else ():
                if inside[pair] >= _PART * inside[part]:
                    self._value[self._columns.index(part)] *= _PART

    def best(self, excluded: set[int]) -> _Cover:
        """The name without the excluded columns."""
        words = self._cover(excluded, _WORDS)
        if words.share >= _ENOUGH:
            return words
        every = self._cover(excluded, _EVERY)
        return words if words.share > _NEARLY * every.share else every

    def _cover(self, excluded: set[int], kinds: Sequence[str]) -> _Cover:
        left = np.ones(len(self._texts), np.float32)
        chosen: list[int] = []
        while True:
            new = left @ self._texts / len(left)
            scores = self._value * (new + _KNOWN * self._inside)
            for at in np.argsort(-scores, kind="stable").tolist():
                column = self._columns[at]
                candidate = self._candidates[column]
                is_new = kinds == _WORDS or new[at] >= _LEAST_ADDED
                is_allowed = candidate.kind in kinds and column not in excluded
                if is_new and is_allowed and self._fits(candidate, chosen):
                    break
            else:
                return _Cover(chosen, float(1 - left.mean()))
            chosen.append(column)
            left[self._texts[:, at] > 0] = 0.0

    def _fits(self, candidate: Candidate, chosen: Sequence[int]) -> bool:
        taken = [self._candidates[column] for column in chosen]
        length = sum(len(part.words) for part in (candidate, *taken))
        if len(taken) == _PARTS or length > _LONGEST:
            return False
        return not any(_is_repeated(candidate, other) for other in taken)


def _is_repeated(candidate: Candidate, other: Candidate) -> bool:
    """Whether a name with one of the two says little more with both."""
    if "phrase" in (candidate.kind, other.kind):
        # "I was" and "I had" say two things, "I was" and "I was not" or "he was" hardly.
        short, long = sorted((candidate.words, other.words), key=len)
        return short[-1] == long[-1] or set(short) <= set(long)
    return any(alike(a, b) for a in candidate.words for b in other.words)


def _unused(greedy: _Greedy, candidates: Sequence[Candidate], names: Sequence[str]) -> _Cover:
    """The best name that no other group has; empty if there is none."""
    excluded: set[int] = set()
    for _ in range(_ATTEMPTS):
        cover = greedy.best(excluded)
        if not cover.parts or _text(candidates, cover) not in names:
            return cover
        excluded.add(cover.parts[-1])
    return _Cover([], 0.0)


def _text(candidates: Sequence[Candidate], cover: _Cover) -> str:
    return ", ".join(candidates[column].text for column in cover.parts)


def alike(a: str, b: str) -> bool:
    """Whether two words look like forms of one ("dog", "dogs"; "play", "playing")."""
    shared = 0
    for left, right in zip(a, b, strict=False):
        if left != right:
            break
        shared += 1
    return a == b or shared >= max(3, min(len(a), len(b)) - 1)
