"""One experiment: its claim, its settings, and what it gave."""

import dataclasses
import shlex
from collections.abc import Callable
from typing import Any, cast

import streamlit as st

from explorer.experiments.experiment import Experiment, Outcome
from explorer.experiments.registry import EXPERIMENTS
from explorer.system.durations import duration
from explorer.ui.components import download_buttons
from explorer.ui.components.copy_button import copy_button
from explorer.ui.components.escaping import markdown, message, minus
from explorer.ui.experiments import pictures
from explorer.ui.session import settings, url
from explorer.workspace import experiment_results, jobs
from explorer.workspace.experiment_results import Question, Result
from explorer.workspace.jobs import Job

PARAMETER = "experiment"
"""Of the address: the experiment that is open."""

_WIDTH = 240  # of a setting
_SECONDS = 1.0  # between two updates of a running experiment


def opened() -> str:
    """The experiment that the address names; empty for none, or for one that is not there."""
    name = st.query_params.get(PARAMETER, "")
    return name if name in EXPERIMENTS else ""


def show(name: str, open_other: Callable[[str], None]) -> None:
    """An experiment with its settings, beside its picture.

    Args:
        name: A key of `EXPERIMENTS`.
        open_other: Opens another one, or the list.
    """
    entry = EXPERIMENTS[name]
    _head(name, entry, open_other)
    left, right = st.columns([2, 3], gap="large")
    with left:
        _claim(entry)
        question = _settings(name, entry)
        job = experiment_results.job_of(question)
        result = experiment_results.stored(question)
        _run_button(question, job, result)
        _code(question, entry)
    with right:
        if job is not None and job.is_active:
            st.fragment(settings.guarded(_running), run_every=_SECONDS)(job)
        elif result is not None:
            _result(question, result)
        else:
            _nothing_yet(entry, job)


def _head(name: str, entry: Experiment, open_other: Callable[[str], None]) -> None:
    names = list(EXPERIMENTS)
    index = names.index(name)
    before, after = names[max(index - 1, 0)], names[min(index + 1, len(names) - 1)]
    with st.container(horizontal=True, gap="small"):
        for label, icon, other in (
            ("All experiments", ":material/apps:", ""),
            ("Previous", ":material/arrow_back:", before),
            ("Next", ":material/arrow_forward:", after),
        ):
            st.button(
                label,
                key=f"experiment_to_{label.split()[0].lower()}",
                icon=icon,
                type="tertiary",
                disabled=other == name,
                on_click=open_other,
                args=[other],
            )
    st.title(f"{index + 1} · {markdown(entry.title)}", anchor=False)


def _claim(entry: Experiment) -> None:
    st.markdown(f"**Claim.** {markdown(entry.claim)}")
    st.markdown(f"**What is trained.** {markdown(entry.trains)}")
    st.markdown(f"**Expected.** {markdown(entry.expected)}")


def _settings(name: str, entry: Experiment) -> Question:
    """Widgets for the settings, each a parameter of the address."""
    if entry.change:
        st.markdown(f"**Things to try.** {markdown(entry.change)}")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        values = {
            item.name: _widget(f"{name}.{item.name}", item)
            for item in dataclasses.fields(entry.settings)
        }
        seed = st.number_input(
            "Seed", 0, 9999, entry.seed, key=f"{name}.seed", bind="query-params", width=_WIDTH,
            help=f"Seeds all random choices. Of ten seeds, {entry.seed} gives the typical "
            "outcome.",
        )  # fmt: skip
    return Question.of(name, values, int(seed))


def _widget(key: str, item: "dataclasses.Field[Any]") -> Any:
    limits, default = item.metadata, cast("bool | int | float | str", item.default)
    label = limits["about"][:1].upper() + limits["about"][1:]
    if isinstance(default, bool):
        return st.toggle(label, default, key=key, bind="query-params")
    if isinstance(default, str) and limits["choices"]:
        choices = list(limits["choices"])
        return st.selectbox(
            label, choices, choices.index(default), key=key, bind="query-params", width=_WIDTH
        )
    if isinstance(default, str):
        return st.text_input(label, default, key=key, bind="query-params", max_chars=200)
    if isinstance(default, int):
        low, high = int(limits["low"]), int(limits["high"])
        return st.number_input(
            label, low, high, default, key=key, bind="query-params", width=_WIDTH
        )
    step = float(f"{default or 1:.0e}") / 2
    low, high = float(limits["low"]), float(limits["high"])
    return st.number_input(
        label, low, high, float(default), step, "%g", key=key, bind="query-params", width=_WIDTH
    )


