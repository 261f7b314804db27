"""Prior: where it goes, where the sentences are, and what it says where none is."""

import streamlit as st

from explorer.ui.components import notes, run_picker
from explorer.ui.prior import scene, scores
from explorer.ui.session import picks

run = picks.current_run()


@st.fragment
def explore() -> None:
    """Plane, lists and holes; a click reruns this and nothing else."""
    with notes.errors_shown():
        with st.spinner("Opening the model…", show_time=True):
            found = scene.scene(run)
        scene.show(found)
        scores.marginal_kl(run)
        scene.components(found)
        scene.holes(found)


st.title("Prior and sentences")
st.caption(
    "Sentences are drawn from the prior. Does it go where the sentences are? Each blue dot is a "
    "sentence's place, each cross a place the prior goes to: click one to read it."
)
run_picker.need_map(run)
explore()
notes.corpus_note(run)
