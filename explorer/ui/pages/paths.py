"""Paths: from one sentence to another, every step decoded."""

import streamlit as st

from explorer.explore.decoded_path import decoded_paths, path_density
from explorer.explore.map_overlays import Path
from explorer.explore.map_views import DEFAULT_VIEW, view_of
from explorer.runs import folder as folders
from explorer.ui.components import (
    decode_settings,
    download_buttons,
    notes,
    path_controls,
    reproduce,
    run_picker,
)
from explorer.ui.map import view as map_view
from explorer.ui.map.component import path_slider
from explorer.ui.paths import path
from explorer.ui.session import picks, settings

KEY = "path_map"
run = picks.current_run()


@settings.fragment
def explore() -> None:
    """Ends, map and slider; a change reruns only this."""
    event = map_view.take_event(KEY)
    if event is not None:
        layout = view_of(run, st.session_state.get("layout", DEFAULT_VIEW))
        path.take_end(run, layout, map_view.pick_from(event, run))
    a, b = path.ends(run)
    with st.container(key="path_settings", horizontal=True, vertical_alignment="bottom"):
        kind, steps = path_controls.path_controls()
        view, by = map_view.controls(run)
    asked = bool(a.strip() and b.strip())
    with st.spinner("Decoding the path…"):
        both = decoded_paths(run, a, b, steps, decode_settings.decoding(run)) if asked else {}
    wide, side = st.columns([4, 3], gap="medium")
    with wide:
        end = "A" if path.next_end() == "from" else "B"
        st.caption(f"The next click on the map sets **{end}**.")
        layout = view_of(run, view)
        start = path.read_step(steps)
        drawn = [Path(layout.locate(both[kind].z)[0], position=start)] if asked else []
        map_view.show(run, layout, by, overlays=drawn, key=KEY, height=460)
        notes.layout_notes(run, view)
    if not asked:
        side.info(
            "Type two sentences, or click two locations on the map.", icon=":material/route:"
        )
        return
    chosen = both[kind]
    with side:
        st.markdown(path_controls.path_summary(chosen))
        step = path_slider(chosen.texts, ends=(a, b), position=start, key="path_slider")
        path.write_step(step)
        path.steps(chosen)
        command = reproduce.density(folders.typed(run.folder), (a, b), steps, kind == "spherical")
        path_controls.density_strip(path_density(run, chosen), command=command)
    with st.expander(
        "Linear and spherical interpolation, step by step", icon=":material/compare_arrows:"
    ):
        path.compare(both)
        settings, named = decode_settings.decoding(run), folders.typed(run.folder)
        commands = "\n".join(reproduce.path(named, a, b, steps, settings, name) for name in both)
        download_buttons.table_files(path.table(both), f"{run.name}-path", "path_table", commands)


st.title("Paths between sentences")
st.caption(
    "Two sentences are two points in latent space. The model decodes every step between them; "
    "move through the steps with the slider."
)
with notes.errors_shown():
    run_picker.need_map(run)
    run_picker.more_exact_link("paths", run)
    explore()
    notes.corpus_note(run)
