"""What the map is given to draw."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from explorer.explore.map_overlays import Overlay, as_data
from explorer.explore.point_colours import LegendEntry
from explorer.latent_space.home_box import MIN_GAIN, HomeBox
from explorer.map_component.map_event import Viewport

_BITS_A_ROW = 30
"""A row in a list is about five characters, of six bits of base64 each."""


@dataclass(frozen=True)
class PinnedAnswer:
    """What the map says beside its selection."""

    text: str
    second: str = ""
    """A second sentence, such as a reconstruction of the first."""
    note: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class MapSpec:
    """A map: points and colours by address, the rest by value.

    Attributes:
        points_url: Address of float32 x, y pairs.
        colours_url: Address of a byte a point.
        hover_url: Address that answers `?i=row` with `{"text", "second", "note"}`.
        decode_url: Address that answers `&at=x,y;x,y` with a list of `{"text", "opacity",
            "distance"}`: sentences decoded on a grid of positions are written on the map; empty
            for none.
        lens_url: The same address for the lens, which decodes under the pointer; empty for none.
        legend: Names and colours of the bytes.
        kind: Whether the bytes are classes or positions on a ramp.
        legend_title: What the colours mean.
        labels: Names on the map: `x`, `y`, `text`, `level` (0 = coarsest), `size` (rank), and the
            index of the `parent` among those of the level above, if there is one.
        overlays: What is drawn on top of the points.
        highlight: Rows that stand out while all others turn grey; None for no search.
        selected: `{"row": i}`, `{"x": …, "y": …}` or None; drawn when it changes.
        heard: The serial of the last event that the page has answered; of an older state the map
            takes no selection. None where the page does not say.
        answer: The words pinned to the selection: its text, and a note; None until it is known.
        home: What the first view shows; None for all points.
        view: The viewport, unless the tab or the address has one; later changes move the map.
        axes: `x`, `y` (names) and `units` (whether ticks mean something).
        description: For screen readers: what the map shows.
        spoken: For screen readers: announced when it changes, such as the answer to a pick.
        caption: A line under the map, such as "Each dot is a sentence: 20,000 of 145,000".
        view_parameter: Name of the viewport in the address; empty to leave the address alone.
        show_legend: Whether the legend is drawn under the map; of linked maps, one is enough.
        boxes: Whether Shift and a drag draw a rectangle.
        areas: Whether sentences can be selected: by tools that draw an outline, by Shift and a
            drag, and by their region.
        joining: How what is selected next joins `highlight`: replace, and, or, not.
        selects_classes: Whether a class of the legend can be selected, too.
        link: Maps with the same link emphasise the same class.
        height: Height of the map in CSS pixels, without the legend.
        margin: If positive, the map is as high as the window less so many pixels, and `height` is
            its minimum.
    """

    points_url: str
    colours_url: str
    hover_url: str
    decode_url: str = ""
    lens_url: str = ""
    legend: Sequence[LegendEntry]
    kind: Literal["categories", "ramp"] = "categories"
    legend_title: str = ""
    labels: Sequence[Mapping[str, Any]] = ()
    overlays: Sequence[Overlay] = ()
    highlight: Sequence[int] | np.ndarray | None = None
    selected: Mapping[str, Any] | None = None
    heard: int | None = None
    answer: PinnedAnswer | None = None
    home: HomeBox | None = None
    view: Viewport | None = None
    axes: Mapping[str, Any]
    description: str
    spoken: str = ""
    caption: str = ""
    view_parameter: str = "view"
    show_legend: bool = True
    boxes: bool = False
    areas: bool = False
    joining: str = "replace"
    selects_classes: bool = False
    link: str = ""
    height: int = 560
    margin: int = 0

    def as_data(self) -> dict[str, Any]:
        """The map as JSON for the browser."""
        same = ("points_url", "colours_url", "hover_url", "decode_url", "lens_url", "kind")
        same += (
            "legend_title",
            "description",
            "spoken",
            "caption",
            "view_parameter",
            "show_legend",
            "boxes",
            "areas",
            "joining",
            "heard",
            "selects_classes",
        )
        return {name: getattr(self, name) for name in (*same, "link")} | {
            "legend": [entry._asdict() for entry in self.legend],
            "labels": [_label(label) for label in self.labels],
            "overlays": [as_data(overlay) for overlay in self.overlays],
            "highlight": None if self.highlight is None else _rows(self.highlight),
            "selected": _selected(self.selected),
            "answer": None if self.answer is None else vars(self.answer),
            "home": _home(self.home),
            "view": None if self.view is None else vars(self.view),
            "axes": axes_data(self.axes),
            "height": int(self.height),
            "margin": int(self.margin),
        }


def axes_data(axes: Mapping[str, Any]) -> dict[str, Any]:
    """Names and units of the axes, as JSON."""
    return {"x": axes["x"], "y": axes["y"], "units": bool(axes["units"])}


def _home(home: HomeBox | None) -> dict[str, Any] | None:
    """The first view, where it is not simply all points."""
    if home is None or not home.islands:
        return None
    return vars(home) | {"min_gain": MIN_GAIN}


def _label(label: Mapping[str, Any]) -> list[Any]:
    """An array, with coordinates to 5 digits: labels are sent with every rerun."""
    x, y, size = (float(f"{float(label[name]):.5g}") for name in ("x", "y", "size"))
    parent = [int(label["parent"])] if label.get("parent", -1) >= 0 else []
    return [x, y, str(label["text"]), int(label["level"]), size, *parent]


def _rows(rows: Sequence[int] | np.ndarray) -> list[int] | dict[str, str]:
    """Rows as a list, or as a bit each in base64 where that is shorter: sent with every rerun."""
    last = max((int(row) for row in rows), default=-1)
    if len(rows) * _BITS_A_ROW <= last:
        return [int(row) for row in rows]
    is_in = np.zeros(last + 1, bool)
    is_in[np.asarray(rows, np.int64)] = True
    return {"bits": b64encode(np.packbits(is_in, bitorder="little").tobytes()).decode()}


def _selected(selected: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if selected is None:
        return None
    if "row" in selected:
        return {"row": int(selected["row"])}
    return {"x": float(selected["x"]), "y": float(selected["y"])}
