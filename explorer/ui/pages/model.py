"""Model card: what a run is, what it scores, how it was trained."""

import streamlit as st

from explorer.ui.components import notes
from explorer.ui.components.escaping import markdown
from explorer.ui.model import card
from explorer.ui.own_text import layout
from explorer.ui.session import picks

TABS = ("Card", "Scores", "Training", "Recipe")
run = picks.current_run()

st.title(markdown(run.name))
with notes.errors_shown():
    about, scores, training, recipe = st.tabs(TABS, key="tab", bind="query-params")
    with about:
        card.card(run)
        if run.atlas is not None:
            layout.fit_button(run.folder, run.config)
            layout.offer(run.folder)
    with scores:
        card.figures(run)
    with training:
        card.curves(run)
    with recipe:
        card.recipe(run)