def _run_button(question: Question, job: Job | None, result: Result | None) -> None:
    is_active = job is not None and job.is_active
    label = "Run again" if result is not None else "Run"
    if st.button(
        f"{label} (about {duration(question.experiment.seconds)})",
        type="primary",
        icon=":material/play_arrow:",
        key="experiment_run",
        disabled=is_active,
        help="With the default settings, on one core.",
    ):
        experiment_results.submit(question)
        st.rerun()


def _code(question: Question, entry: Experiment) -> None:
    command = _command(question)
    with st.expander("The same in a notebook, in ten lines"):
        st.code(entry.code.rstrip(), language="python", wrap_lines=True)
        copy_button(entry.code, "Copy the code", "experiment_copy")
        st.caption("With these settings, on the command line:")
        st.code(command, language="bash", wrap_lines=True)


def _command(question: Question) -> str:
    return shlex.join(["explorer", *question.arguments])


def _running(before: Job) -> None:
    """Progress, what can be seen so far, and the button that cancels."""
    job = next((job for job in jobs.jobs() if job.id == before.id), None)
    if job is None or not job.is_active:
        st.rerun()
    progress = job.progress
    if job.state == jobs.QUEUED:
        st.info("Waiting for the previous experiment.", icon=":material/hourglass_empty:")
    else:
        done = min(max(progress.fraction or 0.0, 0.0), 1.0)
        note = progress.stage or "Starting"
        st.progress(done, f"{markdown(note)} · {duration(job.seconds)}")
    if st.button("Cancel", key="experiment_stop", icon=":material/close:"):
        jobs.stop(job.id)
        st.toast("Stopping…")
    for index, item in enumerate(experiment_results.charts_so_far(job)):
        st.markdown(f"**{markdown(item.title)}**")
        st.plotly_chart(
            pictures.chart(item),
            key=f"experiment_live_{index}",
            config={"displayModeBar": False},
            alt=item.title,
        )


def _nothing_yet(entry: Experiment, job: Job | None) -> None:
    if job is not None and job.state == jobs.FAILED:
        st.error(message(job.message), icon=":material/error:")
    elif job is not None and job.state == jobs.STOPPED:
        st.info("It was cancelled. *Run* starts it again.", icon=":material/info:")
    st.markdown("**The expected outcome, sketched by hand**")
    st.html(f'<div class="experiment-sketch">{pictures.small(None, entry.sketch)}</div>')
    st.caption("*Run* draws the measured curves here.")


def _result(question: Question, result: Result) -> None:
    outcome = result.outcome
    seen = markdown(minus(outcome.seen))
    if outcome.as_expected:
        st.success(f"**Result, as expected.** {seen}", icon=":material/check:")
    else:
        st.warning(f"**Result, not as expected.** {seen}", icon=":material/contrast:")
    st.caption(f"Took {duration(result.seconds)} · seed {question.seed}")
    command = _command(question)
    for index, item in enumerate(outcome.charts):
        st.markdown(f"**{markdown(item.title)}**")
        key = f"experiment_chart_{index}"
        download_buttons.chart(pictures.chart(item), key, item.title, command, question.name)
    _tables(question, outcome)
    for link in outcome.links:
        st.page_link(
            url.page_file(link.page),
            label=markdown(link.title),
            icon=":material/arrow_forward:",
            query_params=dict(link.address),
        )


def _tables(question: Question, outcome: Outcome) -> None:
    for item in outcome.tables:
        st.markdown(f"**{markdown(item.title)}**")
        st.dataframe(item.columns, hide_index=True, height="content", width="stretch")
    columns = {
        "figure": [figure.name for figure in outcome.figures],
        "value": [figure.value for figure in outcome.figures],
        "unit": [figure.unit for figure in outcome.figures],
    }
    with st.expander("All numbers"):
        st.dataframe(
            columns,
            hide_index=True,
            height="content",
            column_config={"value": st.column_config.NumberColumn(format="%.4g")},
        )
        command = _command(question)
        download_buttons.table_files(columns, question.name, "experiment_figures", command)
