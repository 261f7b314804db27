"""Colours that have to be fitted first: in the background, while the map keeps its colours."""

from threading import Lock

import streamlit as st

from explorer.explore.baseline_fit import baselines_of
from explorer.explore.colourings import DEFAULT_COLOURING, available, colouring_of
from explorer.explore.run import Run
from explorer.system.background import Job
from explorer.ui.components import job_progress

_SHOWN = "_colour_shown"
_jobs: dict[tuple[str, bool, str], Job[None]] = {}
_lock = Lock()


def colouring(run: Run, by: str) -> str:
    """The colouring to draw: `by`, or the one shown before while `by` is being fitted.

    Shows the progress of the fit, with a button that returns to the former colouring.
    """
    known = st.session_state
    if colouring_of(run, by).is_ready(run):
        known[_SHOWN] = by
        return by
    before = known.get(_SHOWN, DEFAULT_COLOURING)
    if before not in available(run) or not colouring_of(run, before).is_ready(run):
        before = DEFAULT_COLOURING
    job = _job(run, by)

    def cancel() -> None:
        job.cancel()
        with _lock:
            _jobs.pop(_key(run, by), None)
        st.session_state["colour"] = before

    if job.is_done:
        with _lock:
            _jobs.pop(_key(run, by), None)
        _ = job.result  # raises what the fit raised
        return by
    title = f"Fitting {colouring_of(run, by).title.lower()}"
    job_progress.show(job, "colour_stop", title, on_cancel=cancel)
    return before


def _key(run: Run, by: str) -> tuple[str, bool, str]:
    return run.stamp, run.texts_are_real, by


def _job(run: Run, by: str) -> Job[None]:
    """The fit of a colouring; sessions share it."""

    def fit(job: Job[None]) -> None:
        baselines = baselines_of(run)
        job.report(0.05, "computing TF-IDF vectors")
        _ = baselines.train_vectors
        job.report(0.3, "fitting")
        baselines.fitted(by)
        job.report(0.8, "naming the groups")
        colouring_of(run, by).colours_of(run)

    with _lock:
        job = _jobs.get(_key(run, by))
        if job is None:
            job = _jobs[_key(run, by)] = Job(fit)
        return job
