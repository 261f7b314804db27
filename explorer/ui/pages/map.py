"""Map: every sentence at its place in latent space; click to decode."""

import streamlit as st

from explorer.explore.map_views import view_of
from explorer.ui.click import answer, search
from explorer.ui.components import decode_settings, notes, run_picker
from explorer.ui.map import view as map_view
from explorer.ui.session import open_runs, picks, url

KEY = "map"
run = picks.current_run()


@st.fragment
def explore() -> None:
    """The map and its answer; a click reruns this and nothing else."""
    event = map_view.take_event(KEY)
    if event is not None:
        picks.set_pick(map_view.pick_from(event, run))
    view, by = map_view.controls(run, can_be_read=True)
    hits = search.inputs(run)
    layout, pick = view_of(run, view), picks.pick_of(run)
    decoding = answer.own_label(run, pick, decode_settings.decoding(run))
    wide, side = st.columns([5, 3], gap="medium")
    # On a link with a pick the map must not wait for the model: it is drawn without the answer.
    found, said = None, None
    if pick is not None and open_runs.is_warm(run):
        found = answer.look_up(run, layout, pick)
    if found is not None and found.at is None:
        # The sentence is what a click waits for; a typed one waits for its marker on the map.
        with side:
            search.results(run, hits)
            said = answer.show(run, found, decoding)
    with wide:
        map_view.show(
            run,
            layout,
            by,
            overlays=answer.markers(run, layout, found, said) if found else (),
            highlight=hits,
            selected=map_view.selected_of(pick, found.at if found else None),
            reading=decode_settings.decoding(run) if map_view.is_read() else None,
            spoken=f"Decoded: {said.decoded.text}" if said else "",
            key=KEY,
        )
        notes.layout_notes(run, view)
    with side:
        if said is None:
            search.results(run, hits)
        if found is None:
            _open(pick)
        else:
            said = said or answer.show(run, found, decoding)
            answer.show_around(run, found, said, decoding)
    url.write_address()


def _open(pick: picks.Pick | None) -> None:
    """Opens the model for the pick of a link and starts again; or says what can be clicked."""
    if pick is None:
        notes.invitation()
        open_runs.warm_in_background(run)
        return
    with st.spinner("Opening the model…", show_time=True):
        open_runs.warm(run)
    st.rerun()


st.title("Map of sentences")
st.caption(
    "Every dot is a sentence at its place in the model's latent space. Click a dot to read what "
    "the model makes of it, or click between the dots to read what it says where no sentence is."
)
with notes.errors_shown():
    run_picker.need_map(run)
    explore()
    notes.corpus_note(run)
