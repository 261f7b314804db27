"""A condition on the sentences of a map, and the text it is written as."""

import re
from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from jaxtyping import Bool

from explorer.errors import ExplorerError
from explorer.explore.mapped_run import MappedRun

Mask = Bool[np.ndarray, " n"]

_BARE = re.compile(r"[^\s()\"~\\]+")


class Value(NamedTuple):
    """What follows the name of a condition: `"text"~number`."""

    text: str
    number: int | None = None


class Criterion(ABC):
    """A condition on the sentences of a map."""

    name: ClassVar[str]
    help: ClassVar[str]
    changes: ClassVar[bool] = False
    """Whether a person may change what it is true of, so that it is not cached."""

    @property
    @abstractmethod
    def value(self) -> Value:
        """What `read` reads it from."""

    @property
    @abstractmethod
    def title(self) -> str:
        """The condition in words."""

    @classmethod
    @abstractmethod
    def read(cls, name: str, value: Value) -> "Criterion":
        """A condition from its name and value.

        Raises:
            ExplorerError: If the value is malformed.
        """

    @abstractmethod
    def mask(self, run: MappedRun) -> Mask:
        """Whether it is true of each sentence.

        Raises:
            ExplorerError: If the map has no such thing.
        """

    @property
    def key(self) -> str:
        """The name it is written with."""
        return self.name

    def __str__(self) -> str:
        text, number = self.value
        shown = text if _BARE.fullmatch(text) else f'"{_escaped(text)}"'
        return f"{self.key}:{shown}" + ("" if number is None else f"~{number}")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


@dataclass(frozen=True)
class TextCriterion(Criterion):
    """A condition whose value is a text."""

    input: ClassVar[str] = ""
    """Title of its input in the form of conditions; empty for none."""
    max_length: ClassVar[int] = 1000
    """Characters that the form takes."""

    text: str

    @classmethod
    def options(cls, run: MappedRun) -> Counter[str] | None:
        """Values to choose from and the sentences with each; None where the value is typed."""
        return None

    @property
    def value(self) -> Value:
        return Value(self.text)

    @property
    def title(self) -> str:
        return f"{self.name} “{self.text}”"

    @classmethod
    def read(cls, name: str, value: Value) -> "Criterion":
        if not value.text.strip():
            raise ExplorerError(f"{name}: needs a value after the colon")
        return cls(value.text)


def number(text: str) -> float:
    """A finite number of at most 12 digits, so that what is read is what is written.

    Raises:
        ExplorerError: If it is none.
    """
    try:
        value = digits(float(text))
    except (ValueError, OverflowError):
        raise ExplorerError(f"{text[:40]!r} is not a number") from None
    if not np.isfinite(value):
        raise ExplorerError(f"{text[:40]!r} is not a finite number")
    return value


def digits(value: float) -> float:
    """To the digits that a link has."""
    return float(f"{value:.12g}") + 0.0  # without a negative zero
