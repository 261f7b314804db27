"""Jobs: commands that run beside the page, in an SQLite database of the user's data folder.

Each job is a process of its own session: closing the page or the server does not end it. It holds
a lock while it lives, so that a job whose process died is noticed, whatever killed it.
"""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from explorer.errors import ExplorerError
from explorer.system import cpu_threads, shipped_files
from explorer.workspace import database, job_progress

OPEN, TRAIN, REFIT, ESTIMATE, ADD = "open", "train", "refit", "estimate", "add"
EXPERIMENT = "experiment"
"""Kinds of jobs: a map of a text, a training, another layout of a map, the time a training would
take, a text on the map of another run, and an experiment."""

LANES = ((OPEN, REFIT, ESTIMATE, ADD), (TRAIN,), (EXPERIMENT,))
"""Of the kinds of a lane one job runs at a time: a map need not wait for a training."""

QUEUED, RUNNING, STOPPED, FAILED, DONE = "queued", "running", "stopped", "failed", "done"

_STARTING = 60.0
"""Seconds a process may take to get its lock."""
_children: dict[int, "subprocess.Popen[bytes]"] = {}


@dataclass(frozen=True, slots=True)
class Job:
    """A row of the database."""

    id: int
    kind: str
    name: str
    """Of the run it makes."""
    steps: list[list[str]]
    """The arguments of `explorer`, one command after the other."""
    state: str
    pid: int
    created: float
    started: float
    ended: float
    message: str
    """Why it failed."""

    @property
    def is_active(self) -> bool:
        """Whether it runs or waits for its turn."""
        return self.state in (QUEUED, RUNNING)

    @property
    def progress(self) -> job_progress.Progress:
        """Where it stands."""
        return job_progress.read(progress_path(self.id))

    @property
    def seconds(self) -> float:
        """Since it was last started, or until it ended."""
        return max(0.0, (self.ended or time.time()) - self.started) if self.started else 0.0


def root() -> Path:
    """The folder of the database, and of the jobs' progress and output."""
    return database.path().parent


def progress_path(job: int) -> Path:
    """The progress file of a job."""
    return root() / f"{job}.json"


def log_path(job: int) -> Path:
    """The output of a job's commands."""
    return root() / f"{job}.log"


def lock_path(job: int) -> Path:
    """The file of a job's lock."""
    return root() / f"{job}.lock"


def lock_of(job: int) -> FileLock:
    """The lock that the process of a job holds while it lives."""
    return FileLock(lock_path(job))


def submit(kind: str, name: str, steps: Sequence[Sequence[str]]) -> int:
    """Queues a job, and starts it if none of its kind runs; returns its number."""
    with database.writing() as base:
        row = base.execute(
            "INSERT INTO jobs (kind, name, steps, state, created) VALUES (?, ?, ?, ?, ?)",
            (kind, name, json.dumps([list(step) for step in steps]), QUEUED, time.time()),
        )
        number = int(row.lastrowid or 0)
    advance()
    return number


def jobs() -> list[Job]:
    """All jobs, the newest first; starts queued ones whose turn has come."""
    if not database.path().is_file():
        return []
    with suppress(ExplorerError):  # a folder that cannot be written is listed as it is
        advance()
    return [_job(row) for row in _select("ORDER BY id DESC")]


def job(number: int) -> Job:
    """One job.

    Raises:
        ExplorerError: If there is none of this number.
    """
    # The largest number that SQLite takes is below 2⁶³.
    rows = _select("WHERE id = ?", number) if abs(number) < 2**63 else []
    if not rows:
        raise ExplorerError(f"there is no job {number}: see `explorer jobs`")
    return _job(rows[0])


def _select(which: str, *values: object) -> list[sqlite3.Row]:
    with database.reading() as base:
        if base is None:
            return []
        return base.execute(f"SELECT * FROM jobs {which}", values).fetchall()


def stop(number: int) -> None:
    """Stops a job: a training saves its state first; `resume` continues it."""
    job(number)
    if _change(number, (QUEUED,), STOPPED):
        return
    known = job(number)
    if known.state == RUNNING and known.pid and (_is_starting(known) or _is_alive(number)):
        with suppress(ProcessLookupError):
            os.kill(known.pid, signal.SIGINT)


def resume(number: int) -> None:
    """Queues a stopped or failed job again."""
    job(number)
    if _change(number, (STOPPED, FAILED, DONE), QUEUED):
        advance()


def _change(number: int, states: Sequence[str], state: str) -> bool:
    """Changes the state of a job that is in one of some states, in one step; whether it was."""
    with database.writing() as base:
        which = f"id = ? AND state IN ({', '.join('?' * len(states))})"
        if not base.execute(f"SELECT 1 FROM jobs WHERE {which}", (number, *states)).fetchone():
            return False
        _set_in(base, number, state)
        return True


