"""Fitting, and a caption, where the map shows a linear baseline."""

import streamlit as st

from explorer.explore.baseline_fit import baselines_of
from explorer.explore.colourings import colouring_of
from explorer.explore.map_views import VIEWS, view_of
from explorer.explore.run import Run
from explorer.runs import folder as folders
from explorer.ui.components.escaping import code


def prepare(run: Run, view: str) -> None:
    """Fits what a view needs, under a spinner; colours are fitted in the background."""
    layout = view_of(run, view)
    if layout.is_ready:
        return
    with st.spinner("Counting words and fitting the baselines…", show_time=True):
        _ = layout.xy


def note(run: Run, view: str, by: str) -> None:
    """Says which parts of the map do not depend on z; nothing where all do."""
    notes = [] if VIEWS[view].of_latents else [VIEWS[view].help]
    if colouring_of(run, by).is_linear_baseline:
        notes.append(f"Colours: {colouring_of(run, by).help}")
    if not notes:
        return
    baselines, command = baselines_of(run), folders.command("ancestors", run.folder)
    texts = "the training sentences"
    if not baselines.is_real:
        texts = "the model's reconstructions, because the corpus is not installed"
    st.caption(
        f"{' '.join(notes)} Fitted on the TF-IDF vectors of {texts} ({len(baselines.train):,} of "
        f"them, {baselines.words.count:,} words); {code(command)} prints the metrics of each."
    )
