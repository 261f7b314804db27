"""What the points of a run's map can be coloured by: a registry of colourings by name."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass

from explorer.explore import file_columns, point_colours
from explorer.explore.baseline_fit import baselines_of
from explorer.explore.point_colours import AtlasColouring, Colours
from explorer.runs.run_files import Contents
from explorer.system.cache import Cache

_fitted: Cache[Colours] = Cache(8)
_columns: Cache[Colours | None] = Cache(64)


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
    """

    name: str
    title: str
    help: str
    draw: Callable[[Contents], Colours]
    is_available: Callable[[Contents], bool] = lambda run: True
    is_linear_baseline: bool = False
    is_of_a_file: bool = False
    """Whether it comes from a user's file, which may change."""

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
        if not self.is_linear_baseline and not self.is_of_a_file:
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
        from explorer.latent_space.cluster_names import Namer

        group = baselines_of(run).group(name)
        return point_colours.groups(group, Namer(run.texts).names(group), title)

    return Colouring(name, title, help, draw, is_linear_baseline=True)


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
)
COLOURINGS = {item.name: item for item in _ENTRIES}
"""Colourings by name, in the order of the control."""
DEFAULT_COLOURING = next(iter(COLOURINGS))


COLUMN = "column "
"""Before the name of a column of a user's file."""


def available(run: Contents) -> list[str]:
    """Names of the colourings that say something about a run's map."""
    names = [name for name, item in COLOURINGS.items() if item.is_available(run)]
    columns = [f"{COLUMN}{name}" for name in run.columns]
    return names + [name for name in columns if _column_colours(run, name) is not None]


def colouring_of(run: Contents, name: str) -> Colouring:
    """The colouring of a name of `available`.

    Raises:
        KeyError: If there is none.
    """
    if name in COLOURINGS:
        return COLOURINGS[name]
    colours = _column_colours(run, name)
    if colours is None:
        raise KeyError(name)
    title = colours.title
    help = f"The column {title} of the file."
    return Colouring(name, title, help, draw=lambda run: colours, is_of_a_file=True)


def _column_colours(run: Contents, name: str) -> Colours | None:
    column = name.removeprefix(COLUMN)
    if not name.startswith(COLUMN) or column not in run.columns:
        return None
    return _columns.get((run, name), lambda: file_columns.colours_of(run.columns[column], column))
