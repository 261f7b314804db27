"""Sentences to start with: short, of known words, from different regions, reconstructed well."""

import itertools
import unicodedata
from collections import Counter

import numpy as np

from explorer.explore.run import Run
from explorer.system.cache import Cache

LENGTHS = range(6, 15)
"""Tokens of an example: enough to say something, few enough to read at a glance."""
_MAX_CANDIDATES = 4000
_LETTERS = 0.75  # of the characters of an example, so that no date or reference is one
_examples: Cache[list[int]] = Cache(16)


def example_rows(run: Run, count: int = 4) -> list[int]:
    """Atlas rows of example sentences, at most one a region; the largest region comes first.

    No two are alike, unless there are too few.

    Of a region's sentences, the one whose reconstruction shares most words with it; where the
    corpus is not on this machine, the one of the lowest distortion per token.

    Args:
        run: A run with a map.
        count: The number of rows wanted; a run with fewer sentences has fewer.
    """
    key = (run, run.texts_are_real, count)
    return _examples.get(key, lambda: _choose(run, count))


def example_texts(run: Run, count: int = 4) -> list[str]:
    """The sentences of `example_rows`."""
    return [run.texts[row] for row in example_rows(run, count)]


def _choose(run: Run, count: int) -> list[int]:
    atlas = run.needed_atlas
    rows = np.flatnonzero(np.isin(atlas.tokens, LENGTHS))
    if not len(rows):
        rows = np.arange(len(atlas))
    rows = rows[:: max(1, len(rows) // _MAX_CANDIDATES)]
    regions = atlas.regions(0)
    texts = run.texts
    rows = np.array([row for row in rows if mostly_letters(texts[row])] or rows, dtype=np.int64)
    are_real = run.texts_are_real
    best = sorted(rows.tolist(), key=lambda row: -_quality(run, texts, row, are_real))
    order = [region for region, _ in Counter(regions[regions >= 0].tolist()).most_common()]
    chosen: list[int] = []
    for region in order[:count]:
        members = (row for row in best if regions[row] == region and _is_known(run, row))
        chosen += itertools.islice(members, 1)
    order = list(dict.fromkeys([*chosen, *best]))
    first = {texts[row]: row for row in reversed(order)}
    distinct = [row for row in order if first[texts[row]] == row]
    return list(dict.fromkeys([*distinct, *order]))[:count]


def mostly_letters(text: str) -> bool:
    """Whether a text is mostly letters, with the marks that belong to them."""
    characters = "".join(text.split())
    letters = sum(unicodedata.category(character)[0] in "LM" for character in characters)
    return letters >= _LETTERS * max(len(characters), 1)


def _is_known(run: Run, row: int) -> bool:
    return not run.unknown(run.texts[row])


def _quality(run: Run, texts: list[str], row: int, are_real: bool) -> float:
    """How well a sentence is reconstructed: F1 of its words, or minus the distortion per token."""
    atlas = run.needed_atlas
    distortion = float(atlas.distortion[row]) / max(int(atlas.tokens[row]), 1)
    if not are_real:
        return -distortion
    words = Counter(run.tokeniser.tokens(texts[row]))
    decoded = Counter(run.tokeniser.tokens(atlas.reconstruction[row]))
    shared = 2 * (words & decoded).total() / max(words.total() + decoded.total(), 1)
    return shared - 0.01 * distortion  # of equals, the one that is more likely
