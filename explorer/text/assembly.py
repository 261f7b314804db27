"""Assembling one corpus from several sources: each sentence once, on one side of the split."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

from explorer.text import cleaning, formats
from explorer.text.published import Assemble, RemoteFile, Row, Source

HELD = 0.015
"""The share of the sentences without a published split that validate, and as many that test."""

NAMES = frozenset({"tom", "mary"})
MAX_NAMED = 0.03
"""The largest share of the sentences that may name Tom or Mary, whom one source is full of."""

Read = Callable[[RemoteFile], str]


def assembled(sources: Sequence[Source]) -> Assemble:
    """A corpus of the sources' plain sentences, each once, at most `MAX_NAMED` with `NAMES`.

    A sentence of several sources counts as the first one's. Sides of the split hang on nothing but
    the sentence, as do those that a limit leaves out.
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
    """Another assembled corpus, with sources before and behind it; each sentence once.

    What `first` holds out is nowhere else: it counts as theirs.
    """

    def assemble_mixed(read: Read) -> list[Row]:
        before = (row for source in first for row in cleaned(source, read))
        behind = (row for source in last for row in cleaned(source, read))
        return list(once(chain(before, assemble(read), behind)).values())

    return assemble_mixed


def cleaned(source: Source, read: Read) -> Iterator[Row]:
    """Every plain sentence of a source, in order."""
    for file in source.files:
        if file.format:
            for cells in formats.rows(file, read(file)):
                for text in source.texts(cells):
                    for sentence in cleaning.sentences(text):
                        yield Row(sentence, source.name, source.label, file.split)


def once(rows: Iterable[Row]) -> dict[str, Row]:
    """The first row of each key (`cleaning.key`), in order; where it has no split, it gets one."""
    kept: dict[str, Row] = {}
    for row in rows:
        key = cleaning.key(row.sentence)
        if key not in kept:
            kept[key] = row if row.split else row._replace(split=side(key))
    return kept


def side(key: str) -> str:
    """The split of a sentence, for ever."""
    position = unit_hash("side", key)
    return "test" if position < HELD else "valid" if position < 2 * HELD else "train"


def unit_hash(seed: int | str, text: str) -> float:
    """A number in [0, 1) that depends on nothing but the seed and the text."""
    digest = hashlib.blake2b(f"{seed}\n{text}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def _capped(rows: dict[str, Row], keys: Iterable[str], limit: int) -> dict[str, Row]:
    """The rows, but of those with these keys at most so many, drawn by their keys."""
    drawn = sorted(keys, key=lambda key: unit_hash("draw", key))
    left_out = set(drawn[limit:])
    return {key: row for key, row in rows.items() if key not in left_out}
