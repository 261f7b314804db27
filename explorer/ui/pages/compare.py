"""Compare: two to four runs side by side, in words, sentences, maps and metrics."""

import streamlit as st

from explorer.ui.compare import figures_tab, runs, selection, summary, topics
from explorer.ui.compare import maps as compare_maps
from explorer.ui.compare import sentences as compare_sentences
from explorer.ui.components import notes

TABS = ("In words", "Sentences", "Maps", "Figures")
OF_DOCUMENTS = "Topics"  # a further tab, of runs of documents alone

st.title("Compare runs")
st.caption(
    "Two to four models side by side: recipes, decoded sentences, maps of the same sentences, "
    "and scores."
)
with notes.errors_shown():
    columns = runs.choose()
    if columns:
        summary.say(columns)
        of_documents = all(column.run.is_of_documents for column in columns)
        labels = (*TABS, OF_DOCUMENTS) if of_documents else TABS
        words, sentences, maps, figures, *more = st.tabs(
            labels, key="section", bind="query-params"
        )
        # Only the open tab is computed.
        if words.open:
            with words:
                summary.show(columns)
        if sentences.open:
            with sentences:
                compare_sentences.show(columns, selection.example(columns))
        if maps.open:
            with maps, st.spinner("Loading the maps…"):
                compare_maps.show(columns)
        if figures.open:
            with figures:
                figures_tab.show(columns)
        for tab in more:
            if tab.open:
                with tab:
                    topics.show(columns)
        notes.corpus_note(*(column.run for column in columns))
