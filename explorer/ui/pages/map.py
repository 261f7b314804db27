"""Map: every sentence at its position in latent space; click to decode."""

import streamlit as st

from explorer.explore.map_views import view_of
from explorer.ui.click import answer, recent, search, start
from explorer.ui.components import decode_settings, notes, run_picker
from explorer.ui.map import added
from explorer.ui.map import view as map_view
from explorer.ui.selection import panel
from explorer.ui.session import open_runs, picks, selections, settings, url

run = picks.current_run()


@settings.fragment
def explore() -> None:
    """The map and its answer; a click reruns only this."""
    wide, side = st.container(key="map_and_answer").columns([2, 1], gap="medium")
    frame = wide.container(key="map_frame")  # before the controls: the Tab key reaches it first
    with wide, st.container(key="map_controls"):
        view, by = map_view.controls(run, can_be_read=True)
    event = recent.take(run, map_view.take_event("map"))
    if not panel.take(run, event, view, by) and event is not None:
        start.pick(map_view.pick_from(event, run))
    layout, pick, chosen = view_of(run, view), picks.pick_of(run), panel.current(run)
    with side:
        hits = search.inputs(run, panel.ask)
        added.note(run)
        undo = st.container()
        is_selection = panel.is_open(chosen, pick)
    decoding = answer.of_pick(run, pick, decode_settings.decoding(run))
    located = result = None  # until the model is open: a link with a pick draws the map at once
    if pick is not None and open_runs.is_warm(run) and not is_selection:
        located = answer.locate(run, layout, pick)
    if located is not None and located.at is None:
        with side:  # a click waits for its sentence, a typed sentence for its marker on the map
            search.results(run, hits, panel.offer_hits)
            result = answer.show(run, located, decoding)
    pinned = answer.pinned(run, located, result) if located and result else start.stored(run, pick)
    recent.note(run, layout, pick, pinned, located.at if located else None)
    selected = map_view.selected_of(pick, located.at if located else None)
    selected, pinned = start.marked(run, pick is None and chosen is None, selected, pinned)
    marks = recent.trail(run, layout) + answer.markers(run, layout, located, result, decoding)
    with frame:
        map_view.show(
            run,
            layout,
            by,
            overlays=added.below(marks, run, layout),
            highlight=panel.highlight(chosen) if hits is None else hits,
            selected=selected,
            reading=map_view.is_read(at_first=True),
            answer=pinned,
            spoken=f"Decoded: {result.decoded.text}" if result else panel.spoken(chosen),
            joining=panel.joining(),
            **map_view.WHOLE_WINDOW,
        )
    recent.show(run, undo)
    with wide:
        notes.layout_notes(run, view, with_fit=is_selection or bool(pick) or hits is not None)
    with side:
        if result is None:
            search.results(run, hits, panel.offer_hits)
        if chosen is not None and is_selection:
            panel.show(run, chosen)
        elif located is not None:
            result = result or answer.show(run, located, decoding)
            answer.show_around(run, located, result, decoding)
        elif pick is not None or hits is None:
            start.show(run, pick)  # without a pick it says the fit
    selections.write_address()
    url.write_address()


st.container(key="map_title").title(f"Map of {run.text_unit}s", anchor=False)  # for screen readers
with notes.errors_shown():
    run_picker.need_map(run)
    explore()
    notes.corpus_note(run, with_fit=False)
