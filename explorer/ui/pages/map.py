"""Map: every sentence at its position in latent space; click to decode."""

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
    """The map and its answer; a click reruns only this."""
    event = map_view.take_event(KEY)
    if event is not None:
        picks.set_pick(map_view.pick_from(event, run))
    view, by = map_view.controls(run, can_be_read=True)
    hits = search.inputs(run)
    layout, pick = view_of(run, view), picks.pick_of(run)
    decoding = answer.own_label(run, pick, decode_settings.decoding(run))
    wide, side = st.columns([5, 3], gap="medium")
    # A link with a pick draws the map at once, and the answer when the model is open.
    located, result = None, None
    if pick is not None and open_runs.is_warm(run):
        located = answer.locate(run, layout, pick)
    if located is not None and located.at is None:
        # A click waits for its sentence, a typed sentence for its marker on the map.
        with side:
            search.results(run, hits)
            result = answer.show(run, located, decoding)
    with wide:
        map_view.show(
            run,
            layout,
            by,
            overlays=answer.markers(run, layout, located, result) if located else (),
            highlight=hits,
            selected=map_view.selected_of(pick, located.at if located else None),
            reading=decode_settings.decoding(run) if map_view.is_read() else None,
            spoken=f"Decoded: {result.decoded.text}" if result else "",
            key=KEY,
        )
        notes.layout_notes(run, view)
    with side:
        if result is None:
            search.results(run, hits)
        if located is None:
            _open(pick)
        else:
            result = result or answer.show(run, located, decoding)
            answer.show_around(run, located, result, decoding)
    url.write_address()


def _open(pick: picks.Pick | None) -> None:
    """Opens the model for the pick of a link and reruns; without a pick, invites a click."""
    if pick is None:
        notes.invitation()
        open_runs.warm_in_background(run)
        return
    with st.spinner("Opening the model…", show_time=True):
        open_runs.warm(run)
    st.rerun()


st.title("Map of sentences")
st.caption(
    "Every dot is a sentence at its position in the model's latent space. Click a dot for its "
    "reconstruction, or click between the dots for what the model decodes there."
)
with notes.errors_shown():
    run_picker.need_map(run)
    explore()
    notes.corpus_note(run)
