"""Arithmetic: A is to B as C is to …, the label switch, and one latent dimension at a time."""

import streamlit as st

from explorer.ui.arithmetic import analogy, dimensions, label_switch
from explorer.ui.components import decode_settings, notes, run_picker
from explorer.ui.map import view as map_view
from explorer.ui.session import picks, settings

TABS = ("Arithmetic", "Label switch", "Dimensions")
run = picks.current_run()


@settings.fragment
def calculate() -> None:
    """Three sentences, map and slider; a change reruns only this."""
    with notes.errors_shown():
        question = analogy.ask(run)
        view, by = map_view.controls(run)
        decoding = decode_settings.decoding(run)
        with st.spinner("Decoding…"):
            moved = analogy.move(run, question, decoding) if question else None
        wide, side = st.columns([5, 3], gap="medium")
        with wide:
            analogy.show_map(run, question, moved, view, by)
            notes.layout_notes(run, view)
        if question is None or moved is None:
            return
        with side:
            analogy.show_result(run, question, moved)
        analogy.show_all(run, question, moved, decoding)


@settings.fragment
def traverse() -> None:
    """One dimension, beside the table of all; a change reruns only this."""
    with notes.errors_shown():
        text = dimensions.ask_sentence(run)
        wide, side = st.columns([5, 4], gap="medium")
        with wide:
            dimension, order = dimensions.ask_dimension(run)
            if text is not None:
                with st.spinner("Decoding…"):
                    traversal = dimensions.traverse(
                        run, text, dimension, decode_settings.decoding(run)
                    )
                dimensions.show(run, traversal, dimension)
        with side:
            dimensions.table(run, text, order, dimension)
        with wide:
            dimensions.extremes(run, dimension)


@settings.fragment
def relabel() -> None:
    """One sentence in the version of every label; a change reruns only this."""
    with notes.errors_shown():
        label_switch.show(run)


st.title("Arithmetic")
st.caption(
    "Sentences are points in latent space: add and subtract them, switch a label, or vary a "
    "single dimension. Every result is decoded."
)
with notes.errors_shown():
    run_picker.need_map(run)
    sums, labels, single = st.tabs(TABS, key="part", bind="query-params")
    # Only the open tab is computed.
    if sums.open:
        with sums:
            run_picker.more_exact_link("arithmetic", run)
            calculate()
    if labels.open:
        with labels:
            relabel()
    if single.open:
        with single:
            traverse()
    notes.corpus_note(run)
