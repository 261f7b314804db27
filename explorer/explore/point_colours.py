"""A byte of colour per point, and its legend.

Of categories, the byte is a class number; of ramps, a position from 0 to `RAMP_TOP`.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from jaxtyping import UInt8

from explorer.explore.palette import CLASSES

NO_CLASS = 255
"""The byte of a point without a class: drawn grey, not in the legend."""
RAMP_TOP = 254
MAX_CLASSES = 250


class LegendEntry(NamedTuple):
    """A class of points, or a stop of a ramp."""

    name: str
    colour: str
    id: int


@dataclass(frozen=True)
class Colours:
    """A byte for every row, and the legend of the bytes."""

    ids: UInt8[np.ndarray, " n"]
    legend: list[LegendEntry]
    kind: Literal["categories", "ramp"]
    title: str


@dataclass(frozen=True)
class AtlasColouring:
    """A colouring of the rows of an atlas, or of what has the same columns.

    Args:
        name: In links; capitalised, on the page.
        title: Of the legend.
        help: One sentence.
        draw: Colours the rows of an atlas, under a title.
        is_available: Whether it tells the rows of an atlas apart.
    """

    name: str
    title: str
    help: str
    draw: Callable[[Any, str], Colours]
    is_available: Callable[[Any], bool] = lambda atlas: True

    def colours_of(self, atlas: Any) -> Colours:
        return self.draw(atlas, self.title)


def available(atlas: Any) -> list[str]:
    """Names of the colourings that say something about this atlas."""
    return [name for name, item in ATLAS_COLOURINGS.items() if item.is_available(atlas)]


def colours(atlas: Any, by: str) -> Colours:
    """A colour for every row of an atlas.

    Raises:
        KeyError: If `by` is not in `ATLAS_COLOURINGS`, or colours by labels that are missing.
    """
    if by == "label" and atlas.label is None:
        raise KeyError(by)
    return ATLAS_COLOURINGS[by].colours_of(atlas)


def groups(group: Any, names: Sequence[str], title: str) -> Colours:
    """Colours groups 0, 1, … with these names, largest first in the legend; −1 is grey."""
    count = np.bincount(group[group >= 0], minlength=len(names))
    order = [int(item) for item in np.argsort(-count, kind="stable") if count[item]]
    return _numbered(group, [(item, names[item]) for item in order], title)


def palette(count: int) -> list[str]:
    """`count` colours, distinguishable with colour blindness: named ones, or else ordered hues.

    Many classes differ in lightness as well as hue, because hue alone does not separate them.
    """
    if count <= len(CLASSES):
        return list(CLASSES[:count])
    lightness = (0.62, 0.74, 0.52)
    return [_oklch(lightness[i % 3], 0.125, (250 + 137.508 * i) % 360) for i in range(count)]


def ramp(stops: int = 9) -> list[str]:
    """Blue to yellow with lightness rising all the way; legible on light and dark pages."""
    steps = [i / (stops - 1) for i in range(stops)]
    return [_oklch(0.42 + 0.42 * t, 0.13 + 0.02 * t, 275 - 180 * t) for t in steps]


def ramp_of(values: Any, title: str, name_of: Callable[[float], str]) -> Colours:
    """Positions by rank, so that a few outliers do not compress all others into one colour."""
    values = np.asarray(values, dtype=np.float64)
    ordered = np.sort(values[np.isfinite(values)])
    ids = np.full(len(values), NO_CLASS, dtype=np.uint8)
    finite = np.isfinite(values)
    if len(ordered):
        middle = np.searchsorted(ordered, values[finite], "left").astype(np.float64)
        middle += np.searchsorted(ordered, values[finite], "right") - 1
        ids[finite] = np.rint(middle / 2 / max(len(ordered) - 1, 1) * RAMP_TOP)
    stops = ramp()
    legend = []
    for i, colour in enumerate(stops):
        fraction = i / (len(stops) - 1)
        # Every second stop has a name: nine numbers do not fit on a phone.
        value = float(np.quantile(ordered, fraction)) if len(ordered) else 0.0
        name = name_of(value) if i % 2 == 0 else ""
        legend.append(LegendEntry(name, colour, round(fraction * RAMP_TOP)))
    return Colours(ids, legend, "ramp", title)


def categories(names: Sequence[str], title: str, order: Sequence[str] = ()) -> Colours:
    """A class for each name: those of `order` first, then the largest."""
    values, inverse, counts = np.unique(
        np.asarray(names, dtype=object), return_inverse=True, return_counts=True
    )
    rank = {name: i for i, name in enumerate(order)}
    by_size = sorted(
        range(len(values)), key=lambda i: (rank.get(values[i], len(order)), -counts[i])
    )
    return _numbered(inverse, [(int(i), str(values[i])) for i in by_size], title)


def _clusters(atlas: Any, title: str) -> Colours:
    """The coarsest regions: a dozen colours are distinguishable, 120 are not."""
    if not atlas.levels:
        return _numbered(np.full(len(atlas.cluster), -1), [], title)
    classes = [(region.id, region.name) for region in atlas.levels[0]]
    return _numbered(atlas.regions(0), classes, title)


def _splits(atlas: Any, title: str) -> Colours:
    return categories(list(atlas.split), title, order=("train", "valid", "test"))


def _labels(atlas: Any, title: str) -> Colours:
    return categories([str(label) for label in atlas.label], title)


def _numbered(values: Any, classes: list[tuple[int, str]], title: str) -> Colours:
    """Classes in their order get the bytes 0, 1, 2, …; the others stay grey."""
    values = np.asarray(values, dtype=np.int64)
    if len(classes) > MAX_CLASSES:
        title = f"{title}: the first {MAX_CLASSES} of {len(classes):,}; the others are grey"
        classes = classes[:MAX_CLASSES]
    lowest = int(values.min(initial=0))
    table = np.full(int(values.max(initial=0)) - lowest + 1, NO_CLASS, dtype=np.uint8)
    legend = []
    for number, ((value, name), colour) in enumerate(
        zip(classes, palette(len(classes)), strict=True)
    ):
        table[value - lowest] = number
        legend.append(LegendEntry(name, colour, number))
    return Colours(table[values - lowest], legend, "categories", title)


def _oklch(lightness: float, chroma: float, hue: float) -> str:
    """A colour by perceived lightness, colourfulness and hue (degrees) as `#rrggbb`.

    Source: https://bottosson.github.io/posts/oklab/
    """
    a = chroma * math.cos(math.radians(hue))
    b = chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    channels = []
    for value in linear:
        value = min(max(value, 0.0), 1.0)
        bent = 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055
        channels.append(round(255 * bent))
    return "#{:02x}{:02x}{:02x}".format(*channels)


ATLAS_COLOURINGS = {
    item.name: item
    for item in (
        AtlasColouring("cluster", "Cluster", "Region, at the coarsest level.", _clusters),
        AtlasColouring(
            "length",
            "Length (tokens)",
            "Number of tokens, by rank.",
            lambda atlas, title: ramp_of(atlas.tokens, title, "{:.0f}".format),
        ),
        AtlasColouring(
            "distortion",
            "Distortion (nats)",
            "−log p(x | z), by rank.",
            lambda atlas, title: ramp_of(atlas.distortion, title, "{:.0f}".format),
            is_available=lambda atlas: float(np.ptp(atlas.distortion)) > 0,
        ),
        AtlasColouring("split", "Split", "Training, validation or test.", _splits),
        AtlasColouring(
            "rate",
            "Rate (nats)",
            "KL of the posterior from the prior, by rank.",
            lambda atlas, title: ramp_of(atlas.rate, title, "{:.1f}".format),
            # A model without a latent space has rate 0 everywhere: a single colour.
            is_available=lambda atlas: float(np.ptp(atlas.rate)) > 0,
        ),
        AtlasColouring(
            "label",
            "Label",
            "Label of the corpus.",
            _labels,
            is_available=lambda atlas: atlas.label is not None,
        ),
    )
}
"""Colourings by name, in the order of the control."""
