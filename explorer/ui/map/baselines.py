"""What a page says, and waits for, where the map shows a linear baseline."""

import streamlit as st

from explorer.explore import baseline_views
from explorer.explore.run import Run
from explorer.runs import folder as folders
from explorer.ui.components.escaping import code


def prepare(run: Run, view: str, by: str) -> None:
    """Fits what a view or a colouring needs, under a word that says what takes so long."""
    if (
        view != baseline_views.WORDS and by not in baseline_views.COLOURINGS
    ) or baseline_views.is_ready(run, view, by):
        return
    with st.spinner("Counting words and fitting them…", show_time=True):
        if view == baseline_views.WORDS:
            baseline_views.places(run)
        if by in baseline_views.COLOURINGS:
            baseline_views.colours_of(run, by)


def note(run: Run, view: str, by: str) -> None:
    """What is behind a linear layout or colouring: no z at all."""
    told = []
    if view == baseline_views.WORDS:
        told.append("The layout is PCA, a **linear autoencoder**: nothing of the model is in it.")
    if by == "k-means":
        told.append("Colours are clusters of **k-means**, which is EM with hard assignments.")
    elif by == "mixture":
        told.append(
            "Colours are the likeliest components of a **mixture of Gaussians**, fitted by EM."
        )
    if not told:
        return
    found, fit = baseline_views.of(run), folders.command("ancestors", run.folder)
    whose = "the training sentences" if found.is_real else "the model's own words, as no corpus is"
    whose += "" if found.is_real else " here"
    told.append(
        f"Fitted on the TF-IDF of {whose} ({len(found.train):,} of them, {found.words.count:,} "
        f"words); {code(fit)} prints what each comes to."
    )
    st.caption(" ".join(told))
