"""The player of a playback: a small interface in front of WebGL2 and JavaScript.

The places of all snapshots travel by URL, once. Playing, scrubbing and pinning happen in the
browser; what the script hears of is where the person came to rest.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from explorer.explore.map_overlays import Ellipse, as_data
from explorer.explore.playback_story import Figure
from explorer.explore.point_colours import LegendEntry
from explorer.ui.map.scripts import stub

HEIGHT = 480


@dataclass(frozen=True)
class Moment:
    """Where a person is in a playback.

    Attributes:
        epoch: Of the training, between the first and the last snapshot.
        index: The pinned sentence among the probes; −1 for none.
    """

    epoch: float
    index: int = -1


@dataclass(frozen=True)
class Ask:
    """A sentence that a control of the page pins; each serial is heeded once."""

    index: int
    serial: int


def player(
    *,
    frames_url: str,
    colours_url: str,
    sentence_url: str,
    legend: Sequence[LegendEntry],
    legend_title: str,
    kind: Literal["categories", "ramp"],
    snapshots: Sequence[Mapping[str, float]],
    figures: Sequence[Figure],
    ellipses: Sequence[Ellipse],
    axes: Mapping[str, Any],
    told: Sequence[int],
    start: Moment,
    asked: Ask | None,
    description: str,
    caption: str,
    key: str,
) -> Moment | None:
    """Draw the player; return where the person came to rest, or None without WebGL2.

    Args:
        frames_url: Address of float32 x, y pairs, snapshot by snapshot.
        colours_url: Address of a byte a point.
        sentence_url: Address that answers `?i=index` with `text`, `note`, `row` and
            `reconstructions`.
        legend: Names and colours of the bytes.
        legend_title: What the colours mean.
        kind: Whether the bytes are classes or positions on a ramp.
        snapshots: `epoch`, `beta`, `share` and `variance` of each.
        figures: The panels of the time line.
        ellipses: The prior's.
        axes: `x`, `y` (names) and `units` (whether ticks mean something).
        told: Indexes of the sentences whose reconstructions were kept.
        start: Where to begin; heeded when the places are loaded.
        asked: A sentence to pin now.
        description: What a screen reader says it shows.
        caption: A line under the map.
        key: Identity of the player in the session.
    """
    import streamlit as st

    known = st.session_state.get(key)
    data = {
        "frames_url": frames_url,
        "colours_url": colours_url,
        "sentence_url": sentence_url,
        "legend": [entry._asdict() for entry in legend],
        "legend_title": legend_title,
        "kind": kind,
        "snapshots": [dict(item) for item in snapshots],
        "series": [vars(item) for item in figures],
        "overlays": [as_data(item) for item in ellipses],
        "axes": {"x": axes["x"], "y": axes["y"], "units": bool(axes["units"])},
        "told": [int(index) for index in told],
        "start": vars(start),
        "asked": None if asked is None else vars(asked),
        "description": description,
        "caption": caption,
        "height": HEIGHT,
        "webgl_missing": _state(known, "webgl") == "missing",
    }
    result = _component()(key=key, data=data, on_shown_change=_nothing, on_webgl_change=_nothing)
    if _state(result, "webgl") == "missing":
        return None
    return read_moment(_state(result, "shown")) or start


def read_moment(payload: Any) -> Moment | None:
    """A moment from what the browser sent; None for nothing, or for what no player sends."""
    if not isinstance(payload, Mapping):
        return None
    epoch, index = payload.get("epoch"), payload.get("index")
    for number in (epoch, index):
        if not isinstance(number, int | float) or not math.isfinite(number):
            return None
    return Moment(float(epoch), int(index))  # type: ignore[arg-type]


def _state(result: Any, name: str) -> Any:
    """A value of a component's result; absent before the browser has said anything."""
    return result.get(name) if isinstance(result, Mapping) else None


def _nothing() -> None:
    """Streamlit hands over only the values that have a callback."""


@cache
def _component() -> Any:
    from streamlit.components import v2

    return v2.component("playback_player", js=stub("player", "map", "range"))
