"""The map of sentences and the path slider: small interfaces in front of WebGL2 and JavaScript.

Points travel by URL as one binary blob (see `explorer.ui.http.routes`), never through the script.
What comes back is a `MapEvent` in the run of the script that the person's action started.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np

from explorer.explore.map_overlays import Cloud, Ellipse, Marker, Overlay, Path, as_data
from explorer.explore.point_colours import LegendEntry
from explorer.ui.map.scripts import stub

__all__ = [
    "Cloud",
    "Ellipse",
    "LegendEntry",
    "MapEvent",
    "Marker",
    "Overlay",
    "Path",
    "View",
    "current_event",
    "latent_map",
    "path_slider",
]

UMAP_AXES: Mapping[str, Any] = {"x": "UMAP 1", "y": "UMAP 2, no unit", "units": False}
KINDS = ("point", "place", "box", "clear")


@dataclass(frozen=True)
class View:
    """The part of the map that is seen: its centre, and a zoom of 1 for everything."""

    x: float
    y: float
    zoom: float


@dataclass(frozen=True)
class MapEvent:
    """What the person did on the map.

    Attributes:
        kind: A sentence was picked (`point`), an empty place (`place`), a rectangle was drawn
            (`box`), the selection was cleared by Escape (`clear`), or the browser cannot draw
            the map (`no_webgl`).
        index: Atlas row of a picked sentence, else −1.
        x: Map coordinate of the pick.
        y: Map coordinate of the pick.
        shift: Whether shift was held: by convention "add", not "replace".
        serial: Grows with every event, so the same place can be picked twice.
        view: What was seen at that moment.
        box: Left, right, bottom and top of a rectangle, map coordinates.
    """

    kind: Literal["point", "place", "box", "clear", "no_webgl"]
    index: int = -1
    x: float = 0.0
    y: float = 0.0
    shift: bool = False
    serial: int = 0
    view: View | None = None
    box: tuple[float, float, float, float] | None = None


def latent_map(
    *,
    points_url: str,
    colours_url: str,
    legend: Sequence[LegendEntry],
    kind: Literal["categories", "ramp"] = "categories",
    labels: Sequence[Mapping[str, Any]] = (),
    overlays: Sequence[Overlay] = (),
    highlight: Sequence[int] | np.ndarray | None = None,
    selected: Mapping[str, Any] | None = None,
    view: View | Mapping[str, float] | None = None,
    axes: Mapping[str, Any] = UMAP_AXES,
    description: str,
    spoken: str = "",
    caption: str = "",
    legend_title: str = "",
    hover_url: str,
    decode_url: str = "",
    view_parameter: str = "view",
    show_legend: bool = True,
    boxes: bool = False,
    link: str = "",
    height: int = 560,
    key: str = "map",
) -> MapEvent | None:
    """Draw the map; return what the person just did on it, in the run that it started.

    Pan and zoom start no run. They are kept in the tab and written into the address as
    `view_parameter` (`view=x,y,zoom`), which a fresh tab opens again.

    Args:
        points_url: Address of float32 x, y pairs (`urls.points_url`).
        colours_url: Address of a byte a point (`urls.colours_url`).
        legend: Names and colours of the bytes.
        kind: Whether the bytes are classes or positions on a ramp.
        labels: Names on the map: `x`, `y`, `text`, `level` (0 = coarsest), `size` (rank).
        overlays: What lies on top of the points.
        highlight: Rows that stand out while all others turn grey; None for no search.
        selected: `{"row": i}`, `{"x": …, "y": …}` or None; drawn when it changes.
        view: Where to look when neither the tab nor the address knows better; later changes
            of it move the map.
        axes: `x`, `y` (names) and `units` (whether ticks mean something).
        description: What a screen reader says the map shows.
        spoken: What it says when this changes, such as the answer to a pick.
        caption: A line under the map, such as "showing 20,000 of 145,000, drawn evenly".
        legend_title: What the colours mean.
        hover_url: Address that answers `?i=row` with `{"text", "note"}` (`urls.hover_url`).
        decode_url: Address that answers `&at=x,y;x,y` with `[{"text", "opacity"}]`
            (`urls.decode_url`): what is said at a grid of places stands on the map.
        view_parameter: Name of the view in the address; empty to leave the address alone.
        show_legend: Whether the legend stands under the map; beside another one, once is enough.
        boxes: Whether Shift and a drag draw a rectangle.
        link: Maps with the same link bring out the same class.
        height: Height of the map in CSS pixels, legend not included.
        key: Identity of this map in the session.
    """
    import streamlit as st

    known = st.session_state.get(key)
    picked = current_event(key)
    if picked is not None and not picked.shift:
        # The caller's `selected` may be older than the pick this run is about.
        selected = _selection(picked)
    data = {
        "points_url": points_url,
        "colours_url": colours_url,
        "hover_url": hover_url,
        "legend": [entry._asdict() for entry in legend],
        "legend_title": legend_title,
        "kind": kind,
        "labels": [_label(label) for label in labels],
        "overlays": [as_data(overlay) for overlay in overlays],
        "highlight": None if highlight is None else [int(i) for i in highlight],
        "selected": _selected(selected),
        "view": _view_data(view),
        "axes": {"x": axes["x"], "y": axes["y"], "units": bool(axes["units"])},
        "decode_url": decode_url,
        "description": description,
        "spoken": spoken,
        "caption": caption,
        "view_parameter": view_parameter,
        "show_legend": show_legend,
        "boxes": boxes,
        "link": link,
        "height": int(height),
        "webgl_missing": _state(known, "webgl") == "missing",
    }
    result = _map_component()(
        key=key, data=data, on_pick_change=_nothing, on_webgl_change=_nothing
    )
    event = read_event(_state(result, "pick"))
    if event is None and _state(result, "webgl") == "missing":
        return MapEvent("no_webgl")
    return event


def current_event(key: str = "map") -> MapEvent | None:
    """The event this run of the script was started by, before the map is drawn again.

    Lets a page answer above the map, and hand the map a `selected` that is up to date.
    """
    import streamlit as st

    return read_event(_state(st.session_state.get(key), "pick"))


def path_slider(
    sentences: Sequence[str],
    *,
    path: str = "path",
    ends: Sequence[str] = ("A", "B"),
    position: int = 0,
    names: Sequence[str] = (),
    against: str | None = None,
    key: str = "path_slider",
) -> int:
    """A slider through decoded sentences that answers at drag speed, without the server.

    While the hand moves it shows the sentence of each step, with the words that differ from
    the step before (or from `against`) emphasised, and moves the marker of the overlay
    `Path(id=path)`.

    Args:
        sentences: The decoded sentence of every step.
        path: The `id` of the path on the map.
        ends: What stands under the two ends of the slider, such as the two sentences.
        position: Step it stands at: in later runs what was returned before, or where else it is
            to go, as Back in the address asks.
        names: What each step is called beside the slider; its number by default.
        against: One sentence that all are compared with instead.
        key: Identity of this slider in the session.

    Returns:
        The step that was let go of in this run, else `position`; 0 to `len(sentences) - 1`.
    """
    import streamlit as st

    last = max(len(sentences) - 1, 0)
    start = min(max(int(position), 0), last)
    # A position belongs to the path it was chosen on: another path starts at its own.
    version = hashlib.sha256("\n".join((path, *sentences)).encode()).hexdigest()[:12]
    chosen = _let_go(_state(st.session_state.get(key), "position"), version, last)
    # In the run that a move starts, the caller's position is still the one before it.
    memory = f"_{key}_heard"
    at = start
    if chosen is not None and chosen != st.session_state.get(memory):
        at = chosen[0]
    data = {
        "version": version,
        "sentences": [str(sentence) for sentence in sentences],
        "path": path,
        "ends": [str(end) for end in ends],
        "position": at,
        "names": [str(name) for name in names],
        "against": against,
        "heard": None if chosen is None else chosen[1],
    }
    _slider_component()(key=key, data=data, on_position_change=_nothing)
    if chosen is not None:
        st.session_state[memory] = chosen
    return at


def _let_go(payload: Any, version: str, last: int) -> tuple[int, float] | None:
    """The step a slider was let go of and the serial of that; None if on another path."""
    if not isinstance(payload, Mapping) or payload.get("version") != version:
        return None
    numbers = _numbers(payload, ("at", "serial"))
    return (min(max(int(numbers[0]), 0), last), numbers[1]) if numbers else None


def read_event(payload: Any) -> MapEvent | None:
    """An event from what the browser sent; None for nothing, or for what no map sends."""
    if not isinstance(payload, Mapping) or payload.get("kind") not in KINDS:
        return None
    numbers = _numbers(payload, ("x", "y", "index", "serial"))
    if numbers is None:
        return None
    view = payload.get("view")
    seen = _numbers(view, ("x", "y", "zoom")) if isinstance(view, Mapping) else None
    sides = payload.get("box")
    box = _numbers(dict(enumerate(sides)), range(4)) if isinstance(sides, list) else None
    if payload["kind"] == "box" and box is None:
        return None
    return MapEvent(
        kind=payload["kind"],
        index=int(numbers[2]),
        x=numbers[0],
        y=numbers[1],
        shift=payload.get("shift") is True,
        serial=int(numbers[3]),
        view=View(*seen) if seen else None,
        box=(box[0], box[1], box[2], box[3]) if box else None,
    )


def _numbers(values: Mapping[Any, Any], names: Sequence[Any]) -> list[float] | None:
    """The named values as floats, or None unless all are finite numbers."""
    found = []
    for name in names:
        value = values.get(name)
        if not isinstance(value, int | float) or not math.isfinite(value):
            return None
        found.append(float(value))
    return found


def _label(label: Mapping[str, Any]) -> list[Any]:
    """A row instead of names and values, with places to 5 digits: labels travel every run."""
    x, y, size = (float(f"{float(label[name]):.5g}") for name in ("x", "y", "size"))
    return [x, y, str(label["text"]), int(label["level"]), size]


def _selection(event: MapEvent) -> dict[str, Any] | None:
    """What a pick selects, in the words of `latent_map(selected=…)`."""
    if event.kind == "point":
        return {"row": event.index}
    return {"x": event.x, "y": event.y} if event.kind == "place" else None


def _selected(selected: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if selected is None:
        return None
    if "row" in selected:
        return {"row": int(selected["row"])}
    return {"x": float(selected["x"]), "y": float(selected["y"])}


def _view_data(view: View | Mapping[str, float] | None) -> dict[str, float] | None:
    if view is None:
        return None
    if isinstance(view, View):
        return {"x": view.x, "y": view.y, "zoom": view.zoom}
    return {name: float(view[name]) for name in ("x", "y", "zoom")}


def _state(result: Any, name: str) -> Any:
    """A value of a component's result; absent before the browser has said anything."""
    return result.get(name) if isinstance(result, Mapping) else None


def _nothing() -> None:
    """Streamlit hands over only the values that have a callback."""


@cache
def _map_component() -> Any:
    from streamlit.components import v2

    return v2.component("latent_map", js=stub("map"))


@cache
def _slider_component() -> Any:
    from streamlit.components import v2

    return v2.component("path_slider", js=stub("slider", "range"))
