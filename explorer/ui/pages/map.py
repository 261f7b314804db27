"""Map: every sentence at its place in latent space; click to decode."""

import streamlit as st

from explorer.models.decoding import Decoding
from explorer.ui import answers, map_view, searching, state, widgets
from explorer.ui.layouts import Layout, layout_of

KEY = "map"
run = state.current_run()


@st.fragment
def explore() -> None:
    """The map and its answer; a click reruns this and nothing else."""
    event = map_view.take_event(KEY)
    if event is not None:
        state.set_pick(map_view.pick_from(event, run))
    view, by = widgets.map_controls(run)
    hits = searching.inputs(run)
    layout, decoding, pick = layout_of(run, view), widgets.decoding(), state.pick_of(run)
    wide, side = st.columns([5, 3], gap="medium")
    # On a link with a pick the map must not wait for the model: it is drawn without the answer.
    found = None
    if pick is not None and state.is_warm(run):
        found = answers.answer(run, layout, pick, decoding)
    if found is not None:
        # The sentence is what a click waits for: it goes out before the map is told of markers.
        with side:
            searching.results(run, hits)
            answers.show(run, found, decoding)
    with wide:
        map_view.show(
            run,
            layout,
            by,
            overlays=found.markers if found else (),
            highlight=hits,
            selected=map_view.selected_of(pick, found.at if found else None),
            key=KEY,
        )
        widgets.layout_notes(run, view)
    if found is None:
        with side:
            searching.results(run, hits)
            _open_and_show(pick, layout, decoding)
    state.write_address()


def _open_and_show(pick: state.Pick | None, layout: Layout, decoding: Decoding) -> None:
    """The answer to a link's pick, after the model was opened; or what can be clicked."""
    if pick is None:
        widgets.invitation()
        return
    with st.spinner("Opening the model…", show_time=True):
        found = answers.answer(run, layout, pick, decoding)
    if found.markers:
        st.rerun()
    answers.show(run, found, decoding)


st.title("Map of sentences")
st.caption(
    "Every dot is a sentence at its place in the model's latent space. Click a dot to read what "
    "the model makes of it, or click between the dots to read what it says where no sentence is."
)
with widgets.errors_shown():
    widgets.need_map(run)
    explore()
    widgets.corpus_note(run)
