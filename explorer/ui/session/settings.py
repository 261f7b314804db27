"""Settings of widgets that outlive a visit to another page."""

import streamlit as st

from explorer.explore.run import Run

KEPT = (
    *("layout", "colour", "read", "find", "text", "k", "from", "to", "steps", "way"),
    *("compared", "section", "told", "asked"),
    *("drawn", "dots", "tab"),
    *("part", "direction", "a", "b", "c", "towards", "away", "sentence", "order", "dimension"),
    *("strategy", "temperature", "top_k", "top_p", "beam", "penalty", "unknown", "seed"),
    *("label", "strength", "relabelled", "label_strength"),
)
"""Widgets whose values are kept; each is a parameter of the address too. A typed sentence is
written there with what is picked."""


def keep_settings() -> None:
    """Saves widgets of other pages from being forgotten: a value that is set again is kept."""
    for key in KEPT:
        if key in st.session_state:
            st.session_state[key] = st.session_state[key]


def example(run: Run, key: str, text: str) -> str:
    """What a text box starts with; a box left at another run's example follows to this run's.

    Args:
        run: The run.
        key: Of the box.
        text: The run's example.
    """
    known, memory = st.session_state, f"_example_{key}"
    stamp, before = known.get(memory, ("", ""))
    if stamp != run.stamp:
        if stamp and known.get(key) == before:
            known[key] = text
        known[memory] = (run.stamp, text)
    return text
