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
            "What lectures on text VAEs claim, tried out on this machine. Each says first what to "
            "expect; it runs beside the page, can be cancelled, and its result stays."
        )
        cards.cards()
        st.page_link(
            url.page_file("lecture"),
            label="Prepared scenes to present: the page Lecture",
            icon=":material/co_present:",
        )
