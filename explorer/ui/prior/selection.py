"""Which mark of the prior's plane is shown: in the address, in the text and on the plane."""

from collections.abc import Callable, Hashable

import streamlit as st

CHART = "prior_plane"
_SHOWN = "shown"
_SEEN, _DRAWN = "_prior_seen", "_prior_drawn"


def name() -> str:
    """The mark that the address names; empty for none."""
    return st.query_params.get(_SHOWN, "")


def show(name: str) -> None:
    """Puts a mark beside the plane and into the address."""
    st.query_params[_SHOWN] = name


def show_none() -> None:
    """Takes it away."""
    st.query_params.pop(_SHOWN, None)


def drawn(asked: Hashable) -> tuple[str, int]:
    """The mark to draw the plane with, and a number to draw it under.

    A click on the plane marks what was clicked without the server, and no new plane is drawn: it
    would lose how far somebody has zoomed in. Any other way to another mark, or to none, needs a
    plane of another number: the browser forgets on that one what was clicked before.

    Args:
        asked: All else that the plane shows.
    """
    known, seen = st.session_state, (asked, name())
    before = known.get(_DRAWN, ("", 0))
    if known.get(_SEEN) != seen or CHART not in known:  # not there after another page
        known[_SEEN], known[_DRAWN] = seen, (name(), before[1] + 1)
    return known[_DRAWN]


def taking_clicks(asked: Hashable) -> Callable[[], None]:
    """What the plane does on a click."""

    def clicked() -> None:
        chosen = st.session_state.get(CHART)
        points = chosen["selection"]["points"] if chosen else []
        for point in points:
            custom = point.get("customdata")
            custom = custom[0] if isinstance(custom, list) and custom else custom
            if isinstance(custom, str):
                show(custom)
                st.session_state[_SEEN] = (asked, custom)
        if not points:
            # The second click on a mark unmarks it in the browser; it is still the one shown.
            st.session_state.pop(_SEEN, None)

    return clicked
