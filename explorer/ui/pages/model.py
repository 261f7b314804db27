"""Model card: what a run is, what it scores, how it was trained."""

import streamlit as st

from explorer.ui import cards, state, widgets
from explorer.ui.words import markdown

TABS = ("Card", "Scores", "Training", "Recipe")
run = state.current_run()

st.title(markdown(run.name))
with widgets.errors_shown():
    about, scores, training, recipe = st.tabs(TABS, key="tab", bind="query-params")
    with about:
        cards.card(run)
    with scores:
        cards.scores(run)
    with training:
        cards.curves(run)
    with recipe:
        cards.recipe(run)
