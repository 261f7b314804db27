"""Corpora: sentences in a fixed order with splits and labels; downloads of the named ones."""

import gzip
import hashlib
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.config import CorpusConfig
from explorer.errors import ExplorerError
from explorer.system.atomic_files import home
from explorer.system.file_checksums import sha256
from explorer.text import cleaned, download, formats, vector_column
from explorer.text.corpus_catalog import NAMED, NamedCorpus, RemoteFile
from explorer.text.file_columns import Dialect
from explorer.text.named_corpus import Assemble
from explorer.text.read_file import longest_text, read
from explorer.text.splits import draw, key, require_variety, split
from explorer.text.vector_column import VectorSource

if TYPE_CHECKING:
    import numpy as np

__all__ = [
    "NAMED",
    "SPLITS",
    "Corpus",
    "NamedCorpus",
    "RemoteFile",
    "checksum",
    "get",
    "is_present",
    "load",
    "mark",
]

SPLITS = ("train", "valid", "test")


@dataclass(frozen=True)
class Corpus:
    """Sentences in a fixed order; the index of a sentence identifies it everywhere.

    Args:
        name: The name of the corpus or file.
        sentences: Text as published, with white space collapsed to single blanks.
        splits: "train", "valid" or "test" for each sentence.
        labels: A label for each sentence, or None if there are none.
        groups: Sentences of a group describe the same thing (an image); None if unknown.
        checksum: SHA-256 of the sentences in order: equal text, equal checksum.
        sources: The name of the `Source` of each sentence; None if there is only one.
        file_rows: The row of each sentence in a user's file; None for a named corpus.
        vectors: The vector of each sentence, single precision; None if the corpus has none.
    """

    name: str
    sentences: list[str]
    splits: list[str]
    labels: list[str] | None
    groups: list[int] | None
    checksum: str
    sources: list[str] | None = None
    file_rows: list[int] | None = None
    vectors: "np.ndarray | None" = field(default=None, repr=False, compare=False)

    def rows(self, split: str) -> list[int]:
        """The indices of the sentences of a split, in order.

        Raises:
            ValueError: If there is no such split.
        """
        if split not in SPLITS:
            raise ValueError(f"{split!r} is not one of {', '.join(SPLITS)}")
        return [row for row, own in enumerate(self.splits) if own == split]


@dataclass(frozen=True)
class _Lines:
    sentences: list[str]
    splits: list[str]  # "" where the seed decides
    labels: list[str] | None
    groups: list[int] | None
    sources: list[str] | None = None
    file_rows: list[int] | None = None
    vectors: "np.ndarray | None" = None

    def drawn(self, rows: Sequence[int]) -> "_Lines":
        return _Lines(
            [self.sentences[row] for row in rows],
            [self.splits[row] for row in rows],
            None if self.labels is None else [self.labels[row] for row in rows],
            None if self.groups is None else [self.groups[row] for row in rows],
            None if self.sources is None else [self.sources[row] for row in rows],
            None if self.file_rows is None else [self.file_rows[row] for row in rows],
            None if self.vectors is None else self.vectors[list(rows)],
        )


