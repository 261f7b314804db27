"""Tags that a person gave to sentences of a map: a condition of selections, and a colouring.

Where tags are stored is a matter of `workspace`, which registers itself here.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from threading import local

import numpy as np
from jaxtyping import Int

from explorer.errors import ExplorerError
from explorer.explore.criterion import Mask, TextCriterion
from explorer.explore.mapped_run import MappedRun
from explorer.system.cache import Cache

Rows = Mapping[str, Int[np.ndarray, " rows"]]
SEPARATOR = "; "
"""Between the tags of a sentence, in a table."""


@dataclass(frozen=True)
class _Source:
    read: Callable[[MappedRun], Rows]
    stamp: Callable[[], Hashable]


_sources: list[_Source] = []
_known: Cache[Rows] = Cache(8)
_reading = local()


def set_source(read: Callable[[MappedRun], Rows], stamp: Callable[[], Hashable]) -> None:
    """Registers where tags come from.

    Args:
        read: Atlas indexes of the sentences with each tag of a run.
        stamp: Changes whenever these may.
    """
    _sources[:] = [_Source(read, stamp)]


def rows_by_tag(run: MappedRun) -> Rows:
    """Atlas indexes of the sentences with each tag; tags within tags have no sentences."""
    if not _sources or getattr(_reading, "now", False):
        return {}
    source = _sources[0]

    def read() -> Rows:
        _reading.now = True
        try:
            return source.read(run)
        finally:
            _reading.now = False

    return _known.get((run, run.texts_are_real, source.stamp()), read)


def column(run: MappedRun) -> list[str] | None:
    """The tags of each sentence, joined; None where no sentence has one."""
    tagged = rows_by_tag(run)
    if not tagged:
        return None
    result: list[str] = [""] * len(run.needed_atlas)
    for tag in sorted(tagged):
        for row in tagged[tag].tolist():
            result[row] = f"{result[row]}{SEPARATOR}{tag}" if result[row] else tag
    return result


class Tag(TextCriterion):
    """A tag of a note."""

    name = "tag"
    help = "Sentences with a tag of your notes."
    changes = True

    def mask(self, run: MappedRun) -> Mask:
        tagged = rows_by_tag(run)
        if self.text not in tagged:
            raise ExplorerError(f"no sentence of {run.name} has the tag {self.text!r}")
        result = np.zeros(len(run.needed_atlas), bool)
        result[tagged[self.text]] = True
        return result
