"""Typing a sentence, and searching those on the map."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from explorer.explore.example_sentences import example_texts
from explorer.explore.readable_texts import readable
from explorer.explore.run import Run
from explorer.latent_space.name_by_example import is_example
from explorer.latent_space.name_cover import UNNAMED
from explorer.latent_space.name_parts import informative_words
from explorer.text.search_words import words
from explorer.ui.components.escaping import message
from explorer.ui.components.sentence_list import Row, sentence_list
from explorer.ui.session import picks
from explorer.ui.session.picks import SentencePick

_MAX_LISTED = 30


def inputs(run: Run, more: Callable[[Run], None] | None = None) -> np.ndarray | None:
    """The two boxes of the panel.

    Args:
        run: The run.
        more: Shows what stands below the boxes.

    Returns:
        Atlas rows that contain the words; None without a query.
    """
    assert run.atlas is not None
    # Placeholders that work: a sentence the model reconstructs well, and a word with many hits.
    sentence, refusal = example_texts(run)[0], run.cannot_encode
    typed, find = f"Type a {run.text_unit}", f"Find {run.text_unit}s by words"
    st.text_input(
        typed,
        key="text",
        placeholder=typed if refusal else f"{typed}: {sentence}",
        label_visibility="collapsed",
        on_change=_typed,
        icon=":material/edit:",
        disabled=bool(refusal),
    )
    if refusal:
        st.caption(message(refusal))
    query = st.text_input(
        find,
        max_chars=picks.MOST_TEXT,
        key="find",
        bind="query-params",
        placeholder=f"{find}: {suggested_word(run)}",
        label_visibility="collapsed",
        icon=":material/search:",
    )
    if more is not None:
        more(run)
    if not (query and query.strip()):
        return None
    return run.search(query, len(run.atlas))


def results(
    run: Run, hits: np.ndarray | None, offer: Callable[[Run, np.ndarray], None] | None = None
) -> None:
    """The matching sentences; a click picks one.

    Args:
        run: The run.
        hits: Atlas rows; None for no search.
        offer: Shows above the list what else can be done with them.
    """
    if hits is None:
        return
    count = len(hits)
    if not count:
        st.info(
            f"No {run.text_unit} on the map contains all these words.",
            icon=":material/search_off:",
        )
        return
    with st.expander(f"{count:,} matching {run.text_unit}s", expanded=True):
        if offer is not None:
            offer(run, hits)
        texts = run.texts
        rows = [Row(int(row), readable(run, texts[row])) for row in hits[:_MAX_LISTED].tolist()]
        sentence_list(
            rows,
            f"Matching {run.text_unit}s",
            "hits",
            lambda row: picks.set_pick(SentencePick(row)),
        )
        first = (
            f"The first {_MAX_LISTED} are listed; the map shows all of them. "
            if count > _MAX_LISTED
            else ""
        )
        st.caption(f"{first}A word also matches longer words that begin with it.")


def _typed() -> None:
    picks.type_text(st.session_state.get("text") or "")


def suggested_word(run: Run) -> str:
    """A word of the name of the largest region that has a telling one, else of an example."""
    for region in (region for level in run.needed_atlas.levels for region in level):
        if region.name.startswith(UNNAMED) or is_example(region.name):
            continue
        for word in informative_words(region.name):
            return word
    return max(words(example_texts(run)[0]), key=len, default="")
