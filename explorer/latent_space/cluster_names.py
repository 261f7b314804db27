"""What sets groups of texts apart: their names, and the terms of one against the others."""

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from explorer.latent_space.name_by_example import Examples, is_example
from explorer.latent_space.name_candidates import Candidate, candidates, is_informative
from explorer.latent_space.name_cover import UNNAMED, cover_names, needed_lift
from explorer.latent_space.name_parts import holds
from explorer.latent_space.name_stop_words import describes_origin
from explorer.latent_space.random_rows import draw, of_rows
from explorer.text.search_words import join, words

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_LEAST_COVER = 0.04  # of the group's texts contain the word
_LEAST_LISTED = 0.01  # of the texts of a group contain a term that is listed for it
_CANDIDATES = 40  # terms considered for one that is listed
_MOST_SHARE = 0.3  # of all texts: a word in more makes no informative pair ("der Hund", "the man")
_LARGE = 1000  # texts
_NAME = 3  # words of a name
_MOST = 50_000
"""Texts that are counted; of more a random sample."""


class Term(NamedTuple):
    """A word, or two adjacent ones, of a group of texts."""

    text: str
    inside: float
    """Fraction of the group's texts with it."""
    outside: float
    """Fraction of all other texts with it."""


class Namer:
    """Names groups of the same texts, at any number of groupings; the words are counted once.

    Args:
        texts: Any text; it is data, and only letters, digits, apostrophes and hyphens enter a
            name.
        has_order: Whether words stand in the order of a sentence; the words of a bag make no
            phrases, and it is too long to be covered by a few.
        quoted: What examples quote of each text; `texts` by default.
    """

    def __init__(
        self, texts: Sequence[str], has_order: bool = True, quoted: Sequence[str] | None = None
    ) -> None:
        self._texts = texts
        self._has_order = has_order
        self._quoted = texts if quoted is None else quoted

    @cached_property
    def _candidates(self) -> "tuple[np.ndarray, tuple[csr_matrix, list[Candidate]]]":
        """The texts that are counted, and what is counted."""
        rows = draw(len(self._texts), _MOST, 0)
        return rows, candidates(of_rows(self._texts, rows))

    @cached_property
    def _examples(self) -> Examples:
        return Examples(of_rows(self._quoted, self._candidates[0]))

    @cached_property
    def _counted(self) -> "tuple[csr_matrix, list[tuple[str, ...]]] | None":
        return _count(self._texts, self._has_order)

    def names(self, group: Int[np.ndarray, " n"]) -> list[str]:
        """Names the groups 0, 1, …, each differently, by what most of its texts share.

        Bags of words are named by the words that set them apart.

        Args:
            group: Group of each text; −1 for none (such texts count as background). Of more
                than 50,000 texts a random sample is counted.

        Returns:
            A name a group, one to three parts of at most four words together; a typical text in
            quotation marks where no words set the group apart, and "region 1" and so on where no
            text is typical either.
        """
        if not self._has_order:
            return self._names_of_bags(group)
        rows, (matrix, known) = self._candidates
        counted = group[rows]
        names = cover_names(matrix, known, counted, int(group.max(initial=-1)) + 1)
        for number, name in enumerate(names):
            if name.startswith(UNNAMED):
                inside = np.flatnonzero(counted == number).tolist()
                names[number] = self._examples.best(inside, names) or name
        return names

    def _names_of_bags(self, group: Int[np.ndarray, " n"]) -> list[str]:
        count = int(group.max(initial=-1)) + 1
        names: list[str] = []
        for number in range(count):
            words = [term.text for term in self.terms(group == number, most=_CANDIDATES)]
            options = (", ".join(words[start : start + _NAME]) for start in range(len(words)))
            fallback = f"region {number + 1}"
            names.append(next((name for name in options if name not in names), fallback))
        return names

    def terms(
        self,
        inside: Bool[np.ndarray, " n"],
        most: int = 10,
        among: Bool[np.ndarray, " n"] | None = None,
    ) -> list[Term]:
        """The terms of a group of the texts against all others, best first.

        Of more than 50,000 texts a random sample is counted, half of it from the group.

        Args:
            inside: Whether each text is in the group.
            most: How many.
            among: The texts that are compared; None for all.
        """
        if len(self._texts) > _MOST:
            sides = inside, ~inside
            wanted = [np.flatnonzero(side if among is None else side & among) for side in sides]
            rows = np.sort(np.concatenate([own[draw(len(own), _MOST // 2, 0)] for own in wanted]))
            return Namer(of_rows(self._texts, rows), self._has_order).terms(inside[rows], most)
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
    """The fraction of the texts in groups that hold a part of their group's name, 0 to 1.

    Of informative words a text holds any, of a phrase ("tell me") the whole; an example names no
    other text.

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
    named = (names[int(group[row])] for row in inside)
    return sum(
        not is_example(name) and holds(texts[row], name)
        for row, name in zip(inside, named, strict=True)
    ) / len(inside)


def _count(
    texts: Sequence[str], has_order: bool
) -> "tuple[csr_matrix, list[tuple[str, ...]]] | None":
    """The text–term matrix (0/1) and the terms; None without any word."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

    def analyse(text: str) -> list[tuple[str, ...]]:
        terms = [
            word if is_informative(word, ENGLISH_STOP_WORDS) else None for word in words(text)
        ]
        single = [(word,) for word in terms if word]
        if not has_order:
            return single
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
    needed = np.array([[needed_lift(share)] for share in (texts[:, 0] / len(group)).tolist()])
    return totals, np.where(lift >= needed, scores, 0.0)
