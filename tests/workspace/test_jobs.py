"""Jobs outlive the page, take their turn, and resume whatever ended them."""

import os
import signal
import subprocess
import sys
import time

import pytest

from explorer.cli.main import main
from explorer.errors import ExplorerError
from explorer.runs import folder as folders
from explorer.system import cpu_threads
from explorer.training import checkpoint
from explorer.workspace import database, job_progress, jobs
from tests import tiny

QUICK = [["runs", "--json"]]


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("EXPLORER_RUNS", str(tmp_path / "runs"))
    yield tmp_path / "home"
    for job in jobs.jobs():
        if job.state == jobs.RUNNING and job.pid:
            os.kill(job.pid, signal.SIGKILL)


@pytest.fixture
def no_process(monkeypatch):
    """Jobs that are started get no process."""
    started = []
    monkeypatch.setattr(jobs, "_start", started.append)
    return started


def until(is_so, seconds=120):
    for _ in range(int(seconds * 5)):
        if is_so():
            return
        time.sleep(0.2)
    pytest.fail(f"not so within {seconds} s: {jobs.jobs()}")


def state(number):
    return next(job.state for job in jobs.jobs() if job.id == number)


def test_a_job_runs_in_a_session_of_its_own_and_then_the_next(capsys):
    first, second = (jobs.submit(jobs.TRAIN, name, QUICK) for name in ("a", "b"))
    assert {state(first), state(second)} <= {jobs.RUNNING, jobs.QUEUED, jobs.DONE}
    pid = jobs.job(first).pid
    if pid and jobs.job(first).state == jobs.RUNNING:
        assert os.getsid(pid) != os.getsid(0)
    until(lambda: state(first) == state(second) == jobs.DONE)
    assert jobs.job(first).ended <= jobs.job(second).ended
    assert main(["jobs"]) == 0
    assert "train  b    done" in capsys.readouterr().out


def test_a_failed_job_says_what_the_command_said():
    number = jobs.submit(jobs.OPEN, "a", [["open", "x", "--stored", "--name", "no", "--no-page"]])
    until(lambda: state(number) == jobs.FAILED)
    assert "no.parquet does not exist" in jobs.job(number).message


def test_one_of_each_kind_runs_at_a_time_in_order(no_process):
    numbers = [jobs.submit(jobs.TRAIN, name, QUICK) for name in "abc"]
    drawn = jobs.submit(jobs.OPEN, "d", QUICK)
    assert no_process == [numbers[0], drawn]
    assert [state(number) for number in numbers] == [jobs.RUNNING, jobs.QUEUED, jobs.QUEUED]
    jobs.stop(numbers[1])  # in the queue
    jobs.note_ended(numbers[0], jobs.DONE)
    assert state(numbers[2]) == jobs.RUNNING
    assert state(numbers[1]) == jobs.STOPPED


def test_a_job_whose_process_died_is_stopped_and_can_run_again(no_process, monkeypatch):
    number = jobs.submit(jobs.TRAIN, "a", QUICK)
    assert state(number) == jobs.RUNNING  # its process may still be on its way
    ended(number)
    monkeypatch.setattr(jobs, "_STARTING", 0.0)
    assert state(number) == jobs.STOPPED
    assert "ended unexpectedly" in jobs.job(number).message
    jobs.resume(number)
    assert state(number) == jobs.RUNNING
    monkeypatch.undo()


