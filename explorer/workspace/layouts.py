"""Other layouts of maps, fitted as jobs, one at a time for each run."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from explorer.errors import ExplorerError
from explorer.pipeline.refit_map import LayoutSettings, accept
from explorer.runs import folder as folders
from explorer.runs import lock
from explorer.system import atomic_files, temporary_files
from explorer.workspace import job_progress, jobs, texts
from explorer.workspace.jobs import Job

_COPIED = (*folders.CHECKSUMMED, folders.SUMS, folders.CONFIG, folders.CARD)


def path_of(folder: Path) -> Path:
    """The file of the other layout of a run, of this state of its map."""
    return atomic_files.home() / "layouts" / f"{folders.lasting_stamp(folder)}.parquet"


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


def take_as_copy(folder: Path) -> Path:
    """Makes a run of the user's that differs from this one by the other layout; its folder.

    Raises:
        ExplorerError: If the run was trained again meanwhile, or the copy cannot be written.
    """
    candidate = path_of(folder)
    copy = folders.users() / texts.free_name(f"{folder.name}-layout")
    try:
        copy.parent.mkdir(parents=True, exist_ok=True)
        with temporary_files.scratch_folder(copy.parent) as scratch:
            made = scratch / copy.name
            shutil.copytree(folder, made, ignore=lambda _, names: {*names} - {*_COPIED})
            accept(made, candidate)
            (made / lock.FILE).unlink(missing_ok=True)
            made.replace(copy)
    except (OSError, shutil.Error) as error:
        raise ExplorerError(f"{copy} cannot be written: {error}") from None
    _remove(candidate)
    _forget_job(folder)
    return copy


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
