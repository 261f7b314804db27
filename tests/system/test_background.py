"""A computation in the background reports, ends, fails and is cancelled."""

from threading import Event

import pytest

from explorer.system.background import Job


def test_a_job_has_its_result_when_it_is_done() -> None:
    go = Event()

    def work(job: Job[int]) -> int:
        job.report(0.5, "half")
        go.wait(10)
        return 7

    job = Job(work)
    assert not job.wait(0.05) and job.result is None
    go.set()
    assert job.wait(10) and job.is_done
    assert (job.result, job.fraction, job.note) == (7, 0.5, "half")


def test_a_cancelled_job_ends_at_its_next_report_without_a_result() -> None:
    go, after = Event(), []

    def work(job: Job[None]) -> None:
        go.wait(10)
        job.report(0.1)
        after.append("reached")

    job = Job(work)
    job.cancel()
    go.set()
    assert job.wait(10) and job.is_done
    assert job.result is None and not after


def test_what_the_computation_raises_is_raised_where_its_result_is_read() -> None:
    def work(job: Job[None]) -> None:
        raise ValueError("no")

    job = Job(work)
    assert job.wait(10)
    with pytest.raises(ValueError, match="no"):
        _ = job.result


def test_progress_stays_between_0_and_1() -> None:
    def work(job: Job[float]) -> float:
        job.report(-3.0)
        low = job.fraction
        job.report(9.0)
        return low

    job = Job(work)
    assert job.wait(10)
    assert (job.result, job.fraction) == (0.0, 1.0)
