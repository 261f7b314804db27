"""The map and the path slider on a page: thin wrappers around the JavaScript components.

Points are fetched by URL as one binary blob (`explorer.ui.http.routes`), never sent by the script.
A person's action starts a rerun and is reported in it as a `MapEvent`.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from explorer.map_component.map_event import MapEvent, finite_numbers, read_event
from explorer.map_component.map_spec import MapSpec
from explorer.ui.map.scripts import stub


def latent_map(spec: MapSpec, key: str = "map") -> MapEvent | None:
    """Draws the map; returns what the person just did on it, in the rerun that it started.

    Pan and zoom start no rerun. They are stored in the tab and written into the address as
    `spec.view_parameter` (`view=x,y,zoom`), which a new tab opens again.

    Args:
        spec: The map.
        key: Identity of this map in the session.
    """
    import streamlit as st

    known = st.session_state.get(key)
    event = current_event(key)
    if event is not None and not event.shift:
        # The caller's `selected` may be older than the pick that started this rerun.
        spec = replace(spec, selected=event.selection)
    data = spec.as_data() | {"webgl_missing": state_of(known, "webgl") == "missing"}
    result = _map_component()(
        key=key, data=data, on_pick_change=ignore_change, on_webgl_change=ignore_change
    )
    event = read_event(state_of(result, "pick"))
    if event is None and state_of(result, "webgl") == "missing":
        return MapEvent("no_webgl")
    return event


def current_event(key: str = "map") -> MapEvent | None:
    """The event that started this rerun, before the map is drawn again.

    Lets a page answer above the map, and give the map a `selected` that is up to date.
    """
    import streamlit as st

    return read_event(state_of(st.session_state.get(key), "pick"))


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
    """A slider through decoded sentences that responds at drag speed, without the server.

    While dragged, it shows the sentence of each step, emphasises the words that differ from the
    step before (or from `against`), and moves the marker of the overlay `Path(id=path)`.

    Args:
        sentences: The decoded sentence of every step.
        path: The `id` of the path on the map.
        ends: Labels of the two ends, such as the two sentences.
        position: Its step: in reruns the last return value, or another one to move it.
        names: Labels of the steps beside the slider; their numbers by default.
        against: A sentence that all are compared with instead.
        key: Identity of this slider in the session.

    Returns:
        The step chosen in this rerun, else `position`; 0 to `len(sentences) - 1`.
    """
    import streamlit as st

    last = max(len(sentences) - 1, 0)
    start = min(max(int(position), 0), last)
    # A step belongs to its path: another path starts at its own.
    version = hashlib.sha256("\n".join((path, *sentences)).encode()).hexdigest()[:12]
    chosen = _chosen_step(state_of(st.session_state.get(key), "position"), version, last)
    # In the rerun that a move starts, the caller's position is still the previous one.
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
    _slider_component()(key=key, data=data, on_position_change=ignore_change)
    if chosen is not None:
        st.session_state[memory] = chosen
    return at


def _chosen_step(payload: Any, version: str, last: int) -> tuple[int, float] | None:
    """The chosen step and its serial; None if it belongs to another path."""
    if not isinstance(payload, Mapping) or payload.get("version") != version:
        return None
    numbers = finite_numbers(payload, ("at", "serial"))
    return (min(max(int(numbers[0]), 0), last), numbers[1]) if numbers else None


def state_of(result: Any, name: str) -> Any:
    """A value of a component's result; None before the browser has sent any."""
    return result.get(name) if isinstance(result, Mapping) else None


def ignore_change() -> None:
    """Streamlit returns only the values that have a callback."""


@cache
def _map_component() -> Any:
    from streamlit.components import v2

    return v2.component("latent_map", js=stub("map"))


@cache
def _slider_component() -> Any:
    from streamlit.components import v2

    return v2.component("path_slider", js=stub("slider", "range"))
