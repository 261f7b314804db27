"""The sentences that this session has selected on the map, as the text of a selection."""

from contextlib import suppress

import streamlit as st

from explorer.errors import ExplorerError
from explorer.explore.run import Run
from explorer.explore.selection import Selection, is_of_one_map, read_selection

_ADDRESS = "select"
_SELECTION, _RUN, _PROBLEM = "_selection", "_selection_run", "_selection_problem"
_SEEN = "_selection_seen"
_HELD_ADDRESS, _HELD, _HELD_SEEN = "held", "_held_selection", "_held_seen"


def follow_address(is_same_page: bool) -> None:
    """Takes over what a link, Back or Forward changed in the address.

    Args:
        is_same_page: Whether the address before was of this page: an address without a selection
            then says that there is none.
    """
    known, text = st.session_state, st.query_params.get(_ADDRESS, "")
    if text != known.get(_SEEN, "") and (text or is_same_page):
        known.pop(_RUN, None)
        known[_SELECTION] = None
        set_text(text)
    known[_SEEN] = text
    held = st.query_params.get(_HELD_ADDRESS, "")
    if held != known.get(_HELD_SEEN, "") and (held or is_same_page):
        known[_HELD] = None
        with suppress(ExplorerError):  # a malformed one is none
            known[_HELD] = read_selection(held) if held.strip() else None
    known[_HELD_SEEN] = held


def set_text(text: str) -> None:
    """Selects what a text describes; a malformed one changes nothing, and is a problem."""
    known = st.session_state
    known[_PROBLEM] = ""
    try:
        known[_SELECTION] = read_selection(text) if text.strip() else None
    except ExplorerError as error:
        known[_PROBLEM] = str(error)


def set_selection(selection: Selection | None) -> None:
    """Selects sentences, or none."""
    st.session_state[_SELECTION], st.session_state[_PROBLEM] = selection, ""


def problem() -> str:
    """What is wrong with the text that was last to be selected; empty for nothing."""
    return st.session_state.get(_PROBLEM, "")


def selection_of(run: Run) -> Selection | None:
    """What is selected in a run; an area or region of another run's map is not."""
    known = st.session_state
    selection: Selection | None = known.get(_SELECTION)
    if known.get(_RUN, run.stamp) != run.stamp:
        if selection and is_of_one_map(selection):
            known[_SELECTION] = selection = None
        if (held := known.get(_HELD)) and is_of_one_map(held):
            known[_HELD] = None
    known[_RUN] = run.stamp
    return selection


def held_of(run: Run) -> Selection | None:
    """The selection that others are compared with; one of another run's map is not."""
    selection_of(run)
    return st.session_state.get(_HELD)


def set_held(selection: Selection) -> None:
    """Holds a selection, to compare others with it."""
    st.session_state[_HELD] = selection


def clear_held() -> None:
    """Holds no selection."""
    st.session_state[_HELD] = None


def write_address() -> None:
    """Brings the address up to date with what is selected, and held."""
    _write(_ADDRESS, _SELECTION, _SEEN)
    _write(_HELD_ADDRESS, _HELD, _HELD_SEEN)


def _write(name: str, key: str, seen: str) -> None:
    selection, before = st.session_state.get(key), st.query_params.get(name, "")
    wanted = "" if selection is None else str(selection)
    st.session_state[seen] = wanted
    if wanted and wanted != before:
        st.query_params[name] = wanted
    elif before and not wanted:
        del st.query_params[name]
