"""Names for groups of texts: what is frequent in one and rare elsewhere, words or openings."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from explorer.latent_space.name_stop_words import describes_origin, is_function_word
from explorer.latent_space.opening_names import Opening, Openings, begins, is_by_openings
from explorer.text.search_words import join, words

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

UNNAMED = "region "
"""Begins the name of a group that no word sets apart; its number follows."""

_MOST_WORDS = 3  # in a name
_LEAST_LIFT = 3.0  # how much more frequent in the group than in all texts
_LEAST_COVER = 0.04  # of the group's texts contain the word
_LEAST_LISTED = 0.01  # of the texts of a group contain a term that is listed for it
_LEAST_SHARE = 0.5  # of a word's texts: a pair in so many replaces the word ("hot dog" for "dog")
_CANDIDATES = 40  # terms considered for one name
_MOST_SHARE = 0.3  # of all texts: a word in more makes no informative pair ("der Hund", "the man")
_ENOUGH = 0.5  # of a group's texts hold a word of its name: no opening describes it better
_LARGE = 1000  # texts
_WORD_LENGTH = 30  # characters; longer "words" are links and noise


class Term(NamedTuple):
    """A word, or two adjacent ones, of a group of texts."""

    text: str
    inside: float
    """Fraction of the group's texts with it."""
    outside: float
    """Fraction of all other texts with it."""


class Namer:
    """Names groups of the same texts, at any number of groupings; the words are counted once.

    The score of a word, or of a pair of adjacent words, in a group is class-based TF-IDF, the
    fraction of the group's words times log(1 + mean size of a group / occurrences of the term),
    times the logarithm of its lift over all texts. Terms in fewer than 4% of the group's texts
    rank below all others. Where most of a group's texts hold no word of the name, and more of them
    begin alike, the name is how they begin: "how …, what …".

    Args:
        texts: Any text; it is data, and only letters, digits, apostrophes and hyphens enter a
            name.

    Source:
        Grootendorst (2022), BERTopic, section 3.3, arXiv:2203.05794. Differs: a text counts a
        term once; the lift excludes words that are frequent everywhere, such as the function
        words of languages without a list of them.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._counted = _count(texts)
        self._texts = texts
        self._openings = Openings(texts)

    def names(self, group: Int[np.ndarray, " n"]) -> list[str]:
        """Names the groups 0, 1, …, each differently, by one to three informative words.

        Args:
            group: Group of each text; −1 for none (such texts count as background).

        Returns:
            A name a group; "region 1" and so on where there is no word to name it by.
        """
        count = int(group.max(initial=-1)) + 1
        if self._counted is None or count == 0:
            return [f"{UNNAMED}{number + 1}" for number in range(count)]
        matrix, terms = self._counted
        totals, scores = _scores(matrix, group, count)
        used: set[str] = set()
        openings: frozenset[Opening] = frozenset()
        names = []
        for number in range(count):
            name = _name(scores[number], totals[number], terms, used)
            rows = np.flatnonzero(group == number)
            other = self._openings.name(rows, _lift_of(len(rows) / len(group)), openings)
            if other is not None and self._begins_better(rows, name, other[0].cover):
                name, openings = other[0].name, openings | other[1]
            name = name or f"{UNNAMED}{number + 1}"
            used.add(name)
            names.append(name)
        return names

    def _begins_better(self, rows: Int[np.ndarray, " n"], name: str, cover: float) -> bool:
        """Whether openings of this cover describe a group better than the words of its name."""
        texts = [self._texts[int(row)] for row in rows]
        named = share_named(texts, np.zeros(len(texts), np.int32), [name])
        return named < min(_ENOUGH, cover)

    def terms(
        self,
        inside: Bool[np.ndarray, " n"],
        most: int = 10,
        among: Bool[np.ndarray, " n"] | None = None,
    ) -> list[Term]:
        """The terms of a group of the texts against all others, best first.

        Args:
            inside: Whether each text is in the group.
            most: How many.
            among: The texts that are compared; None for all.
        """
        if self._counted is None:
            return []
        matrix, terms = self._counted
        if among is not None:
            matrix, inside = matrix[np.flatnonzero(among)], inside[among]
            present = np.flatnonzero(np.asarray(matrix.sum(axis=0)).ravel())
            matrix, terms = matrix[:, present], [terms[column] for column in present]
        count = int(inside.sum())
        if count in (0, len(inside)) or not len(terms):
            return []
        totals, scores = _scores(matrix, (~inside).astype(np.int64), 2)
        order = np.argsort(-scores[0], kind="stable")
        chosen: list[int] = []
        for column in order[: _CANDIDATES * most].tolist():
            if scores[0, column] <= 0 or len(chosen) == most:
                break
            if totals[0, column] < max(2.0, _LEAST_LISTED * count):
                continue
            # "hot dog" says "dog" too, and "dog" before it says "hot dog".
            if all(set(terms[column]).isdisjoint(terms[other]) for other in chosen):
                chosen.append(column)
        return [
            Term(
                join(list(terms[column])),
                float(totals[0, column]) / count,
                float(totals[1, column]) / (len(inside) - count),
            )
            for column in chosen
        ]


def share_named(texts: Sequence[str], group: Int[np.ndarray, " n"], names: Sequence[str]) -> float:
    """The fraction of the texts in groups that hold a word of their group's name, 0 to 1.

    Of a name by openings, the fraction that begins as it says.

    Args:
        texts: Any text.
        group: Group of each text; −1 for none.
        names: One a group.

    Raises:
        ValueError: If no text is in a group.
    """
    inside = np.flatnonzero(group >= 0).tolist()
    if not inside:
        raise ValueError("no text is in a group")
    of_name = [set(words(name)) for name in names]
    hits = 0
    for row in inside:
        text, name = texts[row], names[int(group[row])]
        if is_by_openings(name):
            hits += begins(text, name)
        else:
            hits += not of_name[group[row]].isdisjoint(words(text))
    return hits / len(inside)


def _count(texts: Sequence[str]) -> "tuple[csr_matrix, list[tuple[str, ...]]] | None":
    """The text–term matrix (0/1) and the terms; None without any word."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

    def analyse(text: str) -> list[tuple[str, ...]]:
        terms = [
            word if _is_informative(word, ENGLISH_STOP_WORDS) else None for word in words(text)
        ]
        single = [(word,) for word in terms if word]
        pairs = [(a, b) for a, b in pairwise(terms) if a and b and a != b]
        return single + pairs

    # In a large corpus, a term in a single text is no name.
    rare = 2 if len(texts) >= _LARGE else 1
    settings: dict[str, Any] = {"analyzer": analyse, "min_df": rare, "dtype": np.float32}
    vectoriser = CountVectorizer(binary=True, **settings)
    matrix: Any
    try:
        matrix = vectoriser.fit_transform(texts)
    except ValueError:  # scikit-learn raises it for an empty vocabulary
        return None
    texts_with = np.asarray(matrix.sum(axis=0)).ravel()
    columns: dict[tuple[str, ...], int] = vectoriser.vocabulary_
    empty = [
        column
        for term, column in columns.items()
        if len(term) == 2
        and any(texts_with[columns[word,]] > _MOST_SHARE * len(texts) for word in term)
    ]
    empty += [column for term, column in columns.items() if describes_origin(term)]
    used = np.setdiff1d(np.arange(len(columns)), empty)
    terms = sorted(columns, key=columns.__getitem__)
    return matrix[:, used], [terms[column] for column in used]


