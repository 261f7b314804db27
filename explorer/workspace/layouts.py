"""Other layouts of maps, fitted as jobs, one at a time for each run."""

import json
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
    step += ["--encoder", settings.encoder] if settings.encoder else []
    return jobs.submit(jobs.REFIT, folder.name, [step])


def job_of(folder: Path) -> Job | None:
    """The job that fits or has fitted the other layout of a run."""
    known = (job for job in jobs.jobs() if (job.kind, job.name) == (jobs.REFIT, folder.name))
    return next(known, None)


def note(folder: Path, measured: Mapping[str, Any]) -> None:
    """Stores what is known of both layouts, `before` and `after`, beside the other one."""
    atomic_files.write_text(path_of(folder).with_suffix(".json"), json.dumps(measured))


def measures(folder: Path) -> Mapping[str, Any] | None:
    """What `note` stored; None without another layout."""
    path = path_of(folder)
    measured = job_progress.read_json(path.with_suffix(".json")) if path.is_file() else None
    return measured if measured is not None and measured.keys() >= {"before", "after"} else None


def take(folder: Path) -> None:
    """Makes the other layout that of the run.

    Raises:
        ExplorerError: If the run was trained again meanwhile, or its folder cannot be written.
    """
    candidate = path_of(folder)
    accept(folder, candidate)
    _remove(candidate)
    _forget_job(folder)


def discard(folder: Path) -> None:
    """Deletes the other layout, if there is one."""
    _remove(path_of(folder))
    _forget_job(folder)


def _remove(candidate: Path) -> None:
    for path in (candidate, candidate.with_suffix(".json")):
        path.unlink(missing_ok=True)


def _forget_job(folder: Path) -> None:
    job = job_of(folder)
    if job is not None and not job.is_active:
        jobs.delete(job.id)
