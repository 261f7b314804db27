"""The button that draws a map of the previewed sentences."""

from pathlib import Path

import streamlit as st

from explorer.explore import text_fit
from explorer.runs.names import check_name
from explorer.text.preview import Preview, others
from explorer.text.splits import require_variety
from explorer.ui.own_text import source
from explorer.ui.own_text.model_fits import model_fits
from explorer.ui.session import open_runs
from explorer.workspace import added, jobs, own_vectors, texts

_BEST = ""


def draw_button(path: Path, seen: Preview) -> None:
    """Asks for a name and a model, and queues the map.

    Raises:
        ExplorerError: If the name is not valid or taken.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            "Name of the new run",
            texts.free_name(path.name),
            key=f"text_{path.parent.name}_name",
            max_chars=64,
        )
        base = _BEST if seen.vectors else _base()
        label = "Train on the vectors" if seen.vectors else "Draw the map"
        icon = ":material/model_training:" if seen.vectors else ":material/scatter_plot:"
        is_asked = st.button(label, type="primary", icon=icon)
        if not seen.vectors:
            _add_button(path, seen, name)
    if not is_asked:
        if not seen.vectors:
            model_fits(path, seen)
        return
    require_variety(seen.table.texts, path.name)
    name = check_name(name.strip())
    texts.store(name, path.name, seen.table, others(path, seen))
    if seen.vectors:
        jobs.submit(jobs.TRAIN, name, own_vectors.steps(name, seen.table.labels is not None))
    else:
        step = ["open", path.name, "--stored", "--name", name, "--no-page"]
        jobs.submit(jobs.OPEN, name, [[*step, "--run", base] if base else step])
    source.clear()
    st.rerun()


def _base() -> str:
    """The run whose weights the map gets."""
    bases = [_BEST, *(folder.resolve().name for folder in text_fit.candidates())]
    return st.selectbox(
        "Model",
        bases,
        format_func=lambda run: run or "The best-fitting model",
        key="text_base",
        help="The trained model that encodes and decodes your sentences.",
    )


def _add_button(path: Path, seen: Preview, name: str) -> None:
    """Asks for a run, and queues the sentences for its map, among its own."""
    with st.popover("Add to a map", icon=":material/add_location_alt:"):
        run = st.selectbox(
            "Map",
            open_runs.mapped(),
            key="text_onto",
            help="Your sentences appear on it in a colour of their own, each at the location it "
            "would have if you typed it.",
        )
        if st.button("Add", key="text_add", type="primary") and run:
            texts.store(check_name(name.strip()), path.name, seen.table)
            added.submit(run, name.strip())
            source.clear()
            st.rerun()
