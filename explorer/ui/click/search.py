"""Typing a sentence, and searching those on the map."""

import numpy as np
import streamlit as st

from explorer.explore.run import Run
from explorer.ui.components.sentence_list import Row, sentence_list
from explorer.ui.session import picks
from explorer.ui.session.picks import SentencePick

_MAX_LISTED = 30
_WIDTH = 185  # of a box, pixels


def inputs(run: Run) -> np.ndarray | None:
    """The two boxes above the map.

    Returns:
        Atlas rows that contain the words; None without a query.
    """
    assert run.atlas is not None
    # Placeholders that work: a sentence the model reconstructs well, and words with a hit.
    sentence = run.atlas.reconstruction[len(run.atlas) // 3]
    words = _longest_words(run.texts[len(run.atlas) // 2])
    st.text_input(
        "Type a sentence",
        key="text",
        placeholder=sentence,
        on_change=_typed,
        icon=":material/edit:",
        width=_WIDTH,
    )
    query = st.text_input(
        "Find sentences by words",
        max_chars=picks.MOST_TEXT,
        key="find",
        bind="query-params",
        placeholder=words,
        icon=":material/search:",
        width=_WIDTH,
    )
    if not (query and query.strip()):
        return None
    return run.search(query, len(run.atlas))


def results(run: Run, hits: np.ndarray | None) -> None:
    """The matching sentences; a click picks one."""
    if hits is None:
        return
    count = len(hits)
    if not count:
        st.info("No sentence on the map contains all these words.", icon=":material/search_off:")
        return
    with st.expander(f"{count:,} matching sentences", expanded=True):
        texts = run.texts
        rows = [Row(int(row), texts[row]) for row in hits[:_MAX_LISTED].tolist()]
        sentence_list(
            rows, "Matching sentences", "hits", lambda row: picks.set_pick(SentencePick(row))
        )
        first = (
            f"The first {_MAX_LISTED} are listed; the map shows all. "
            if count > _MAX_LISTED
            else ""
        )
        st.caption(f"{first}A word also matches longer words that begin with it.")


def _typed() -> None:
    picks.type_text(st.session_state.get("text") or "")


def _longest_words(text: str) -> str:
    """The two longest words of a sentence, in its order."""
    words = [word.strip(",.!?") for word in text.split()]
    longest = sorted(words, key=len, reverse=True)[:2]
    return " ".join(word for word in words if word in longest)
