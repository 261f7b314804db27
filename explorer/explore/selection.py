"""A selection of a map's sentences: conditions combined by and, or, not; written as a short text.

`label:animal and not (words:"red bus" or length:..4)` is one; the text is the address of a
selection, and an argument of `Run.select`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from jaxtyping import Bool, Int

from explorer.errors import ExplorerError
from explorer.explore.criteria import CRITERIA, Area, Near, Region
from explorer.explore.criterion import Criterion, Value
from explorer.explore.mapped_run import MappedRun
from explorer.system.cache import Cache

MAX_TEXT = 6000
"""Characters of a selection, as text."""
_MAX_DEPTH = 30
_MAX_DIGITS = 9

Joining = Literal["replace", "and", "or", "not"]
"""How a new condition joins a selection; `not` removes what it is true of."""

_masks: Cache[Bool[np.ndarray, " n"]] = Cache(64)
_TOKEN = re.compile(
    r'\s*(?:([()])|([a-z]+):(?:"((?:[^"\\]|\\.)*)"|([^\s()"~\\]+))(?:~(\d+))?(?![^\s()])'
    r"|(and|or|not)(?![^\s()]))",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class Not:
    """The sentences that are not in a selection."""

    part: "Selection"

    def __str__(self) -> str:
        return f"not {_within(self.part, (And, Or))}"


@dataclass(frozen=True)
class And:
    """The sentences in all of several selections."""

    parts: "tuple[Selection, ...]"

    def __str__(self) -> str:
        return " and ".join(_within(part, (And, Or)) for part in self.parts)


@dataclass(frozen=True)
class Or:
    """The sentences in any of several selections."""

    parts: "tuple[Selection, ...]"

    def __str__(self) -> str:
        return " or ".join(_within(part, (Or,)) for part in self.parts)


Selection: TypeAlias = Criterion | Not | And | Or


def _within(part: Selection, joined: tuple[type, ...]) -> str:
    return f"({part})" if isinstance(part, joined) else str(part)


def read_selection(text: str) -> Selection:
    """The selection that a text describes; `str` of it is the text again.

    Raises:
        ExplorerError: If the text is malformed; the message says where.
    """
    if not isinstance(text, str):
        raise ExplorerError(f"a selection must be text, not {type(text).__name__}")
    if len(text) > MAX_TEXT:
        raise ExplorerError(
            f"a selection must have at most {MAX_TEXT:,} characters, not {len(text):,}"
        )
    return _Reader(text).whole()


class _Reader:
    """Reads by recursive descent: or, and, not, conditions."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._next = 0
        self._depth = 0

    def whole(self) -> Selection:
        if not self._tokens:
            raise ExplorerError('a selection needs a condition, such as words:"red bus"')
        result = self._any()
        if self._next < len(self._tokens):
            raise ExplorerError(
                f"a selection needs “and” or “or” before {_shown(self._tokens[self._next])}"
            )
        return result

    def _take(self, *wanted: str) -> bool:
        """Whether the next token is one of these words; it is then read."""
        at = self._tokens[self._next : self._next + 1]
        if at and isinstance(at[0], str) and at[0] in wanted:
            self._next += 1
            return True
        return False

    def _any(self) -> Selection:
        parts = [self._all()]
        while self._take("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all(self) -> Selection:
        parts = [self._one()]
        while self._take("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _one(self) -> Selection:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise ExplorerError(f"a selection can be nested at most {_MAX_DEPTH} deep")
        if self._take("not"):
            result: Selection = Not(self._one())
        elif self._take("("):
            result = self._any()
            if not self._take(")"):
                raise ExplorerError("a selection is missing a closing parenthesis")
        else:
            result = self._condition()
        self._depth -= 1
        return result

    def _condition(self) -> Criterion:
        if self._next == len(self._tokens):
            raise ExplorerError("a selection ends where a condition is expected")
        token = self._tokens[self._next]
        self._next += 1
        if isinstance(token, str):
            raise ExplorerError(f"a selection needs a condition before “{token}”")
        return token


def _tokens(text: str) -> Iterator[Criterion | str]:
    """Conditions, parentheses and the words that join them."""
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            raise ExplorerError(
                f"{text[at:].strip()[:40]!r} cannot be read as a selection: a condition is a "
                'name, a colon and a value, such as words:"red bus"'
            )
        parenthesis, name, quoted, bare, count, word = match.groups()
        at = match.end()
        if name is None:
            yield parenthesis or word.lower()
            continue
        kind = CRITERIA.get(name.lower())
        if kind is None:
            raise ExplorerError(f"{name}: is not a condition; use one of {', '.join(CRITERIA)}")
        if count is not None and len(count) > _MAX_DIGITS:
            raise ExplorerError(f"{name}: counts must have at most {_MAX_DIGITS} digits")
        given = bare if quoted is None else re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)
        yield kind.read(name.lower(), Value(given, None if count is None else int(count)))


def _shown(token: Criterion | str) -> str:
    return f"“{token}”" if isinstance(token, str) else str(token)


def joined(before: Selection | None, new: Selection, how: Joining) -> Selection:
    """A selection after a new condition.

    Args:
        before: The selection so far; None for none, so that `new` is all, or all but it.
        new: The condition.
        how: Whether it replaces the selection, narrows it, adds to it, or removes from it.
    """
    if how == "not":
        new = Not(new)
    if before is None or how == "replace":
        return new
    kind = Or if how == "or" else And
    parts = before.parts if isinstance(before, kind) else (before,)
    return before if new in parts else kind((*parts, new))


def mask_of(run: MappedRun, selection: Selection) -> Bool[np.ndarray, " n"]:
    """Whether each sentence of the map is selected.

    Raises:
        ExplorerError: If the map has no such label or region, or an expression takes too long.
    """
    if isinstance(selection, Not):
        return ~mask_of(run, selection.part)
    if isinstance(selection, And | Or):
        combine = np.logical_and if isinstance(selection, And) else np.logical_or
        return combine.reduce([mask_of(run, part) for part in selection.parts])
    if selection.changes:
        return selection.mask(run)
    key = (run, run.texts_are_real, selection)
    return _masks.get(key, lambda: selection.mask(run))


def rows_of(run: MappedRun, selection: Selection) -> Int[np.ndarray, " rows"]:
    """Atlas indexes of the selected sentences, ascending.

    Raises:
        ExplorerError: As `mask_of`.
    """
    return np.flatnonzero(mask_of(run, selection))


def conditions_of(selection: Selection) -> Iterator[Criterion]:
    """The conditions of a selection, in order."""
    if isinstance(selection, Not):
        yield from conditions_of(selection.part)
    elif isinstance(selection, And | Or):
        for part in selection.parts:
            yield from conditions_of(part)
    else:
        yield selection


def needs_model(selection: Selection) -> bool:
    """Whether the model has to be open to say which sentences are selected."""
    return any(isinstance(item, Near) for item in conditions_of(selection))


def is_of_one_map(selection: Selection) -> bool:
    """Whether it means something on this run's map alone: a region, or an area."""
    return any(isinstance(item, Region | Area) for item in conditions_of(selection))


def described(selection: Selection) -> str:
    """A selection in words, for people."""
    if isinstance(selection, Criterion):
        return selection.title
    if isinstance(selection, Not):
        inner = described(selection.part)
        return f"not ({inner})" if isinstance(selection.part, And | Or) else f"not {inner}"
    word = " and " if isinstance(selection, And) else " or "
    nested = (And, Or) if isinstance(selection, And) else (Or,)
    return word.join(
        f"({described(part)})" if isinstance(part, nested) else described(part)
        for part in selection.parts
    )