def finish(number: int) -> None:
    """Queues a stopped training to end at once, with the best weights it has."""
    known = job(number)
    if known.is_active:
        return
    steps = [
        [*step, "--finish"] if step[0] == "train" and "--finish" not in step else step
        for step in known.steps
    ]
    with database.writing() as base:
        base.execute("UPDATE jobs SET steps = ? WHERE id = ?", (json.dumps(steps), number))
    resume(number)


def delete(number: int) -> None:
    """Forgets a job that has ended; its run stays.

    Raises:
        ExplorerError: If it is still running.
    """
    if job(number).state == RUNNING:
        raise ExplorerError(f"job {number} is running: stop it first")
    with database.writing() as base:
        base.execute("DELETE FROM jobs WHERE id = ?", (number,))
    path = progress_path(number)
    for file in (path, *job_progress.beside(path), log_path(number), lock_path(number)):
        file.unlink(missing_ok=True)


def advance() -> None:
    """Notices processes that died, and starts the next job of each kind."""
    begun: list[int] = []
    with database.writing() as base:
        for row in base.execute("SELECT * FROM jobs WHERE state = ?", (RUNNING,)).fetchall():
            known = _job(row)
            if not _is_starting(known) and not _is_alive(known.id):
                if known.pid:
                    _set_in(base, known.id, STOPPED, "its process ended unexpectedly")
                else:  # what was to start it was killed
                    _set_in(base, known.id, QUEUED)
        for lane in LANES:
            kinds = f"kind IN ({', '.join('?' * len(lane))})"
            busy = f"SELECT 1 FROM jobs WHERE state = ? AND {kinds}"
            if base.execute(busy, (RUNNING, *lane)).fetchone():
                continue
            query = f"SELECT id FROM jobs WHERE state = ? AND {kinds} ORDER BY id LIMIT 1"
            if row := base.execute(query, (QUEUED, *lane)).fetchone():
                base.execute(
                    "UPDATE jobs SET state = ?, pid = 0, started = ?, ended = 0, message = '' "
                    "WHERE id = ?",
                    (RUNNING, time.time(), row["id"]),
                )
                begun.append(int(row["id"]))
    for number in begun:
        _start(number)


def note_started(number: int) -> None:
    """Records the process of a job; called by it."""
    with database.writing() as base:
        base.execute(
            "UPDATE jobs SET state = ?, pid = ?, ended = 0 WHERE id = ?",
            (RUNNING, os.getpid(), number),
        )


def note_ended(number: int, state: str, message: str = "") -> None:
    """Records how a job ended; called by its process."""
    _set(number, state, message)


def _start(number: int) -> None:
    """Starts the process of a job, in a session of its own."""
    path = os.pathsep.join([str(shipped_files.PACKAGE.parent), os.environ.get("PYTHONPATH", "")])
    environment = cpu_threads.of_child(os.environ) | {
        "PYTHONPATH": path.rstrip(os.pathsep),
        job_progress.VARIABLE: str(progress_path(number)),
    }
    progress_path(number).unlink(missing_ok=True)
    command = [sys.executable, "-m", "explorer", "jobs", "--work", str(number)]
    try:
        with log_path(number).open("wb") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )
    except OSError as error:
        _set(number, FAILED, str(error))
        return
    if before := _children.pop(number, None):  # of the job before it was resumed: it has ended
        before.wait()
    _children[number] = process
    with database.writing() as base:
        base.execute("UPDATE jobs SET pid = ? WHERE id = ? AND pid = 0", (process.pid, number))


def _is_starting(known: Job) -> bool:
    """Whether a process may not have its lock yet."""
    # After the clock was set back it may have started in the future.
    is_young = 0 <= time.time() - known.started < _STARTING
    return is_young and (known.pid == 0 or _has_process(known.pid))


def _is_alive(number: int) -> bool:
    lock = lock_of(number)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


def _has_process(pid: int) -> bool:
    for number, child in list(_children.items()):
        if child.poll() is not None:  # reaped, or it would seem to live on
            _children.pop(number, None)
    if os.name == "nt":  # where signal 0 is Ctrl-C: the lock tells, once it may be held
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _set(number: int, state: str, message: str = "") -> None:
    with database.writing() as base:
        _set_in(base, number, state, message)


def _set_in(base: sqlite3.Connection, number: int, state: str, message: str = "") -> None:
    ended = 0.0 if state in (QUEUED, RUNNING) else time.time()
    base.execute(
        "UPDATE jobs SET state = ?, ended = ?, message = ? WHERE id = ?",
        (state, ended, message, number),
    )


def _job(row: sqlite3.Row) -> Job:
    return Job(**{**dict(row), "steps": json.loads(row["steps"])})
