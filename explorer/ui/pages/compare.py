"""Compare: two to four runs side by side, in words, sentences, maps and figures."""

import streamlit as st

from explorer.ui import (
    compare_maps,
    compare_plots,
    compare_sentences,
    compare_words,
    comparing,
    selection,
    widgets,
)

TABS = ("In words", "Sentences", "Maps", "Figures")

st.title("Compare runs")
st.caption(
    "The same questions put to several models: what each one learned, what it says, where it "
    "puts the same sentences, and what it scores."
)
with widgets.errors_shown():
    columns = comparing.choose()
    if columns:
        compare_words.say(columns)
        words, sentences, maps, figures = st.tabs(TABS, key="section", bind="query-params")
        # Only what is looked at is computed.
        if words.open:
            with words:
                compare_words.show(columns)
        if sentences.open:
            with sentences:
                compare_sentences.show(columns, selection.example(columns))
        if maps.open:
            with maps, st.spinner("Reading the maps…"):
                compare_maps.show(columns)
        if figures.open:
            with figures:
                compare_plots.show(columns)
        widgets.corpus_note(*(column.run for column in columns))
