"""Compare: two to four runs side by side, in words, sentences, maps and metrics."""

import streamlit as st

from explorer.ui.compare import figures_tab, runs, selection, summary
from explorer.ui.compare import maps as compare_maps
from explorer.ui.compare import sentences as compare_sentences
from explorer.ui.components import notes

TABS = ("In words", "Sentences", "Maps", "Figures")

st.title("Compare runs")
st.caption(
    "Two to four models side by side: their recipes, what they decode, their maps of the same "
    "sentences, and their scores."
)
with notes.errors_shown():
    columns = runs.choose()
    if columns:
        summary.say(columns)
        words, sentences, maps, figures = st.tabs(TABS, key="section", bind="query-params")
        # Only the open tab is computed.
        if words.open:
            with words:
                summary.show(columns)
        if sentences.open:
            with sentences:
                compare_sentences.show(columns, selection.example(columns))
        if maps.open:
            with maps, st.spinner("Reading the maps…"):
                compare_maps.show(columns)
        if figures.open:
            with figures:
                figures_tab.show(columns)
        notes.corpus_note(*(column.run for column in columns))
