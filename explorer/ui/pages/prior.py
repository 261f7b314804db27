"""Prior: its samples, the sentences, and what it decodes where there are none."""

import streamlit as st

from explorer.ui.components import notes, run_picker
from explorer.ui.prior import fitted, lists, scene, scores
from explorer.ui.session import picks, settings

run = picks.current_run()


@settings.fragment
def explore() -> None:
    """Plane, lists and holes; a click reruns only this."""
    with notes.errors_shown():
        with st.spinner("Opening the model…", show_time=True):
            shown = scene.scene(run)
        fitted.offer_run(shown)
        scene.show(shown)
        fitted.show(shown)
        scores.marginal_kl(run)
        lists.components(shown)
        lists.holes(shown)


st.title("Prior and sentences")
st.caption(
    "A model generates by sampling from its prior. Does the prior cover the sentences? Each "
    "blue dot is a sentence, each cross a prior sample: click one to read it."
)
run_picker.need_map(run)
explore()
notes.corpus_note(run)
