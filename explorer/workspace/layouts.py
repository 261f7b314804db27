"""Other layouts of maps, fitted as jobs, one at a time for each run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from explorer.pipeline.refit_map import LayoutSettings, accept
from explorer.runs import folder as folders
from explorer.system import atomic_files
from explorer.workspace import job_progress, jobs
from explorer.workspace.jobs import Job


def path_of(folder: Path) -> Path:
    """The file of the other layout of a run, of this state of its map."""
    return atomic_files.home() / "layouts" / f"{folders.stamp(folder)}.parquet"


def submit(folder: Path, settings: LayoutSettings) -> int:
    """Queues the fit of another layout; it replaces one that was neither taken nor discarded."""
    discard(folder)
    step = ["refit", folders.typed(folder), "--method", settings.method]
    step += ["--neighbours", str(settings.neighbours), "--min-dist", f"{settings.min_dist:g}"]
    step += ["--metric", settings.metric, "--seed", str(settings.seed)]
    return jobs.submit(jobs.REFIT, folder.name, [step])


def job_of(folder: Path) -> Job | None:
    """The job that fits or has fitted the other layout of a run."""
    known = (job for job in jobs.jobs() if (job.kind, job.name) == (jobs.REFIT, folder.name))
    return next(known, None)


def measures(folder: Path) -> Mapping[str, Any] | None:
    """What is known of both layouts, `before` and `after`; None without another one."""
    job = job_of(folder)
    if job is None or job.state != jobs.DONE or not path_of(folder).is_file():
        return None
    return job_progress.read_json(job_progress.result_path(jobs.progress_path(job.id)))


def take(folder: Path) -> None:
    """Makes the other layout that of the run.

    Raises:
        ExplorerError: If the run was trained again meanwhile, or its folder cannot be written.
    """
    candidate = path_of(folder)
    accept(folder, candidate)
    candidate.unlink(missing_ok=True)
    _forget_job(folder)


def discard(folder: Path) -> None:
    """Deletes the other layout, if there is one."""
    path_of(folder).unlink(missing_ok=True)
    _forget_job(folder)


def _forget_job(folder: Path) -> None:
    job = job_of(folder)
    if job is not None and not job.is_active:
        jobs.delete(job.id)
