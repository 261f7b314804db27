"""A corpus: its sentences in one fixed order, their splits and labels; getting the named ones."""

import gzip
import hashlib
import os
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from explorer.config import CorpusConfig
from explorer.errors import ExplorerError
from explorer.system.atomic_files import home
from explorer.text import download
from explorer.text.corpus_catalog import NAMED, NamedCorpus, RemoteFile
from explorer.text.read_file import read

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

_LEAST = 10  # distinct sentences below which nothing can be learned, split or mapped


@dataclass(frozen=True)
class Corpus:
    """Sentences in a fixed order; a sentence's place in it is its identity everywhere.

    Args:
        name: The named corpus, or the file's name.
        sentences: Text as published, white space collapsed to single blanks.
        splits: "train", "valid" or "test" for each sentence.
        labels: A label for each sentence, or None if there are none.
        groups: Sentences of one group describe the same thing (an image); None if unknown.
        checksum: SHA-256 of the sentences in order: equal text, equal checksum.
    """

    name: str
    sentences: list[str]
    splits: list[str]
    labels: list[str] | None
    groups: list[int] | None
    checksum: str

    def rows(self, split: str) -> list[int]:
        """The places of a split's sentences, in order.

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

    def drawn(self, rows: Sequence[int]) -> "_Lines":
        return _Lines(
            [self.sentences[row] for row in rows],
            [self.splits[row] for row in rows],
            None if self.labels is None else [self.labels[row] for row in rows],
            None if self.groups is None else [self.groups[row] for row in rows],
        )


def load(config: CorpusConfig, seed: int) -> Corpus:
    """Reads a corpus: a named one from the download or the mirror, or a user's file.

    Args:
        config: `[corpus]`; of it, only what decides the sentences, their order and splits counts.
        seed: Draws the sentences if there is a limit, and splits what has no split of its own.

    Raises:
        ExplorerError: If the corpus is not there, its files are damaged, or it has too few
            different sentences.
    """
    if config.name:
        title, lines = config.name, _named_lines(config.name)
    else:
        path = Path(config.path).expanduser()
        table = read(path, config.text_column, config.label_column)
        title = path.name
        lines = _Lines(table.texts, [""] * len(table.texts), table.labels, None)
        _require_variety(lines.sentences, config.path)
    if 0 < config.limit < len(lines.sentences):
        lines = lines.drawn(_draw(lines.splits, config.limit, seed))
        _require_variety(lines.sentences, f"{title} with corpus.limit = {config.limit}")
    splits = lines.splits
    if "" in splits:
        splits = _split(lines.sentences, config.valid_share, config.test_share, seed)
    return Corpus(
        title, lines.sentences, splits, lines.labels, lines.groups, checksum(lines.sentences)
    )


def checksum(sentences: Sequence[str]) -> str:
    """SHA-256 over sentences in order, one a line."""
    digest = hashlib.sha256()
    for sentence in sentences:
        digest.update(sentence.encode() + b"\n")
    return digest.hexdigest()


def get(
    name: str,
    mirror: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Downloads a named corpus, or copies it from a mirror; files already there are kept.

    Args:
        name: A key of `NAMED`.
        mirror: A folder with the published files; without it `EXPLORER_MIRROR`, if set, and
            otherwise the public address.
        progress: Called with the bytes done and the bytes in total.

    Returns:
        The folder of its files.

    Raises:
        ExplorerError: If the name is unknown or a file cannot be had; what has arrived is kept
            and the next call goes on from there.
    """
    corpus, folder = _known(name), _cache(name)
    source = mirror.expanduser() if mirror else _mirror()
    if source is not None and not source.is_dir():
        raise ExplorerError(f"the mirror {source} is not a folder")
    before = 0

    def report(done: int) -> None:
        if progress is not None:
            progress(before + done, corpus.bytes)

    for file in corpus.files:
        target = folder / file.name
        if download.is_intact(target, file):
            report(file.size)
        else:
            download.fetch(file, target, source, report)
        before += file.size
    return folder


def is_present(name: str) -> bool:
    """Whether a named corpus can be loaded without the network."""
    return all(_locate(name, file) is not None for file in _known(name).files)


