"""Jobs and what watches them are killed at random moments: the queue and the runs are whole.

`EXPLORER_KILLS=100 pytest -m soak tests/workspace/test_kills.py` (about ten seconds a kill on two
idle cores); the default is 12.
"""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import suppress
from itertools import pairwise

import pytest

from explorer import pipeline
from explorer.explore.run import open_run
from explorer.runs import folder as folders
from explorer.text.read_file import Table
from explorer.workspace import job_progress, jobs, texts
from tests import tiny

pytestmark = [pytest.mark.soak, pytest.mark.timeout(7200)]

KILLS = int(os.environ.get("EXPLORER_KILLS", "12"))
WATCH = (
    "import time\nfrom explorer.workspace import jobs\nwhile True: jobs.jobs(); time.sleep(0.05)"
)
"""What an open page does to the queue."""
LONGEST = 20.0  # seconds that a job lives before it is killed


@pytest.fixture
def home(tiny_run, tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("EXPLORER_RUNS", str(tiny_run))
    yield tmp_path / "home"
    for job in jobs.jobs():
        kill(job.pid if job.state == jobs.RUNNING else 0)


def kill(pid):
    if pid:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def queue_training(name, corpus, folder):
    folder.mkdir(parents=True)
    recipe = tiny.RECIPE.format(path=corpus.as_posix(), epochs=40)
    text = recipe.replace("epochs = 40", "epochs = 40\nsave_seconds = 0.3")
    (folder / folders.CONFIG).write_text(text, encoding="utf-8")
    return jobs.submit(jobs.TRAIN, name, [["new", str(folder)], ["train", str(folder)]])


def check_whole():
    """The database is intact, and of each lane at most one job runs, by one process."""
    with sqlite3.connect(jobs.root() / "jobs.sqlite", timeout=30) as base:
        assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    listed = jobs.jobs()
    for lane in jobs.LANES:
        running = [job for job in listed if job.kind in lane and job.state == jobs.RUNNING]
        assert len(running) <= 1
    states = {jobs.QUEUED, jobs.RUNNING, jobs.STOPPED, jobs.FAILED, jobs.DONE}
    assert {job.state for job in listed} <= states
    failed = [job.message for job in listed if job.state == jobs.FAILED]
    assert not failed
    for job in listed:
        steps = [item["step"] for item in job_progress.read_reports(jobs.progress_path(job.id))]
        assert all(before < after for before, after in pairwise(steps))
    return listed


def test_a_killed_queue_goes_on_and_ends_with_the_runs_of_an_undisturbed_one(home, tmp_path):
    chance = random.Random(int(os.environ.get("EXPLORER_SEED", "0")))
    corpus = tiny.write_corpus(tmp_path / "corpus.csv")
    names = ["first", "second"]
    numbers = [queue_training(name, corpus, folders.users() / name) for name in names]
    texts.store("mine", "mine.csv", Table(tiny.sentences(60, seed=5), None, 0))
    step = ["open", "mine.csv", "--stored", "--name", "mine", "--no-page", "--run", "tiny"]
    numbers.append(jobs.submit(jobs.OPEN, "mine", [step]))
    watcher, kills, began = None, 0, time.monotonic()
    while any(job.state != jobs.DONE for job in check_whole()):
        if watcher is None or watcher.poll() is not None:
            watcher = subprocess.Popen([sys.executable, "-c", WATCH])
        for number in numbers:
            if jobs.job(number).state == jobs.STOPPED:
                jobs.resume(number)
        if kills < KILLS:
            time.sleep(chance.uniform(0.0, LONGEST))
            running = [job.pid for job in jobs.jobs() if job.state == jobs.RUNNING and job.pid]
            kill(chance.choice([*running, watcher.pid]))
            kills += 1
        else:
            time.sleep(0.5)
    watcher.kill()
    watcher.wait()
    undisturbed = tmp_path / "undisturbed"
    undisturbed.mkdir()
    config = folders.users() / "first" / folders.CONFIG
    (undisturbed / folders.CONFIG).write_text(config.read_text("utf-8"), encoding="utf-8")
    for _ in pipeline.train(undisturbed, "cpu"):
        pass
    for name in (*names, "mine"):
        run = open_run(name)
        assert len(run.texts) == len(run.needed_atlas) and run.decode(run.needed_atlas.mean[:1])
        assert not list((folders.users() / name).glob("*.tmp"))
        if name != "mine":
            weights = (folders.users() / name / folders.WEIGHTS).read_bytes()
            assert weights == (undisturbed / folders.WEIGHTS).read_bytes()
    sys.stderr.write(f"{kills} kills in {time.monotonic() - began:.0f} s\n")
