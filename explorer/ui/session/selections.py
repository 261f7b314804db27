"""The sentences that this session has selected on the map, as the text of a selection."""

import streamlit as st

from explorer.errors import ExplorerError
from explorer.explore.run import Run
from explorer.explore.selection import Selection, is_of_one_map, read_selection

_ADDRESS = "select"
_SELECTION, _RUN, _PROBLEM = "_selection", "_selection_run", "_selection_problem"
_SEEN = "_selection_seen"


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
    if known.get(_RUN, run.stamp) != run.stamp and selection and is_of_one_map(selection):
        known[_SELECTION] = selection = None
    known[_RUN] = run.stamp
    return selection


def write_address() -> None:
    """Brings the address up to date with what is selected."""
    selection, before = st.session_state.get(_SELECTION), st.query_params.get(_ADDRESS, "")
    wanted = "" if selection is None else str(selection)
    st.session_state[_SEEN] = wanted
    if wanted and wanted != before:
        st.query_params[_ADDRESS] = wanted
    elif before and not wanted:
        del st.query_params[_ADDRESS]
