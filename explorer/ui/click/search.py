"""Finding a place by words: typing a sentence, and searching those on the map."""

import numpy as np
import streamlit as st

from explorer.explore.run import Run
from explorer.ui.components.sentence_list import Row, sentence_list
from explorer.ui.session import picks
from explorer.ui.session.picks import SentencePick

_LISTED = 30


def inputs(run: Run) -> np.ndarray | None:
    """The two boxes above the map.

    Returns:
        Atlas rows that hold the words searched for; None where nothing is searched.
    """
    assert run.atlas is not None
    # The model says its own words best; what is searched for is to be found.
    sentence = run.atlas.reconstruction[len(run.atlas) // 3]
    words = _telling(run.texts[len(run.atlas) // 2])
    typed, search = st.columns(2)
    typed.text_input(
        "Type a sentence",
        key="text",
        placeholder=sentence,
        on_change=_typed,
        icon=":material/edit:",
    )
    query = search.text_input(
        "Find sentences with these words",
        max_chars=picks.MOST_TEXT,
        key="find",
        bind="query-params",
        placeholder=words,
        icon=":material/search:",
    )
    if not (query and query.strip()):
        return None
    return run.search(query, len(run.atlas))


def results(run: Run, hits: np.ndarray | None) -> None:
    """The sentences found; a click picks one."""
    if hits is None:
        return
    count = len(hits)
    if not count:
        st.info("No sentence of the map holds all these words.", icon=":material/search_off:")
        return
    with st.expander(f"Found {count:,} on the map", expanded=True):
        texts = run.texts
        rows = [Row(int(row), texts[row]) for row in hits[:_LISTED].tolist()]
        sentence_list(
            rows, "Sentences found", "hits", lambda row: picks.set_pick(SentencePick(row))
        )
        first = f"The first {_LISTED} are listed; the map shows all. " if count > _LISTED else ""
        st.caption(f"{first}A word also finds longer words that begin with it.")


def _typed() -> None:
    picks.type_text(st.session_state.get("text") or "")


def _telling(text: str) -> str:
    """The two longest words of a sentence, as they follow each other in it."""
    words = [word.strip(",.!?") for word in text.split()]
    longest = sorted(words, key=len, reverse=True)[:2]
    return " ".join(word for word in words if word in longest)
