"""`explorer jobs`: what runs beside the page."""

import argparse
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

from explorer.cli.output import say, say_json, table
from explorer.errors import ExplorerError
from explorer.system.durations import duration
from explorer.workspace import jobs as queue

EXAMPLE = """\
Maps and trainings started from the app are jobs, which continue when the page is closed. A stopped
training resumes from its last saved state.

examples:
  explorer jobs
  explorer jobs --stop 3
  explorer jobs --resume 3
"""
_NICE = 10
"""How far a job stands back for the page that started it."""
_INTERRUPTED = range(128 + 1, 128 + 32)


def jobs_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLE
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--stop", type=int, metavar="JOB", help="stop a job; a training saves first")
    how.add_argument("--resume", type=int, metavar="JOB", help="queue a stopped job again")
    how.add_argument(
        "--delete",
        type=int,
        metavar="JOB",
        help="remove a job from the list; its run is not deleted",
    )
    how.add_argument("--work", type=int, help=argparse.SUPPRESS)


def jobs(args: argparse.Namespace) -> None:
    """Lists the jobs, or changes one."""
    if args.work is not None:
        return _work(args.work)
    for name, act in (("stop", queue.stop), ("resume", queue.resume), ("delete", queue.delete)):
        if (number := getattr(args, name)) is not None:
            act(number)
    listed = queue.jobs()
    if args.json:
        return say_json([_as_json(job) for job in listed])
    if not listed:
        return say("there are no jobs: start them from the app, on the page *Your text*")
    header = ("job", "what", "run", "state", "time", "progress")
    say(table(header, [_line(job) for job in listed], right=(0,)))
    return None


def _line(job: queue.Job) -> list[str]:
    time = duration(job.seconds) if job.started else ""
    shown = job.message or (job.progress.text if job.state == queue.RUNNING else "")
    return [str(job.id), job.kind, job.name, job.state, time, shown]


def _as_json(job: queue.Job) -> dict[str, Any]:
    names = ("id", "kind", "name", "state", "created", "started", "ended", "message")
    return {name: getattr(job, name) for name in names} | {"progress": job.progress.text}


def _work(number: int) -> None:
    """Does a job in this process, then starts the next one."""
    with suppress(ValueError, OSError):
        # A shell ignores Ctrl-C for what it starts in the background, and so would this process.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    with suppress(AttributeError, OSError):
        os.nice(_NICE)
    try:
        with queue.lock_of(number):
            queue.note_started(number)
            try:
                state, message = _do(queue.job(number))
            except KeyboardInterrupt:
                state, message = queue.STOPPED, ""
            queue.note_ended(number, state, message)
    finally:
        queue.advance()


def _do(job: queue.Job) -> tuple[str, str]:
    """Runs the steps that are left; returns the state of the job and why it failed."""
    from explorer.cli.main import main
    from explorer.runs import folder as folders

    for step in job.steps:
        if _is_done(step, folders.users() / job.name):
            continue  # before the job was stopped
        code = main(step)
        if code in _INTERRUPTED:
            return queue.STOPPED, ""
        if code:
            return queue.FAILED, _last_line(
                job.id
            ) or f"`explorer {step[0]}` exited with code {code}"
    return queue.DONE, ""


def _is_done(step: list[str], folder: Path) -> bool:
    """Whether a step was done before its process ended; `train` itself resumes."""
    from explorer.runs import folder as folders
    from explorer.training import checkpoint

    if step[0] == "new":
        return (folder / folders.CONFIG).is_file()
    if step[0] == "open":
        return (folder / folders.ATLAS).is_file()
    files = (folders.WEIGHTS, folders.METRICS, folders.ATLAS)
    is_whole = step[0] == "train" and all(folders.is_intact(folder, name) for name in files)
    return is_whole and not checkpoint.path(folder).is_file()


def _last_line(number: int) -> str:
    """The last line that a failed command wrote."""
    try:
        with queue.log_path(number).open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - 8192))
            lines = file.read().decode(errors="replace").split("\n")
    except OSError as error:
        raise ExplorerError(f"the output of job {number} cannot be read: {error}") from None
    output = [line.strip() for line in lines if line.strip()]
    return output[-1].removeprefix("explorer: ") if output else ""
