"""Your text: a dropped file becomes a map that decodes, and then a model of its own."""

import streamlit as st

from explorer.ui.components import notes
from explorer.ui.own_text import draw, job_list, own_runs, preview, source

st.title("Your text")
st.caption(
    "Drop a file of sentences to see them as a map that you can click, interpolate and compare. "
    "Nothing leaves this machine."
)
with notes.errors_shown():
    path = source.source()
    if path is not None:
        draw.draw_button(path, preview.show(path))
with notes.errors_shown():
    job_list.job_list()
with notes.errors_shown():
    own_runs.own_runs()