def ended(number):
    """Gives a job a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    with database.writing() as base:
        base.execute("UPDATE jobs SET pid = ? WHERE id = ?", (process.pid, number))


def test_a_job_that_got_no_process_takes_its_turn_again(no_process, monkeypatch):
    number = jobs.submit(jobs.TRAIN, "a", QUICK)  # the server dies before it starts it
    monkeypatch.setattr(jobs, "_STARTING", 0.0)
    assert state(number) == jobs.RUNNING
    assert no_process[:2] == [number, number]
    monkeypatch.undo()


def test_a_running_job_holds_its_lock_and_is_not_forgotten(no_process, monkeypatch):
    number = jobs.submit(jobs.TRAIN, "a", QUICK)
    monkeypatch.setattr(jobs, "_STARTING", 0.0)
    ended(number)
    with jobs.lock_of(number):
        assert state(number) == jobs.RUNNING
        with pytest.raises(ExplorerError, match="stop it first"):
            jobs.delete(number)
    assert state(number) == jobs.STOPPED
    jobs.delete(number)
    assert jobs.jobs() == []
    with pytest.raises(ExplorerError, match="no job"):
        jobs.job(number)


def test_a_map_and_an_estimate_wait_for_each_other_and_not_for_a_training(no_process):
    train, estimate, drawn = (
        jobs.submit(kind, kind, QUICK) for kind in (jobs.TRAIN, jobs.ESTIMATE, jobs.OPEN)
    )
    assert no_process == [train, estimate]
    jobs.note_ended(estimate, jobs.DONE)
    assert state(drawn) == jobs.RUNNING


def test_a_job_uses_every_core_though_the_server_uses_one(monkeypatch):
    started = {}
    monkeypatch.setattr(jobs.subprocess, "Popen", lambda command, **how: started.update(how))
    monkeypatch.setattr(jobs, "_children", {})
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(cpu_threads, "_set_here", set())
    cpu_threads.share_cores(1)
    jobs.root().mkdir(parents=True)
    with pytest.raises(AttributeError):  # a process that is none
        jobs._start(1)
    assert os.environ["OMP_NUM_THREADS"] == "1" and "OMP_NUM_THREADS" not in started["env"]


def test_a_number_of_threads_that_a_person_set_holds_for_jobs(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setattr(cpu_threads, "_set_here", set())
    cpu_threads.share_cores(1)
    assert cpu_threads.of_child(os.environ)["OMP_NUM_THREADS"] == "3"


def test_a_stopped_training_can_be_finished_with_what_it_has(no_process):
    number = jobs.submit(jobs.TRAIN, "a", [["new", "a"], ["train", "a"]])
    jobs.finish(number)  # runs: nothing happens
    assert jobs.job(number).steps[1] == ["train", "a"]
    jobs.note_ended(number, jobs.STOPPED)
    jobs.finish(number)
    assert jobs.job(number).steps == [["new", "a"], ["train", "a", "--finish"]]
    assert state(number) == jobs.RUNNING


def test_reports_after_a_resumed_training_replace_those_it_repeats(tmp_path):
    file = job_progress.ProgressFile(tmp_path / "1.json")
    for step, loss in ((1, 9.0), (2, 8.0), (3, 7.0), (2, 8.5), (3, 6.0)):
        file.report({"step": step, "loss": loss})
    with job_progress.reports_path(tmp_path / "1.json").open("a") as out:
        out.write('{"step": 4, "lo')  # killed while it wrote
    reports = job_progress.read_reports(tmp_path / "1.json")
    assert [(report["step"], report["loss"]) for report in reports] == [(1, 9), (2, 8.5), (3, 6)]
    file.show("half", "encoding", 0.5)
    assert job_progress.read(tmp_path / "1.json") == job_progress.Progress("half", "encoding", 0.5)
    assert job_progress.read(tmp_path / "none.json") == job_progress.Progress()


@pytest.mark.slow
def test_a_killed_training_resumes_and_a_stopped_one_has_saved(tmp_path):
    corpus = tiny.write_corpus(tmp_path / "corpus.csv")
    folder = folders.users() / "own"
    recipe = tiny.RECIPE.format(path=corpus.as_posix(), epochs=500)
    folder.mkdir(parents=True)
    text = recipe.replace("epochs = 500", "epochs = 500\nsave_seconds = 0.5")
    (folder / folders.CONFIG).write_text(text, encoding="utf-8")
    steps = [["new", str(folder), "--corpus", "unused"], ["train", str(folder)]]
    number = jobs.submit(jobs.TRAIN, "own", steps)
    until(lambda: checkpoint.path(folder).is_file())

    def reports():
        return job_progress.read_reports(jobs.progress_path(number))

    until(lambda: len(reports()) > 2)
    os.kill(jobs.job(number).pid, signal.SIGKILL)
    until(lambda: state(number) == jobs.STOPPED)
    before = reports()[-1]["epoch"]
    jobs.resume(number)
    until(lambda: reports()[-1]["epoch"] > before + 1)
    jobs.stop(number)
    until(lambda: state(number) == jobs.STOPPED)
    assert jobs.job(number).message == ""
    assert checkpoint.path(folder).is_file() and not (folder / folders.WEIGHTS).is_file()


def test_a_job_of_a_clock_that_was_set_back_is_noticed_to_be_dead(no_process, monkeypatch):
    """A start in the future is no moment ago, however long the clock takes to come there."""
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 1e6)
    number = jobs.submit(jobs.OPEN, "mine", QUICK)
    assert jobs.job(number).state == jobs.RUNNING and no_process == [number]
    ended(number)
    monkeypatch.setattr(time, "time", real)
    assert [job.state for job in jobs.jobs()] == [jobs.STOPPED]


def test_a_job_that_started_meanwhile_is_stopped_not_marked(no_process, monkeypatch):
    """Somebody stops a job that still waits, while another process starts it."""
    number = jobs.submit(jobs.TRAIN, "a", QUICK)
    with database.writing() as base:  # it waited when it was read, and runs since
        base.execute("UPDATE jobs SET state = ?, pid = 77 WHERE id = ?", (jobs.RUNNING, number))
    asked = []
    monkeypatch.setattr(jobs.os, "kill", lambda pid, signal: asked.append(pid))
    jobs.stop(number)
    assert asked[-1] == 77 and jobs.job(number).state == jobs.RUNNING


def test_a_job_that_runs_is_not_queued_again(no_process):
    number = jobs.submit(jobs.TRAIN, "a", QUICK)
    assert jobs.job(number).state == jobs.RUNNING
    jobs.resume(number)
    assert jobs.job(number).state == jobs.RUNNING and no_process == [number]


def test_a_deleted_job_leaves_no_file(no_process, home):
    number = jobs.submit(jobs.TRAIN, "a", QUICK)
    with jobs.lock_of(number):
        pass
    jobs.note_ended(number, jobs.DONE)
    jobs.delete(number)
    assert not list((home / "jobs").glob(f"{number}.*"))


def test_jobs_of_a_folder_that_cannot_be_written_are_listed(no_process, monkeypatch):
    number = jobs.submit(jobs.TRAIN, "a", QUICK)

    def refuses():
        raise ExplorerError("cannot be written")

    monkeypatch.setattr(database, "writing", refuses)
    assert [job.id for job in jobs.jobs()] == [number] == [jobs.job(number).id]
