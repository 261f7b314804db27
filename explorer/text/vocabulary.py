"""Vocabularies: from words to ids of words or pieces, and back."""

import hashlib
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from explorer.errors import ExplorerError
from explorer.system.atomic_files import write_text
from explorer.text.tokens import BOS, EOS, PAD, SPECIALS, UNK

MARKER = "▁"
"""U+2581 at the start of a piece that begins a word, as in SentencePiece."""
LONGEST_WORD = 100
"""Maximum characters of a word; longer ones are ignored in training."""


class Vocabulary(ABC):
    """A list of entries, and the mapping between words and sequences of their ids.

    Words are the tokens of `Tokeniser.tokens`: the unit of all metrics and of the page, whatever
    an entry is. `PAD`, `BOS`, `EOS` and `UNK` are the first four ids.
    """

    FILE: ClassVar[str]
    """File name in a run folder."""
    has_unknown: ClassVar[bool]
    """Whether a word without an id is read as `UNK`."""
    has_order: ClassVar[bool] = True
    """Whether the order of ids means anything; of a bag of words it does not."""

    def __init__(self, entries: Sequence[str]) -> None:
        """Checks the specials.

        Raises:
            ExplorerError: If the entries do not start with them, or one is listed twice.
        """
        if tuple(entries[: len(SPECIALS)]) != SPECIALS:
            raise ExplorerError(f"a vocabulary must start with {' '.join(SPECIALS)}")
        self.entries = tuple(entries)
        self._ids = {entry: index for index, entry in enumerate(entries)}
        if len(self._ids) != len(self.entries):
            raise ExplorerError("a vocabulary must not repeat an entry")

    def __len__(self) -> int:
        return len(self.entries)

    @classmethod
    def counted(cls, words: Iterable[str]) -> Iterable[str]:
        """The words of a training text that `learned` counts: all, each as often as it occurs."""
        return words

    @classmethod
    @abstractmethod
    def learned(cls, counts: Mapping[str, int], size: int) -> "Vocabulary":
        """Learns a vocabulary of at most `size` entries.

        Args:
            counts: Word counts of the training text, in any order.
            size: Maximum number of entries, specials included.
        """

    @abstractmethod
    def encode(self, words: Iterable[str]) -> list[int]:
        """The ids of a sentence, without start and end."""

    @abstractmethod
    def decode(self, ids: Iterable[int]) -> list[str]:
        """The words up to the first `EOS`; `PAD` and `BOS` are dropped, `UNK` reads `<unk>`."""

    @abstractmethod
    def word_index(self, ids: Sequence[int]) -> list[int]:
        """For each id of a sentence, the index of its word in `decode(ids)`; non-decreasing.

        Args:
            ids: Without `PAD`, `BOS` and `EOS`.
        """

    @abstractmethod
    def unknown(self, words: Iterable[str]) -> list[str]:
        """The distinct words that are read as `<unk>`, in order."""

    @abstractmethod
    def rare(self, words: Iterable[str]) -> list[str]:
        """The distinct words that are not a single entry, in order."""

    @property
    @abstractmethod
    def spellings(self) -> tuple[str, ...]:
        """A vocabulary-independent spelling of each entry; words start with `MARKER`."""

    @property
    def checksum(self) -> str:
        """SHA-256 of everything that decides the ids."""
        digest = hashlib.sha256()
        for line in self._lines():
            digest.update(line.encode() + b"\n")
        return digest.hexdigest()

    def _lines(self) -> Iterable[str]:
        return self.entries

    @abstractmethod
    def save(self, path: Path) -> None:
        """Writes the file atomically."""

    @classmethod
    @abstractmethod
    def load(cls, path: Path) -> "Vocabulary":
        """Reads the file of `save`; executes nothing.

        Raises:
            ExplorerError: If the file is missing or damaged; the message names it.
        """


class WordVocabulary(Vocabulary):
    """The most frequent words; a word's id is its line in `vocabulary.txt`."""

    FILE = "vocabulary.txt"
    has_unknown = True

    def __init__(self, entries: Sequence[str]) -> None:
        super().__init__(entries)
        # A text may contain the words of `SPECIALS`; only <unk> keeps its meaning.
        for special in (PAD, BOS, EOS):
            self._ids[SPECIALS[special]] = UNK

    @classmethod
    def build(cls, sentences: Iterable[Sequence[str]], size: int) -> "WordVocabulary":
        """Learns from tokenised sentences; see `learned`."""
        return cls.learned(Counter(token for tokens in sentences for token in tokens), size)

    @classmethod
    def learned(cls, counts: Mapping[str, int], size: int) -> "WordVocabulary":
        """Keeps the `size` most frequent words (specials included), ties in alphabetical order.

        Words longer than `LONGEST_WORD` stay unknown.
        """
        words = (
            (word, count)
            for word, count in counts.items()
            if len(word) <= LONGEST_WORD and word not in SPECIALS
        )
        ranked = sorted(words, key=lambda item: (-item[1], item[0]))
        return cls([*SPECIALS, *(word for word, _ in ranked[: size - len(SPECIALS)])])

    def encode(self, words: Iterable[str]) -> list[int]:
        """One id per word; `UNK` for an unknown word."""
        return [self._ids.get(word, UNK) for word in words]

    def decode(self, ids: Iterable[int]) -> list[str]:
        """One word per id, up to the first `EOS`; `PAD` and `BOS` are dropped."""
        words = []
        for index in ids:
            if index == EOS:
                break
            if index not in (PAD, BOS):
                words.append(self.entries[index])
        return words

    def word_index(self, ids: Sequence[int]) -> list[int]:
        """Each id is a word."""
        return list(range(len(ids)))

    def unknown(self, words: Iterable[str]) -> list[str]:
        """The distinct words without an id, in order."""
        return list(dict.fromkeys(word for word in words if self._ids.get(word, UNK) == UNK))

    def rare(self, words: Iterable[str]) -> list[str]:
        """The unknown ones."""
        return self.unknown(words)

    @property
    def spellings(self) -> tuple[str, ...]:
        """The words, each with the `MARKER`."""
        return (*SPECIALS, *(MARKER + word for word in self.entries[len(SPECIALS) :]))

    def save(self, path: Path) -> None:
        """Writes one word a line, UTF-8."""
        write_text(path, "\n".join(self.entries) + "\n")

    @classmethod
    def load(cls, path: Path) -> "WordVocabulary":
        """Reads `vocabulary.txt`.

        Raises:
            ExplorerError: If the file is missing or is not a vocabulary.
        """
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise ExplorerError(f"{path} is missing: the run is incomplete") from None
        except UnicodeDecodeError:
            raise ExplorerError(f"{path} is damaged: it is not UTF-8 text") from None
        try:
            return cls(text.removesuffix("\n").split("\n"))
        except ExplorerError as error:
            raise ExplorerError(f"{path} is damaged: {error}") from None
