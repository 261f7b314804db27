"""Names that most of a group's texts bear: a weighted set cover of the group by words."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from explorer.latent_space.name_candidates import Candidate
from explorer.latent_space.opening_names import LONGEST

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

UNNAMED = "region "
"""Begins the name of a group that no word sets apart; its number follows."""

_LEAST_LIFT = 3.0  # how much more frequent in the group than in all texts
_LEAST_COVER = 0.04  # of the group's texts hold a candidate; among openings it adds as much
_ENOUGH = 0.5  # of a group's texts hold a word of its name: no other kind of name is better
_AS_GOOD = 0.8  # of the cover of any name: informative words with this much are preferred
_PART = 0.5  # of a word's texts: a pair in so many comes first ("hot dog" before "dog")
_KNOWN = 0.3  # weight of the texts that the name's other words cover already
_WORDS, _EVERY = ("word",), ("word", "form", "opening", "empty")
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
    or 0.8 of what pronouns, question words and openings cover with them.

    Args:
        matrix: Whether each text (row) has each candidate (column), 0 or 1.
        candidates: Of the columns.
        group: Group of each text; −1 for none (such texts count as background).
        count: Of the groups; one without a text is numbered.
    """
    everywhere = np.asarray(matrix.sum(axis=0)).ravel()
    weights = np.array([candidate.weight for candidate in candidates])
    uses: Counter[int] = Counter()
    names: list[str] = []
    for number in range(count):
        rows = np.flatnonzero(group == number)
        if not len(rows):
            names.append(f"{UNNAMED}{number + 1}")
            continue
        own: Any = matrix[rows]
        inside = np.asarray(own.sum(axis=0)).ravel() / max(len(rows), 1)
        lift = inside / (everywhere / len(group)).clip(min=1e-12)
        used = np.zeros(len(candidates))
        used[list(uses)] = list(uses.values())
        value = weights * np.sqrt(np.log(lift.clip(min=1.0))) / (1 + used)
        is_apart = lift >= needed_lift(len(rows) / len(group))
        covered = _columns(candidates, inside, is_apart)
        cover = _unused(_Greedy(own, candidates, covered, value, inside), candidates, names)
        uses.update(cover.parts)
        names.append(_text(candidates, cover) or f"{UNNAMED}{number + 1}")
    return names


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
        return words if words.share >= _AS_GOOD * every.share else every

    def _cover(self, excluded: set[int], kinds: Sequence[str]) -> _Cover:
        left = np.ones(len(self._texts), np.float32)
        chosen: list[int] = []
        while True:
            new = left @ self._texts / len(left)
            scores = self._value * (new + _KNOWN * self._inside)
            for at in np.argsort(-scores, kind="stable").tolist():
                column = self._columns[at]
                candidate = self._candidates[column]
                is_new = kinds == _WORDS or new[at] >= _LEAST_COVER
                is_allowed = candidate.kind in kinds and column not in excluded
                if is_new and is_allowed and self._fits(candidate, chosen):
                    break
            else:
                return _Cover(chosen, float(1 - left.mean()))
            chosen.append(column)
            left[self._texts[:, at] > 0] = 0.0

    def _fits(self, candidate: Candidate, chosen: Sequence[int]) -> bool:
        taken = [self._candidates[column] for column in chosen]
        if sum(len(other.words) for other in taken) + len(candidate.words) > LONGEST:
            return False
        if taken and candidate.kind == "empty":
            return False
        return not any(_is_repeated(candidate, other) for other in taken)


def _is_repeated(candidate: Candidate, other: Candidate) -> bool:
    """Whether a name with one of the two says little more with both."""
    if candidate.is_opening and other.is_opening:
        # "what …" and "what's …" are one; "a man …" and "a woman …" share an article alone.
        mine, theirs = (" ".join(part.words).replace("’", "'") for part in (candidate, other))
        return mine.split("'")[0] == theirs.split("'")[0]
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
