"""Map: every sentence at its position in latent space; click to decode."""

import streamlit as st

from explorer.explore.map_views import view_of
from explorer.ui.click import answer, search, start
from explorer.ui.components import decode_settings, notes, run_picker
from explorer.ui.map import view as map_view
from explorer.ui.session import open_runs, picks, settings, url

KEY = "map"
_MARGIN = 106  # pixels above the map in a window
_HAS_PICKED = "_has_picked"  # whether this session picked something on the map
run = picks.current_run()


@settings.fragment
def explore() -> None:
    """The map and its answer; a click reruns only this."""
    event = map_view.take_event(KEY)
    if event is not None:
        picks.set_pick(map_view.pick_from(event, run))
        st.session_state[_HAS_PICKED] = True
    with st.container(key="map_and_answer"):
        wide, side = st.columns([2, 1], gap="medium")
    with wide, st.container(key="map_controls"):
        view, by = map_view.controls(run, can_be_read=True)
    with side:
        hits = search.inputs(run)
    layout, pick = view_of(run, view), picks.pick_of(run)
    decoding = answer.own_label(run, pick, decode_settings.decoding(run))
    # A link with a pick draws the map at once, and the answer when the model is open.
    located, result = None, None
    if pick is not None and open_runs.is_warm(run):
        located = answer.locate(run, layout, pick)
    if located is not None and located.at is None:
        # A click waits for its sentence, a typed sentence for its marker on the map.
        with side:
            search.results(run, hits)
            result = answer.show(run, located, decoding)
    pinned = answer.pinned(run, located, result) if located and result else None
    selected = map_view.selected_of(pick, located.at if located else None)
    if pick is None and not st.session_state.get(_HAS_PICKED):
        selected, pinned = start.opening(run)
    with wide:
        map_view.show(
            run,
            layout,
            by,
            overlays=answer.markers(run, layout, located, result) if located else (),
            highlight=hits,
            selected=selected,
            reading=map_view.is_read(at_first=True),
            answer=pinned,
            spoken=f"Decoded: {result.decoded.text}" if result else "",
            key=KEY,
            height=420,
            margin=_MARGIN,
        )
        notes.layout_notes(run, view)
    with side:
        if result is None:
            search.results(run, hits)
        if located is not None:
            result = result or answer.show(run, located, decoding)
            answer.show_around(run, located, result, decoding)
        elif pick is not None:
            start.open_model(run)
        elif hits is None:
            start.show(run)
    url.write_address()


with st.container(key="map_title"):
    st.title("Map of sentences")  # for screen readers: the map needs no heading
with notes.errors_shown():
    run_picker.need_map(run)
    explore()
    notes.corpus_note(run)
