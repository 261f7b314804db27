"""Beside the map before a pick is answered: examples to pick from, and the model being opened."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from explorer.explore.example_sentences import example_rows
from explorer.explore.readable_texts import readable
from explorer.explore.run import Run
from explorer.explore.text_fit import fit_of
from explorer.map_component.map_spec import PinnedAnswer
from explorer.ui.components.escaping import message
from explorer.ui.components.sentence_list import Row, sentence_list
from explorer.ui.session import open_runs, picks, url
from explorer.ui.session.picks import Pick, SentencePick

_ONWARD = (
    ("paths", "Interpolate between two {}s", ":material/timeline:"),
    ("arithmetic", "Add and subtract {}s", ":material/calculate:"),
    ("collapse", "Check whether the model uses z", ":material/compress:"),
)


_HAS_PICKED = "_has_picked"
_MOST_OUTSIDE = 0.5  # of the sentences are out of the model's domain


def pick(pick: Pick | None) -> None:
    """Picks something on the map."""
    picks.set_pick(pick)
    st.session_state[_HAS_PICKED] = True


def show(run: Run, pick: Pick | None) -> None:
    """Opens the model: for a pick at once, else behind example sentences to pick from."""
    if pick is not None:
        _open_model(run)
        return
    open_runs.warm_in_background(run)
    _say_fit(run)
    unit = run.text_unit
    st.markdown(f"**Start with a {unit}**")
    texts = run.texts
    rows = [Row(row, readable(run, texts[row])) for row in example_rows(run)]
    sentence_list(rows, f"Example {unit}s", "examples", _pick)
    st.caption(
        f"Or click anywhere on the map. Where there is no {unit}, the model decodes the "
        f"location, and the answer shows how far away the nearest {unit} is."
    )
    st.page_link(url.page_file("text"), label="Open your own text", icon=":material/upload_file:")
    st.markdown("**Or try**")
    for page, label, icon in _ONWARD:
        st.page_link(url.page_file(page), label=label.format(unit), icon=icon)


def _say_fit(run: Run) -> None:
    """How well borrowed weights know the sentences; a warning where most are out of domain."""
    fit = fit_of(run)
    if fit is None:
        return
    if fit.outside is not None and fit.outside >= _MOST_OUTSIDE:
        advice = "Read its output with caution, or train on your sentences under *Your text*."
        st.warning(f"{message(fit.sentence)} {advice}", icon=":material/travel_explore:")
    else:
        st.caption(message(fit.sentence))


def marked(
    run: Run,
    is_nothing_chosen: bool,
    selected: Mapping[str, Any] | None,
    pinned: PinnedAnswer | None,
) -> tuple[Mapping[str, Any] | None, PinnedAnswer | None]:
    """What the map marks, and the words pinned to it.

    Before anything is picked, an example sentence and its recorded reconstruction.
    """
    if not is_nothing_chosen or st.session_state.get(_HAS_PICKED):
        return selected, pinned
    (row,) = example_rows(run, 1)
    return {"row": row}, _stored(run, row)


def stored(run: Run, pick: Pick | None) -> PinnedAnswer | None:
    """What the map says of a sentence without the model; None for any other pick."""
    return _stored(run, pick.index) if isinstance(pick, SentencePick) else None


def _stored(run: Run, row: int) -> PinnedAnswer:
    reconstruction = run.needed_atlas.reconstruction[row]
    if run.texts_are_real:
        return PinnedAnswer(readable(run, run.texts[row]), reconstruction)
    return PinnedAnswer(reconstruction, note="its reconstruction")


def _open_model(run: Run) -> None:
    """Opens the model for the pick of a link, and reruns."""
    with st.spinner("Opening the model…", show_time=True):
        open_runs.warm(run)
    st.rerun()


def _pick(row: int) -> None:
    picks.set_pick(SentencePick(row))
