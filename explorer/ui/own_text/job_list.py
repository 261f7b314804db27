"""Jobs on the page: their progress, curves and buttons."""

from typing import Any

import streamlit as st

from explorer.runs import folder as folders
from explorer.ui.components import run_picker
from explorer.ui.components.escaping import markdown, message
from explorer.ui.components.history_charts import BLUE, ORANGE, Curve, Panel, series, stacked
from explorer.ui.session import settings
from explorer.workspace import job_progress, jobs, open_text, texts
from explorer.workspace.jobs import Job

_SECONDS = 1.0  # between two looks at a running job
_STAGES = {
    "choosing a run": "Choosing the model that knows your words best",
    "encoding": "Encoding the sentences",
    "scoring": "Measuring how well the model knows each",
    "reconstructing": "Reconstructing them",
    "neighbours": "Finding neighbours in latent space",
    "layout": "Laying out the map",
    "trustworthiness": "Measuring how far the map can be trusted",
    "naming": "Naming the regions",
}


def job_list() -> None:
    """All jobs; while one runs, the list refreshes itself."""
    listed = _shown(jobs.jobs())
    if not listed:
        return
    st.header("Jobs")
    is_active = any(job.is_active for job in listed)
    st.fragment(settings.guarded(_list), run_every=_SECONDS if is_active else None)(is_active)


def _shown(listed: list[Job]) -> list[Job]:
    """The jobs without finished maps, which are listed as maps."""
    return [job for job in listed if job.kind != jobs.OPEN or job.state != jobs.DONE]


def _list(was_active: bool) -> None:
    listed = _shown(jobs.jobs())
    for job in listed:
        with st.container(border=True, key=f"job_{job.id}"):
            _job(job)
    if was_active and not any(job.is_active for job in listed):
        st.rerun()


def _job(job: Job) -> None:
    what = "map" if job.kind == jobs.OPEN else "training"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{markdown(job.name)}** · {what} · {_state(job)}", width="stretch")
        _buttons(job)
    if job.state == jobs.RUNNING:
        _running(job)
    if job.kind == jobs.TRAIN and job.state != jobs.QUEUED:
        _curves(job)
    if job.message:
        (st.error if job.state == jobs.FAILED else st.caption)(message(job.message))


def _state(job: Job) -> str:
    if job.state == jobs.QUEUED:
        return "waits for its turn"
    if job.state == jobs.DONE:
        return f"done in {_duration(job.seconds)}"
    return job.state


def _duration(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60:02d} s"


def _running(job: Job) -> None:
    progress = job.progress
    if job.kind == jobs.OPEN:
        label = _STAGES.get(progress.stage, "Starting")
        done = open_text.overall(progress.stage, progress.fraction or 0.0)
        st.progress(done, text=f"{label} · {_duration(job.seconds)}")
        return
    reports = job_progress.read_reports(jobs.progress_path(job.id))
    if progress.stage:  # after the training: the evaluation and the map
        st.progress(min(max(progress.fraction or 0.0, 0.0), 1.0), text=progress.stage)
    elif reports:
        last = reports[-1]
        left = _duration(last["seconds_left"])
        st.progress(
            min(last["epoch"] / max(last["epochs"], 1), 1.0),
            text=f"Epoch {last['epoch']:.1f} of {last['epochs']} · {left} left",
        )
    else:
        st.progress(0.0, text=f"Starting · {_duration(job.seconds)}")


def _curves(job: Job) -> None:
    reports = _by_epoch(job_progress.read_reports(jobs.progress_path(job.id)))
    if len(reports) < 2:
        return
    history = {
        name: [report.get(name) for report in reports] for name in ("epoch", "distortion", "rate")
    }
    for name in ("distortion", "rate"):
        values = [report.get("validation", {}).get(name) for report in reports]
        history[f"validation_{name}"] = values
    panels = [
        Panel(
            f"{name.capitalize()}, nats",
            [
                Curve("training", *series(history, name), BLUE),
                Curve("validation", *series(history, f"validation_{name}"), ORANGE),
            ],
        )
        for name in ("distortion", "rate")
    ]
    st.plotly_chart(stacked(panels, from_zero=False), key=f"job_curves_{job.id}")


def _by_epoch(reports: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Reports with a validation; training values are means since the one before.

    On little text a report averages a few steps, whose noise would hide the curve.
    """
    result, since = [], []
    for report in reports:
        since.append(report)
        if report.get("validation"):
            means = {
                name: sum(item[name] for item in since) / len(since)
                for name in ("distortion", "rate")
            }
            result.append(report | means)
            since = []
    return result


def _buttons(job: Job) -> None:
    if job.state == jobs.DONE and (folders.users() / job.name / folders.ATLAS).is_file():
        run_picker.run_link("map", "Open the map", ":material/scatter_plot:", job.name)
    if job.is_active:
        label = "Cancel" if job.kind == jobs.OPEN else "Stop"
        if st.button(label, key=f"job_stop_{job.id}", icon=":material/stop_circle:"):
            jobs.stop(job.id)
            st.toast("Stopping after this step…")
        return
    if job.state in (jobs.STOPPED, jobs.FAILED):
        label = "Try again" if job.kind == jobs.OPEN else "Resume"
        if st.button(label, key=f"job_resume_{job.id}", icon=":material/play_circle:"):
            jobs.resume(job.id)
            st.rerun()
    if st.button("Remove from the list", key=f"job_delete_{job.id}", icon=":material/close:"):
        if job.kind == jobs.OPEN and job.state != jobs.DONE:
            texts.remove(job.name)  # without its map the text is of no use
        jobs.delete(job.id)
        st.rerun()
