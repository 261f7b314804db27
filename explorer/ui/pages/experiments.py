"""Experiments: claims of a lecture, each run live."""

import streamlit as st

from explorer.ui.components import notes
from explorer.ui.experiments import cards, opened
from explorer.ui.session import url

with notes.errors_shown():
    name = opened.opened()
    if name:
        opened.show(name, cards.open_experiment)
    else:
        st.title("Experiments")
        st.caption(
            "Claims from lectures on text VAEs, tested on this machine. Each card states the "
            "expected outcome first. Experiments run in the background, can be cancelled, and "
            "their results are saved."
        )
        cards.cards()
        st.page_link(
            url.page_file("lecture"),
            label="Prepared scenes for presenting are on the page Lecture",
            icon=":material/co_present:",
        )
