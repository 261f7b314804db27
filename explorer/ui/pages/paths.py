"""Paths: from one sentence to another, every step decoded."""

import streamlit as st

from explorer.explore.map_overlays import Path
from explorer.explore.map_views import layout_of
from explorer.runs import folder as folders
from explorer.ui.components import download_buttons, reproduce, unknown_words, widgets
from explorer.ui.map import view as map_view
from explorer.ui.map.component import path_slider
from explorer.ui.paths import path
from explorer.ui.session import state

KEY = "path_map"
run = state.current_run()


@st.fragment
def explore() -> None:
    """Ends, map and slider; a change reruns this and nothing else."""
    event = map_view.take_event(KEY)
    if event is not None:
        layout = layout_of(run, st.session_state.get("layout", "umap"))
        path.take_end(run, layout, map_view.pick_from(event, run))
    first, last = path.examples(run)
    left, right = st.columns(2)
    first, last = state.example(run, "from", first), state.example(run, "to", last)
    a = left.text_input("A", first, state.MOST_TEXT, key="from", bind="query-params")
    b = right.text_input("B", last, state.MOST_TEXT, key="to", bind="query-params")
    unknown_words.unknown_notes([run], {"A": a or "", "B": b or ""})
    way, steps = widgets.path_controls()
    view, by = map_view.controls(run)
    asked = bool(a and a.strip() and b and b.strip())
    with st.spinner("Decoding the path…"):
        both = path.both(run, a, b, steps, widgets.decoding(run)) if asked else {}
    wide, side = st.columns([5, 3], gap="medium")
    with wide:
        end = "A" if path.next_end() == "from" else "B"
        st.caption(f"A click on the map sets **{end}**.")
        layout = layout_of(run, view)
        drawn = [Path(layout.place(both[way].z), position=path.read_step(steps))] if asked else []
        map_view.show(run, layout, by, overlays=drawn, key=KEY, height=460)
        widgets.layout_notes(run, view)
    if not asked:
        side.info("Type two sentences, or click two places of the map.", icon=":material/route:")
        return
    chosen = both[way]
    with side:
        st.markdown(chosen.told)
        step = path_slider(
            chosen.texts, ends=(a, b), position=path.read_step(steps), key="path_slider"
        )
        path.write_step(step)
        command = reproduce.density(folders.typed(run.folder), (a, b), steps, way == "spherical")
        widgets.density_strip(path.densities(run, chosen), command=command)
    with st.expander("Both ways, step by step", icon=":material/compare_arrows:"):
        path.compare(both)
        settings = widgets.decoding(run)
        named = folders.typed(run.folder)
        told = "\n".join(reproduce.path(named, a, b, steps, settings, name) for name in both)
        download_buttons.table_files(path.table(both), f"{run.name}-path", "path_table", told)


st.title("Paths between sentences")
st.caption(
    "Two sentences are two points of the latent space. The model decodes every step between them; "
    "the slider moves through the steps, on the map too."
)
with widgets.errors_shown():
    widgets.need_map(run)
    explore()
    widgets.corpus_note(run)