def load(config: CorpusConfig, seed: int) -> Corpus:
    """Reads a corpus: a named one from the download or the mirror, or a user's file.

    Args:
        config: `[corpus]`; only settings that decide sentences, order and splits are used.
        seed: Draws the sentences if there is a limit, and splits those without a published split.

    Raises:
        ExplorerError: If the corpus is missing or damaged, or has too few distinct sentences.
    """
    if config.name:
        title, lines = config.name, _named_lines(config.name)
        if config.vector_file:
            file = user_file(config.vector_file)
            vectors = vector_column.of_all(file, len(lines.sentences))
            lines = replace(lines, vectors=vectors)
    else:
        path = user_file(config.path)
        source = VectorSource.of(config)
        columns, longest = (config.text_column, config.label_column), longest_text(config.tokens)
        table = read(
            path,
            *columns,
            dialect=Dialect.of(config),
            vectors=source,
            refuse_vector=_leave_out,
            longest=longest,
        )
        title = path.name
        splits = [""] * len(table.texts)
        texts, labels, rows = table.texts, table.labels, table.rows
        lines = _Lines(texts, splits, labels, None, file_rows=rows, vectors=table.vectors)
        require_variety(lines.sentences, config.path, config.normalise)
    if 0 < config.limit < len(lines.sentences):
        lines = lines.drawn(draw(lines.splits, config.limit, seed))
        limited = f"{title} with corpus.limit = {config.limit}"
        require_variety(lines.sentences, limited, config.normalise)
    splits = lines.splits
    if "" in splits:
        keys = [key(sentence, config.normalise) for sentence in lines.sentences]
        splits = split(keys, config.valid_fraction, config.test_fraction, seed)
    return Corpus(
        title,
        lines.sentences,
        splits,
        lines.labels,
        lines.groups,
        checksum(lines.sentences),
        lines.sources,
        lines.file_rows,
        lines.vectors,
    )


def _leave_out(error: ExplorerError, row: str) -> None:
    """A row without a usable vector is not in the corpus; `explorer new` lists them."""


def checksum(sentences: Sequence[str]) -> str:
    """SHA-256 of the sentences in order, one a line."""
    digest = hashlib.sha256()
    for sentence in sentences:
        digest.update(sentence.encode() + b"\n")
    return digest.hexdigest()


