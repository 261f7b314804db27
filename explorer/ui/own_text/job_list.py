"""Jobs on the page: their progress, curves and buttons."""

import streamlit as st

from explorer.runs import folder as folders
from explorer.system.durations import duration
from explorer.ui.components import run_picker
from explorer.ui.components.escaping import markdown, message
from explorer.ui.own_text.live_training import live_training
from explorer.ui.session import settings
from explorer.workspace import job_progress, jobs, open_text, texts
from explorer.workspace.jobs import Job

_WHAT = {
    jobs.OPEN: "map",
    jobs.TRAIN: "training",
    jobs.REFIT: "another layout",
    jobs.ADD: "on a map",
}
_SECONDS = 1.0  # between two updates of a running job's progress
_VALIDATION = 4.0  # the same of its map and curves, which change with each validation
_STAGES = {
    "choosing a run": "Choosing the model that fits your text best",
    "encoding": "Encoding the sentences",
    "scoring": "Measuring how well the model fits each",
    "reconstructing": "Reconstructing them",
    "neighbours": "Finding neighbours in latent space",
    "layout": "Laying out the map",
    "trustworthiness": "Measuring the quality of the map",
    "naming": "Naming the regions",
}


def job_list() -> None:
    """All jobs; what runs refreshes itself."""
    listed = _shown(jobs.jobs())
    if not listed:
        return
    st.header("Jobs")
    for job in listed:
        with st.container(border=True, key=f"job_{job.id}"):
            st.fragment(_head, run_every=_SECONDS if job.is_active else None)(job)
            if job.kind == jobs.TRAIN and job.state == jobs.RUNNING:
                # Apart: drawing costs more than a progress bar, and changes less often.
                st.fragment(settings.guarded(live_training), run_every=_VALIDATION)(job)
            elif job.kind == jobs.TRAIN and job.state != jobs.QUEUED:
                _learned(job)


def _shown(listed: list[Job]) -> list[Job]:
    """The jobs of texts, without finished maps, which are listed as maps, and without trials."""
    others = (jobs.ESTIMATE, jobs.EXPERIMENT)
    return [
        job
        for job in listed
        if job.kind not in others and (job.kind, job.state) != (jobs.OPEN, jobs.DONE)
    ]


@settings.guarded
def _head(before: Job) -> None:
    """What a job is, its progress and its buttons; the page runs again when its state changes."""
    job = next((job for job in jobs.jobs() if job.id == before.id), None)
    if job is None or job.state != before.state:
        st.rerun()
    what = _WHAT.get(job.kind, job.kind)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{markdown(job.name)}** · {what} · {_state(job)}", width="stretch")
        _buttons(job)
    if job.state == jobs.RUNNING:
        _running(job)
    if job.message:
        (st.error if job.state == jobs.FAILED else st.caption)(message(job.message))


def _learned(job: Job) -> None:
    """What a training that does not run has learned, drawn when it is asked for."""
    with st.expander("What it learned", key=f"job_open_{job.id}", on_change="rerun") as seen:
        if seen.open:
            live_training(job)


def _state(job: Job) -> str:
    if job.state == jobs.QUEUED:
        return "queued"
    if job.state == jobs.DONE:
        return f"done in {duration(job.seconds)}"
    return job.state


def _running(job: Job) -> None:
    progress = job.progress
    if job.kind != jobs.OPEN and job.kind != jobs.TRAIN:
        label = _STAGES.get(progress.stage, "Starting")
        done = min(max(progress.fraction or 0.0, 0.0), 1.0)
        st.progress(done, text=f"{label} · {duration(job.seconds)}")
        return
    if job.kind == jobs.OPEN:
        label = _STAGES.get(progress.stage, "Starting")
        done = open_text.overall(progress.stage, progress.fraction or 0.0)
        st.progress(done, text=f"{label} · {duration(job.seconds)}")
        return
    reports = job_progress.read_reports(jobs.progress_path(job.id))
    reports = [report for report in reports if "seconds_left" in report]
    if progress.stage:  # after the training: the evaluation and the map
        st.progress(min(max(progress.fraction or 0.0, 0.0), 1.0), text=progress.stage)
    elif reports:
        last = reports[-1]
        left = duration(last["seconds_left"])
        st.progress(
            min(last["epoch"] / max(last["epochs"], 1), 1.0),
            text=f"Epoch {last['epoch']:.1f} of {last['epochs']} · {left} left",
        )
    else:
        st.progress(0.0, text=f"Starting · {duration(job.seconds)}")


def _buttons(job: Job) -> None:
    if job.state == jobs.DONE and (folders.users() / job.name / folders.ATLAS).is_file():
        run_picker.run_link("map", "Open the map", ":material/scatter_plot:", job.name)
    if job.state == jobs.DONE and job.kind == jobs.ADD:
        onto = job.steps[0][1]
        label = f"The map of {markdown(onto)} with it"
        run_picker.run_link("map", label, ":material/scatter_plot:", onto, **{"with": job.name})
    if job.is_active:
        label = "Stop" if job.kind == jobs.TRAIN else "Cancel"
        if st.button(label, key=f"job_stop_{job.id}", icon=":material/stop_circle:"):
            jobs.stop(job.id)
            st.toast("Stopping after this step…")
        return
    if job.state in (jobs.STOPPED, jobs.FAILED):
        label = "Try again" if job.kind == jobs.OPEN else "Resume"
        if st.button(label, key=f"job_resume_{job.id}", icon=":material/play_circle:"):
            jobs.resume(job.id)
            st.rerun()
    if job.state == jobs.STOPPED and job.kind == jobs.TRAIN:
        help_ = "Ends the training, keeps the best weights so far, and draws the map."
        if st.button("Finish now", key=f"job_keep_{job.id}", icon=":material/flag:", help=help_):
            jobs.finish(job.id)
            st.rerun()
    if st.button("Remove from the list", key=f"job_delete_{job.id}", icon=":material/close:"):
        if job.kind == jobs.OPEN and job.state != jobs.DONE:
            texts.remove(job.name)  # without its map the text is of no use
        jobs.delete(job.id)
        st.rerun()