def _is_informative(word: str, stop_words: frozenset[str]) -> bool:
    if is_function_word(word, stop_words) or len(word) > _WORD_LENGTH:
        return False
    return not word.isdigit() and (len(word) > 1 or not word.isascii())


def _scores(
    matrix: "csr_matrix", group: Int[np.ndarray, " n"], count: int
) -> tuple[Float[np.ndarray, "groups terms"], Float[np.ndarray, "groups terms"]]:
    from scipy.sparse import csr_matrix

    inside = np.flatnonzero(group >= 0)
    shape = (count, len(group))
    indicator = csr_matrix((np.ones(len(inside), np.float32), (group[inside], inside)), shape)
    product: Any = indicator @ matrix
    totals = product.toarray()
    everywhere = np.asarray(matrix.sum(axis=0)).ravel()
    texts = np.bincount(group[inside], minlength=count)[:, None].clip(min=1)
    cover = totals / texts
    lift = cover / (everywhere / len(group))
    sizes = totals.sum(axis=1, keepdims=True).clip(min=1.0)
    scores = totals / sizes * np.log1p(sizes.mean() / everywhere)
    scores *= np.where(lift > 1, np.log(lift.clip(min=1.0)), 1e-6)
    # Rare terms keep their order, below all others.
    scores = np.where(cover >= _LEAST_COVER, scores, scores * 1e-6)
    return totals, np.where(lift >= _needed_lift(texts / len(group)), scores, 0.0)


def _needed_lift(share: Float[np.ndarray, "groups 1"]) -> Float[np.ndarray, "groups 1"]:
    """Minimum lift of a word for a group's name, by the group's share of all texts.

    The highest possible is 1 / share: in groups of more than a fifth, halfway from 1 to that.
    """
    return np.minimum(_LEAST_LIFT, (1 + 1 / share) / 2) * (1 - 1e-6)


def _lift_of(share: float) -> float:
    return float(_needed_lift(np.array([[share]]))[0, 0])


def _name(
    scores: Float[np.ndarray, " terms"],
    totals: Float[np.ndarray, " terms"],
    terms: list[tuple[str, ...]],
    used: set[str],
) -> str:
    """The best unused name; empty where the group has no word, or none is left."""
    first = np.argsort(-scores, kind="stable")[:_CANDIDATES]
    first = [int(column) for column in first if scores[column] > 0]
    pairs = [column for column in first if len(terms[column]) == 2]
    ranked = [
        terms[column]
        for column in first
        if len(terms[column]) == 2
        or not any(
            terms[column][0] in terms[pair] and totals[pair] >= _LEAST_SHARE * totals[column]
            for pair in pairs
        )
    ]
    ranked += [terms[column] for column in first if terms[column] not in ranked]
    orders = [[*ranked[:1], *ranked[start + 1 :]] for start in range(len(ranked))]
    orders += [ranked[start:] for start in range(1, len(ranked))]
    for order in orders:
        name = ", ".join(join(list(term)) for term in _distinct(order))
        if name not in used:
            return name
    return ""


def _distinct(ranked: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    chosen: list[tuple[str, ...]] = []
    for term in ranked:
        taken = [word for other in chosen for word in other]
        if len(taken) + len(term) > _MOST_WORDS:
            continue
        if not any(alike(word, other) for word in term for other in taken):
            chosen.append(term)
    return chosen


def alike(a: str, b: str) -> bool:
    """Whether two words look like forms of one ("dog", "dogs"; "play", "playing")."""
    shared = 0
    for left, right in zip(a, b, strict=False):
        if left != right:
            break
        shared += 1
    return a == b or shared >= max(3, min(len(a), len(b)) - 1)
