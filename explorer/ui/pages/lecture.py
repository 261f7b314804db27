"""Lecture: the prepared scenes, each a link."""

import html

import streamlit as st

from explorer.explore import lecture
from explorer.ui.components import notes
from explorer.ui.lecture import bar
from explorer.ui.session import open_runs

st.title("Lecture")
st.caption(
    "Prepared scenes in large type. Move through them with the arrow keys or a presenter's Page "
    "Up and Page Down; Escape exits. Each scene is a link that anyone with access to this "
    "server can open."
)
with notes.errors_shown():
    items = []
    for number, scene in enumerate(bar.scenes(), 1):
        runs, note = lecture.runs_of(scene, open_runs.records())
        caption = html.escape(note) or " · ".join(
            f"<span>{html.escape(run)}</span>" for run in runs
        )
        items.append(
            f'<li><a href="{html.escape(bar.link(scene, number))}">{html.escape(scene.title)}</a>'
            f"<br>{html.escape(scene.see)} <small>{caption}</small></li>"
        )
    st.html(f'<ol class="scenes">{"".join(items)}</ol>')
    st.caption("To show your own scenes, write them in a small file:")
    st.code("explorer app --scenes my-lecture.toml", language="bash")
