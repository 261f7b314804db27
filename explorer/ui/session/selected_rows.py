"""The corpus rows selected on maps side by side: a sentence, or those in a rectangle."""

from dataclasses import dataclass

import streamlit as st

from explorer.ui.session import picks, url
from explorer.ui.session.picks import SentencePick, index_of

_ADDRESS = "row"
_ROW, _ADOPTED = "_compared_row", "_compared_pick"


@dataclass(frozen=True)
class Box:
    """Corpus rows in a rectangle that was drawn on one map."""

    rows: tuple[int, ...]


def choose(rows: int | Box | None) -> None:
    """Selects a sentence by its row of the corpus, several, or none."""
    st.session_state[_ROW] = rows


def chosen() -> int | Box | None:
    """What was selected, before any address is read."""
    return st.session_state.get(_ROW)


def current() -> int | Box | None:
    """What is selected: what was clicked here, else what the address or the map page says."""
    known = st.session_state
    is_first = _ROW not in known
    if is_first:
        text = st.query_params.get(_ADDRESS, "")
        known[_ROW] = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
    run = picks.current_run()
    pick = picks.pick_of(run)
    if isinstance(pick, SentencePick) and run.atlas is not None and pick != known.get(_ADOPTED):
        known[_ADOPTED] = pick  # picked on the map page since this one was last seen
        if known[_ROW] is None or not is_first:
            known[_ROW] = int(run.atlas.row[pick.index])
    return known[_ROW]


def write_address() -> None:
    """Keeps the selection in the address, and for the map page where that has the sentence."""
    row = chosen()
    wanted = str(row) if isinstance(row, int) else ""
    if st.query_params.get(_ADDRESS, "") != wanted:
        if wanted:
            st.query_params[_ADDRESS] = wanted
        else:
            del st.query_params[_ADDRESS]
    run = picks.current_run()
    if isinstance(row, int) and run.atlas is not None:
        index = index_of(run, row)
        if index is not None:
            st.session_state[_ADOPTED] = SentencePick(index)
            picks.set_pick(SentencePick(index))
    url.write_address()
