"""The player of a playback on a page: a thin wrapper around the JavaScript component.

Positions of all snapshots are fetched by URL, once. Playing, scrubbing and pinning happen in the
browser; the script receives only where the person stopped.
"""

from functools import cache
from typing import Any

from explorer.map_component.player_spec import Moment, PlayerSpec, read_moment
from explorer.ui.map.component import ignore_change, state_of
from explorer.ui.map.scripts import stub


def player(spec: PlayerSpec, key: str) -> Moment | None:
    """Draws the player; returns where the person stopped, or None without WebGL2.

    Args:
        spec: The player.
        key: Identity of the player in the session.
    """
    import streamlit as st

    known = st.session_state.get(key)
    data = spec.as_data() | {"webgl_missing": state_of(known, "webgl") == "missing"}
    result = _component()(
        key=key, data=data, on_shown_change=ignore_change, on_webgl_change=ignore_change
    )
    if state_of(result, "webgl") == "missing":
        return None
    return read_moment(state_of(result, "shown")) or spec.start


@cache
def _component() -> Any:
    from streamlit.components import v2

    return v2.component("playback_player", js=stub("player", "map", "range"))
