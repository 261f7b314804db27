"""Assembles a corpus from several sources: each sentence once, in one split."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

from explorer.text import cleaning, formats
from explorer.text.named_corpus import Assemble, RemoteFile, Row, Source

HELD = 0.015
"""Fraction of the sentences without a published split held out for validation, and for test."""

NAMES = frozenset({"tom", "mary"})
MAX_NAMED = 0.03
"""Maximum fraction of sentences that name Tom or Mary, who fill one source."""

Read = Callable[[RemoteFile], str]


def assembled(sources: Sequence[Source]) -> Assemble:
    """Assembles the plain sentences of the sources, each once, at most `MAX_NAMED` with `NAMES`.

    A sentence of several sources belongs to the first. Its split, and whether a limit drops it,
    depend on the sentence alone.
    """

    def assemble(read: Read) -> list[Row]:
        rows = once(row for source in sources for row in cleaned(source, read))
        for source in sources:
            if source.limit:
                own = [key for key, row in rows.items() if row.source == source.name]
                rows = _capped(rows, own, source.limit)
        named = [key for key in rows if not NAMES.isdisjoint(key.split())]
        limit = int((len(rows) - len(named)) * MAX_NAMED / (1 - MAX_NAMED))
        return list(_capped(rows, named, limit).values())

    return assemble


def mixed(first: Sequence[Source], assemble: Assemble, last: Sequence[Source]) -> Assemble:
    """Assembles another corpus with sources before and after it; each sentence once.

    A held-out sentence of `first` belongs to it and occurs nowhere else.
    """

    def assemble_mixed(read: Read) -> list[Row]:
        before = (row for source in first for row in cleaned(source, read))
        behind = (row for source in last for row in cleaned(source, read))
        return list(once(chain(before, assemble(read), behind)).values())

    return assemble_mixed


def cleaned(source: Source, read: Read) -> Iterator[Row]:
    """The plain sentences of a source, in order."""
    for file in source.files:
        if file.format:
            for cells in formats.rows(file, read(file)):
                for text in source.texts(cells):
                    for sentence in cleaning.sentences(text):
                        yield Row(sentence, source.name, source.label, file.split)


def once(rows: Iterable[Row]) -> dict[str, Row]:
    """The first row of each key (`cleaning.key`), in order; rows without a split get one."""
    first: dict[str, Row] = {}
    for row in rows:
        key = cleaning.key(row.sentence)
        if key not in first:
            first[key] = row if row.split else row._replace(split=side(key))
    return first


def side(key: str) -> str:
    """The split of a sentence, a function of its key alone."""
    position = unit_hash("side", key)
    return "test" if position < HELD else "valid" if position < 2 * HELD else "train"


def unit_hash(seed: int | str, text: str) -> float:
    """Hashes seed and text to a number in [0, 1)."""
    digest = hashlib.blake2b(f"{seed}\n{text}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def _capped(rows: dict[str, Row], keys: Iterable[str], limit: int) -> dict[str, Row]:
    """The rows, with at most `limit` of those with these keys, drawn by hash."""
    drawn = sorted(keys, key=lambda key: unit_hash("draw", key))
    left_out = set(drawn[limit:])
    return {key: row for key, row in rows.items() if key not in left_out}