def get(
    name: str,
    mirror: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Downloads a named corpus, or copies it from a mirror; intact files are kept.

    Args:
        name: A key of `NAMED`.
        mirror: A folder with the published files; default: `EXPLORER_MIRROR` if set, or else the
            public address.
        progress: Called with the bytes done and the total bytes.

    Returns:
        The folder of its files; for a corpus with parts, the parent of their folders.

    Raises:
        ExplorerError: If the name is unknown or a file cannot be downloaded; partial downloads are
            kept and resumed by the next call.
    """
    corpus = _known(name)
    source = mirror.expanduser() if mirror else _mirror()
    if source is not None and not source.is_dir():
        raise ExplorerError(f"the mirror {source} is not a folder")
    before = 0

    def report(done: int) -> None:
        if progress is not None:
            progress(before + done, corpus.bytes)

    for file in corpus.files:
        target = _target(name, file)
        if download.is_intact(target, file):
            report(file.size)
        else:
            download.fetch(file, target, source, report)
        before += file.size
    return _folder("") if corpus.parts else _folder(name)


def is_present(name: str) -> bool:
    """Whether a named corpus can be loaded without the network."""
    corpus = _known(name)
    if corpus.assemble and cleaned.is_current(_rows_file(name), corpus):
        return True
    return all(_locate(name, file) is not None for file in corpus.files)


def mark(config: CorpusConfig) -> tuple[tuple[str, int, int], ...]:
    """Paths, sizes and times of the files of a corpus; while equal, `load` gives the same."""
    if config.name:
        named = NAMED[config.name].files if config.name in NAMED else ()
        paths = [_rows_file(config.name), *(_locate(config.name, file) for file in named)]
    else:
        paths = [Path(os.path.expanduser(config.path))]  # noqa: PTH111 - of an unknown user too
    if config.vector_file:
        paths.append(Path(os.path.expanduser(config.vector_file)))  # noqa: PTH111
    files = []
    for path in paths:
        if path is not None:
            with suppress(OSError, ValueError):  # missing, or not a valid path
                there = path.stat()
                files.append((str(path), there.st_size, there.st_mtime_ns))
    return tuple(files)


def user_file(path: str) -> Path:
    """A path of a recipe, which may begin at a home folder.

    Raises:
        ExplorerError: If it begins at the home folder of an unknown user.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise ExplorerError(f"{path} starts with a home folder that does not exist") from None


def file_checksum(config: CorpusConfig) -> str:
    """SHA-256 of a user's file; empty for a named corpus, and for a file that cannot be read."""
    try:
        return sha256(user_file(config.path))
    except (OSError, ValueError, ExplorerError):
        return ""


def check_unchanged(config: CorpusConfig) -> None:
    """Checks that a user's file is the one its recipe was made for.

    Raises:
        ExplorerError: If its content differs from `corpus.checksum`.
    """
    if config.checksum and file_checksum(config) not in ("", config.checksum):
        raise ExplorerError(
            f"{config.path} has changed since `explorer new` created the recipe for it: run that "
            'again with --force, or set checksum = "" in [corpus] to train on the current '
            "version"
        )


def _known(name: str) -> NamedCorpus:
    if name not in NAMED:
        raise ExplorerError(f"there is no corpus {name!r}; choose one of {', '.join(NAMED)}")
    return NAMED[name]


def _folder(name: str) -> Path:
    return home() / "corpora" / name


def _target(name: str, file: RemoteFile) -> Path:
    """The path of a download; files of several corpora are stored once."""
    owners = (part for part in _known(name).parts if file in NAMED[part].files)
    return _folder(next(owners, name)) / file.name


def _rows_file(name: str) -> Path:
    return _folder(name) / "cleaned.parquet"


def _mirror() -> Path | None:
    folder = os.environ.get("EXPLORER_MIRROR")
    return Path(folder).expanduser() if folder else None


def _locate(name: str, file: RemoteFile) -> Path | None:
    cached = _target(name, file)
    if cached.is_file():
        return cached
    mirror = _mirror()
    return download.find(mirror, file) if mirror else None


def _named_lines(name: str) -> _Lines:
    corpus = _known(name)
    if corpus.assemble:
        return _assembled(name, corpus.assemble)
    sentences: list[str] = []
    splits: list[str] = []
    labels: list[str] = []
    groups: list[int] = []
    offset, largest, split = 0, 0, ""
    for file in corpus.files:
        if file.split != split:
            offset, split = largest, file.split
        lines = formats.lines(_text(name, file))
        largest = max(largest, offset + len(lines))
        # Numbered before empty lines are dropped, so that a group stays one image.
        nonempty = [
            (number, words) for number, line in enumerate(lines) if (words := line.split())
        ]
        sentences += [" ".join(words) for _, words in nonempty]
        groups += [offset + number for number, _ in nonempty]
        splits += [file.split] * len(nonempty)
        labels += [file.label] * len(nonempty)
    return _Lines(
        sentences, splits, labels if any(labels) else None, groups if corpus.grouped else None
    )


def _assembled(name: str, assemble: Assemble) -> _Lines:
    """The cleaned rows, cached because cleaning takes half a minute."""
    corpus, path = _known(name), _rows_file(name)
    columns = cleaned.read(path, corpus)
    if columns is None:
        columns = cleaned.columns(assemble(lambda file: _text(name, file)))
        with suppress(ExplorerError):  # without a cache it is cleaned again next time
            cleaned.write(path, corpus, columns)
    labels, sources = (
        column if any(column) else None for column in (columns["label"], columns["source"])
    )
    return _Lines(columns["sentence"], columns["split"], labels, None, sources)


def _text(name: str, file: RemoteFile) -> str:
    """The text of a published file, after its checksum was verified."""
    path = _locate(name, file)
    if path is None:
        raise ExplorerError(
            f"the corpus {name} is not installed: download it with `explorer corpus get {name}` "
            f"({NAMED[name].megabytes} MB)"
        )
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ExplorerError(f"{path} cannot be read: {error.strerror}") from None
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise ExplorerError(
            f"{path} is damaged (its checksum differs): replace it with `explorer corpus get "
            f"{name}`"
        )
    return (gzip.decompress(data) if file.name.endswith(".gz") else data).decode()
