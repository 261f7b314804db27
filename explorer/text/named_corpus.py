"""Published corpora: files, sources and licences."""

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
        split: "train", "valid" or "test"; empty if none is published.
        label: The label of all its lines, or empty.
        file: Its path below `folder` and in the downloads; empty for the last part of the address.
        format: A key of `formats.FORMATS`; empty for a file without sentences (a licence).
        columns: The columns to read: names if the file has a header, otherwise indices.
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
    """A data set of an assembled corpus, with its attribution.

    Args:
        name: A short name without blanks.
        title: The published name.
        licence: Its terms.
        address: The publisher's page.
        label: The label of its sentences, their domain.
        files: Its files, in the order of its rows.
        shippable: Whether its sentences may be shipped as text, attributed.
        limit: Maximum number of sentences; 0 is all.
        texts: From the cells of a row to texts of one or more sentences.
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
"""From a function that reads the text of a file to the rows of a corpus."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedCorpus:
    """A published corpus and the settings of `[corpus]` that suit it.

    Args:
        title: Shown in lists.
        description: One line: what the sentences are and how many.
        licence: The publisher's terms, one sentence.
        address: The folder it is published in; empty if it has several sources.
        files: In the order of the corpus' rows.
        tokenised: Whether the text is already tokens separated by blanks.
        grouped: Whether equal line numbers in the files of a split describe the same thing.
        lowercase: Recommended `corpus.lowercase`.
        split_punctuation: Recommended `corpus.split_punctuation`.
        tokens: Recommended `corpus.tokens`.
        vocabulary_size: Recommended `corpus.vocabulary_size`, in words.
        max_tokens: Recommended `corpus.max_tokens`.
        sources: The sources to attribute, if several.
        assemble: Makes the rows; None if they are the lines of the files.
        parts: The corpora that own its downloads; empty if it owns them.
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
        """Size of the download in bytes."""
        return sum(file.size for file in self.files)

    @property
    def megabytes(self) -> float:
        """Size of the download in MB (10⁶ bytes), to one decimal."""
        return round(self.bytes / 1e6, 1)

    @property
    def shippable(self) -> frozenset[str]:
        """Names of the sources whose sentences may be shipped as text, attributed."""
        return frozenset(source.name for source in self.sources if source.shippable)