def mark(config: CorpusConfig) -> tuple[tuple[str, int, int], ...]:
    """How a corpus' files stand; while it is the same, `load` answers as it did."""
    if config.name:
        named = NAMED[config.name].files if config.name in NAMED else ()
        paths = [_locate(config.name, file) for file in named]
    else:
        paths = [Path(config.path).expanduser()]
    found = []
    for path in paths:
        if path is not None:
            with suppress(OSError, ValueError):  # not there, or no name a file can have
                there = path.stat()
                found.append((str(path), there.st_size, there.st_mtime_ns))
    return tuple(found)


def _known(name: str) -> NamedCorpus:
    if name not in NAMED:
        raise ExplorerError(f"there is no corpus {name!r}; one of {', '.join(NAMED)}")
    return NAMED[name]


def _cache(name: str) -> Path:
    return home() / "corpora" / name


def _mirror() -> Path | None:
    folder = os.environ.get("EXPLORER_MIRROR")
    return Path(folder).expanduser() if folder else None


def _locate(name: str, file: RemoteFile) -> Path | None:
    cached = _cache(name) / file.name
    if cached.is_file():
        return cached
    mirror = _mirror()
    return download.find(mirror, file) if mirror else None


def _named_lines(name: str) -> _Lines:
    corpus = _known(name)
    sentences: list[str] = []
    splits: list[str] = []
    labels: list[str] = []
    groups: list[int] = []
    offset, largest, split = 0, 0, ""
    for file in corpus.files:
        if file.split != split:
            offset, split = largest, file.split
        lines = _lines(name, file)
        largest = max(largest, offset + len(lines))
        # Numbered before empty lines go, so that a group stays one image.
        kept = [(number, words) for number, line in enumerate(lines) if (words := line.split())]
        sentences += [" ".join(words) for _, words in kept]
        groups += [offset + number for number, _ in kept]
        splits += [file.split] * len(kept)
        labels += [file.label] * len(kept)
    return _Lines(
        sentences, splits, labels if any(labels) else None, groups if corpus.grouped else None
    )


def _lines(name: str, file: RemoteFile) -> list[str]:
    path = _locate(name, file)
    if path is None:
        raise ExplorerError(
            f"the corpus {name} is not on this machine: `explorer corpus get {name}` downloads it "
            f"({NAMED[name].megabytes} MB)"
        )
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ExplorerError(f"{path} cannot be read: {error.strerror}") from None
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise ExplorerError(
            f"{path} is damaged (its checksum differs): `explorer corpus get {name}` replaces it"
        )
    text = (gzip.decompress(data) if file.name.endswith(".gz") else data).decode()
    return text.removesuffix("\n").split("\n")


def _require_variety(sentences: Sequence[str], what: str) -> None:
    distinct = len({_normalised(sentence) for sentence in sentences})
    if distinct < _LEAST:
        raise ExplorerError(
            f"{what} has {len(sentences):,} sentences, {distinct:,} of them different: at least "
            f"{_LEAST} different ones are needed, and a few thousand for a model worth exploring"
        )


def _draw(splits: Sequence[str], limit: int, seed: int) -> list[int]:
    """Rows drawn evenly, in order, at least one of each split."""
    shuffled = list(range(len(splits)))
    random.Random(seed).shuffle(shuffled)
    first = {splits[row]: row for row in reversed(shuffled)}
    chosen = dict.fromkeys([*first.values(), *shuffled])
    return sorted(list(chosen)[:limit])


def _split(
    sentences: Sequence[str], valid_share: float, test_share: float, seed: int
) -> list[str]:
    """Splits by a hash of seed and sentence: equal sentences stay on one side.

    Adding or removing sentences moves no other sentence, except where a split would be empty:
    then it gets the one whose hash is nearest.
    """
    keys = [_normalised(sentence) for sentence in sentences]
    place = {key: _hash(seed, key) for key in dict.fromkeys(keys)}
    ranked = sorted(place, key=place.__getitem__)
    tests = sum(place[key] < test_share for key in ranked)
    tests = min(max(tests, 1), len(ranked) - 2)
    held = sum(place[key] < test_share + valid_share for key in ranked)
    held = min(max(held, tests + 1), len(ranked) - 1)
    side = dict.fromkeys(ranked, "train")
    side.update(dict.fromkeys(ranked[:held], "valid"))
    side.update(dict.fromkeys(ranked[:tests], "test"))
    return [side[key] for key in keys]


def _normalised(sentence: str) -> str:
    return " ".join(sentence.casefold().split())


def _hash(seed: int, text: str) -> float:
    """A number in [0, 1) that depends on nothing but the seed and the text."""
    digest = hashlib.blake2b(f"{seed}\n{text}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
