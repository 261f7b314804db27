"""What the points of a run's map can be coloured by: a registry of colourings by name."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np

from explorer.errors import ExplorerError
from explorer.explore import column_colours, columns, point_colours, tags
from explorer.explore.baseline_fit import baselines_of
from explorer.explore.group_scores import namer
from explorer.explore.mapped_run import MappedRun
from explorer.explore.point_colours import AtlasColouring, Colours
from explorer.runs.run_files import Contents
from explorer.system.cache import Cache

_fitted: Cache[Colours] = Cache(8)
_columns: Cache[dict[str, Colours]] = Cache(8)


@dataclass(frozen=True)
class Colouring:
    """A colouring of the sentences on a run's map.

    Args:
        name: In links; capitalised, on the page.
        title: Of the legend.
        help: One sentence.
        draw: Colours the sentences of a run's map.
        is_available: Whether it tells the sentences of a run's map apart.
        is_linear_baseline: Whether it comes from a baseline that is fitted on first use.
        changes: Whether a person changes it, so that the run's stamp does not determine it.
    """

    name: str
    title: str
    help: str
    draw: Callable[[Contents], Colours]
    is_available: Callable[[Contents], bool] = lambda run: True
    is_linear_baseline: bool = False
    changes: bool = False

    def colours_of(self, run: Contents) -> Colours:
        """A colour for every sentence of the map; what was fitted is cached."""
        if not self.is_linear_baseline:
            return self.draw(run)
        return _fitted.get(self._key(run), lambda: self.draw(run))

    def is_ready(self, run: Contents) -> bool:
        """Whether nothing has to be fitted for `colours_of`."""
        return not self.is_linear_baseline or self._key(run) in _fitted

    def mark(self, run: Contents) -> str:
        """A checksum of the colours, unless the run's stamp determines them."""
        if not (self.is_linear_baseline or self.changes):
            return ""
        return f"{zlib.crc32(self.colours_of(run).ids.tobytes()):08x}"

    def _key(self, run: Contents) -> tuple[object, ...]:
        return (run, run.texts_are_real, self.name)


def _of_atlas(item: AtlasColouring) -> Colouring:
    return Colouring(
        item.name,
        item.title,
        item.help,
        draw=lambda run: item.colours_of(run.needed_atlas),
        is_available=lambda run: item.is_available(run.needed_atlas),
    )


def _of_baseline(name: str, title: str, help: str) -> Colouring:
    def draw(run: Contents) -> Colours:
        group = baselines_of(run).group(name)
        return point_colours.groups(group, namer(run).names(group), title)

    return Colouring(name, title, help, draw, is_linear_baseline=True)


def _draw_tags(run: Contents) -> Colours:
    """Of several tags of a sentence, the colour is of the newest."""
    tagged = tags.rows_by_tag(cast("MappedRun", run))
    group = np.full(len(run.needed_atlas), -1)
    for number, tag in reversed(list(enumerate(tagged))):
        group[tagged[tag]] = number
    return point_colours.groups(group, list(tagged), _TAGS.title)


def _has_tags(run: Contents) -> bool:
    try:
        return bool(tags.rows_by_tag(cast("MappedRun", run)))
    except ExplorerError:
        return False  # the database cannot be read: the page of notes says so


_TAGS = Colouring(
    "tag", "Tag", "Tags of your notes.", _draw_tags, is_available=_has_tags, changes=True
)
_ENTRIES = (
    *map(_of_atlas, point_colours.ATLAS_COLOURINGS.values()),
    _of_baseline(
        "k-means",
        "Cluster of k-means",
        "Clusters of **k-means**, which is EM with hard assignments.",
    ),
    _of_baseline(
        "mixture",
        "Component of the mixture",
        "Most probable component of a **mixture of Gaussians**, fitted by EM.",
    ),
    _TAGS,
)
COLOURINGS = {item.name: item for item in _ENTRIES}
"""Colourings by name, in the order of the control."""
DEFAULT_COLOURING = next(iter(COLOURINGS))


COLUMN = "column "
"""Before the name of a column of a user's file."""


def available(run: Contents) -> list[str]:
    """Names of the colourings that say something about a run's map."""
    names = [name for name, item in COLOURINGS.items() if item.is_available(run)]
    return names + list(_of_columns(run))


def colouring_of(run: Contents, name: str) -> Colouring:
    """The colouring of a name of `available`.

    Raises:
        KeyError: If there is none.
    """
    if name in COLOURINGS:
        return COLOURINGS[name]
    colours = _of_columns(run)[name]
    help = f"The column {colours.title} of the file."
    return Colouring(name, colours.title, help, draw=lambda run: colours, changes=True)


def _of_columns(run: Contents) -> dict[str, Colours]:
    """The colours of the columns of the user's file, by the name of the colouring."""

    def draw() -> dict[str, Colours]:
        drawn = {
            f"{COLUMN}{column.title}": column_colours.colours_of(column)
            for column in columns.of_file(cast("MappedRun", run)).values()
        }
        return {name: colours for name, colours in drawn.items() if colours is not None}

    return _columns.get((run, run.texts_are_real), draw)
