"""The list of experiments: a card for each."""

import streamlit as st

from explorer.experiments.registry import EXPERIMENTS
from explorer.system.durations import duration
from explorer.ui.components.escaping import markdown
from explorer.ui.experiments import pictures
from explorer.ui.experiments.opened import PARAMETER
from explorer.workspace import experiment_results
from explorer.workspace.experiment_results import Question

_COLUMNS = 3


def cards() -> None:
    """All experiments in order; a button opens one."""
    names = list(EXPERIMENTS)
    for start in range(0, len(names), _COLUMNS):
        columns = st.columns(_COLUMNS, gap="medium")
        for column, name in zip(columns, names[start : start + _COLUMNS], strict=False):
            with column:
                _card(name, names.index(name) + 1)


def _card(name: str, number: int) -> None:
    entry = EXPERIMENTS[name]
    result = experiment_results.stored(Question.of(name, {}))
    charts = () if result is None else result.outcome.charts
    with st.container(border=True, height="stretch", key=f"experiment_card_{name}"):
        st.markdown(f"**{number} · {markdown(entry.title)}**")
        st.html(pictures.small(charts[0] if charts else None, entry.sketch))
        st.markdown(markdown(entry.claim))
        st.caption(f"**Expected.** {markdown(entry.expected)}")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                "Open",
                key=f"open_{name}",
                on_click=open_experiment,
                args=[name],
                help=entry.title,
            )
            st.caption(_note(entry.seconds, result), width="stretch")


def _note(seconds: float, result: experiment_results.Result | None) -> str:
    if result is None:
        return f"about {duration(seconds)}"
    verdict = "as expected" if result.outcome.as_expected else "not as expected"
    return f"done in {duration(result.seconds)}: {verdict}"


def open_experiment(name: str) -> None:
    """Opens an experiment, or with an empty name the list."""
    for key in list(st.query_params):
        if key == PARAMETER or "." in key:  # a setting of the one before
            del st.query_params[key]
    if name:
        st.query_params[PARAMETER] = name
