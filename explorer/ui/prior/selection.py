"""The mark selected on the plane: in the URL, beside the plane and on it."""

from collections.abc import Callable, Hashable

import streamlit as st

CHART = "prior_plane"
_SHOWN = "shown"
_SEEN, _DRAWN = "_prior_seen", "_prior_drawn"


def name() -> str:
    """The mark named by the URL; empty for none."""
    return st.query_params.get(_SHOWN, "")


def show(name: str) -> None:
    """Selects a mark."""
    st.query_params[_SHOWN] = name


def show_none() -> None:
    """Clears the selection."""
    st.query_params.pop(_SHOWN, None)


def drawn(asked: Hashable) -> tuple[str, int]:
    """The mark to highlight on the plane, and the number of the plane.

    The browser itself highlights a clicked mark, and the plane is not redrawn, which would reset
    its zoom. Any other change of the selection needs a plane with a new number, on which the
    browser forgets earlier clicks.

    Args:
        asked: Everything else that the plane depends on.
    """
    known, seen = st.session_state, (asked, name())
    before = known.get(_DRAWN, ("", 0))
    if known.get(_SEEN) != seen or CHART not in known:  # absent after a visit to another page
        known[_SEEN], known[_DRAWN] = seen, (name(), before[1] + 1)
    return known[_DRAWN]


def taking_clicks(asked: Hashable) -> Callable[[], None]:
    """The callback for clicks on the plane."""

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
            # A second click unmarks it in the browser, but it stays selected: redraw.
            st.session_state.pop(_SEEN, None)

    return clicked
