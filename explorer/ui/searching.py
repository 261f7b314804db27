"""Finding a place by words: typing a sentence, and searching those on the map."""

import numpy as np
import streamlit as st

from explorer.run import Run
from explorer.ui import state
from explorer.ui.lists import Row, sentence_list
from explorer.ui.state import MOST_TEXT, Point, Typed

MOST_HITS = 200
_LISTED = 30


def inputs(run: Run) -> np.ndarray | None:
    """The two boxes above the map.

    Returns:
        Atlas rows that hold the words searched for; None where nothing is searched.
    """
    typed, search = st.columns(2)
    typed.text_input(
        "Type a sentence",
        max_chars=MOST_TEXT,
        key="text",
        bind="query-params",
        placeholder="a child plays with a ball",
        on_change=_typed,
        icon=":material/edit:",
    )
    query = search.text_input(
        "Find sentences with these words",
        max_chars=MOST_TEXT,
        key="find",
        bind="query-params",
        placeholder="red bicycle",
        icon=":material/search:",
    )
    return run.search(query, MOST_HITS) if query and query.strip() else None


def results(run: Run, hits: np.ndarray | None) -> None:
    """The sentences found; a click picks one."""
    if hits is None:
        return
    count = len(hits)
    if not count:
        st.info("No sentence of the map holds all these words.", icon=":material/search_off:")
        return
    many = f"the first {MOST_HITS} of those" if count == MOST_HITS else f"{count}"
    with st.expander(f"Found {many} on the map", expanded=True):
        texts = run.texts
        rows = [Row(int(row), texts[row]) for row in hits[:_LISTED].tolist()]
        sentence_list(rows, "Sentences found", "hits", lambda row: state.set_pick(Point(row)))
        if count > _LISTED:
            st.caption(f"The first {_LISTED} are listed; the map shows all.")


def _typed() -> None:
    text = st.session_state.get("text") or ""
    state.set_pick(Typed(text[:MOST_TEXT]) if text.strip() else None)
