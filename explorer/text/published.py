"""What a published corpus is: its files, its sources and their terms."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Row(NamedTuple):
    """One sentence of an assembled corpus."""

    sentence: str
    source: str  # name of a `Source`
    label: str
    split: str  # "train", "valid" or "test"


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One published file.

    Args:
        url: Its public address.
        folder: Its folder in a mirror.
        sha256: The checksum of its bytes.
        size: Bytes.
        split: "train", "valid" or "test"; empty if nobody published one.
        label: The label of each of its lines, or empty.
        file: Its path below `folder`, and below the corpus' downloads; empty if it is the last
            part of the address.
        format: A key of `formats.FORMATS`; empty for a file without sentences (a licence).
        columns: Of a file with columns, those that are read: names where it has a header,
            otherwise places.
    """

    url: str
    folder: str
    sha256: str
    size: int
    split: str = ""
    label: str = ""
    file: str = ""
    format: str = "lines"
    columns: tuple[int | str, ...] = (0,)

    @property
    def name(self) -> str:
        """The file's name, here and in a mirror."""
        return self.file or self.url.rsplit("/", 1)[-1]


def _as_they_are(cells: Sequence[str]) -> Iterable[str]:
    return cells


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One of the data sets that an assembled corpus draws on, with what must be said of it.

    Args:
        name: A short one, without blanks.
        title: The name its publisher gives it.
        licence: Its terms.
        address: The page of its publisher.
        label: The label of its sentences: their domain.
        files: In the order of its rows.
        shippable: Whether its sentences may be shipped as text, attributed.
        limit: At most so many of its sentences; 0 is all.
        texts: From the cells of a row, as published, to texts of one or more sentences.
    """

    name: str
    title: str
    licence: str
    address: str
    label: str
    files: tuple[RemoteFile, ...]
    shippable: bool = False
    limit: int = 0
    texts: Callable[[Sequence[str]], Iterable[str]] = _as_they_are


Assemble = Callable[[Callable[[RemoteFile], str]], list[Row]]
"""Makes the rows of a corpus, given what reads the text of a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedCorpus:
    """A published corpus and the settings of `[corpus]` that suit it.

    Args:
        title: What a list shows.
        description: One line: what the sentences are and how many.
        licence: The publisher's terms, one sentence.
        address: The folder it is published in; empty if it has several sources.
        files: In the order of the corpus' rows.
        tokenised: Whether its text is tokens separated by blanks already.
        grouped: Whether equal line numbers of a split's files describe the same thing.
        lowercase: Suits `corpus.lowercase`.
        split_punctuation: Suits `corpus.split_punctuation`.
        tokens: Suits `corpus.tokens`.
        vocabulary_size: Suits `corpus.vocabulary_size`, of words.
        max_tokens: Suits `corpus.max_tokens`.
        sources: Whom to attribute, if several.
        assemble: Makes its rows; None if they are the lines of its files, as published.
        parts: The corpora among whose downloads its files are; empty if they are its own.
    """

    title: str
    description: str
    licence: str
    address: str
    files: tuple[RemoteFile, ...]
    tokenised: bool
    grouped: bool = False
    lowercase: bool
    split_punctuation: bool
    vocabulary_size: int
    max_tokens: int
    tokens: str = "bpe"
    sources: tuple[Source, ...] = ()
    assemble: Assemble | None = None
    parts: tuple[str, ...] = ()

    @property
    def bytes(self) -> int:
        """What is downloaded, in bytes."""
        return sum(file.size for file in self.files)

    @property
    def megabytes(self) -> float:
        """What is downloaded, in MB (10⁶ bytes), to one decimal."""
        return round(self.bytes / 1e6, 1)

    @property
    def shippable(self) -> frozenset[str]:
        """Names of the sources whose sentences may be shipped as text, attributed."""
        return frozenset(source.name for source in self.sources if source.shippable)
