"""A computation in a thread of its own, with progress, that can be cancelled."""

from collections.abc import Callable
from threading import Event, Thread
from typing import Generic, TypeVar

Result = TypeVar("Result")


class CancelledError(Exception):
    """Raised inside a job by `report` after `cancel`."""


class Job(Generic[Result]):
    """A computation that starts at once and reports what fraction of it is done.

    Args:
        work: Called in a new thread with the job, whose `report` it calls now and then.
    """

    def __init__(self, work: Callable[["Job[Result]"], Result]) -> None:
        self.fraction = 0.0
        self.note = ""
        self.error: Exception | None = None
        self._result: list[Result] = []
        self._cancelled, self._done = Event(), Event()
        self._thread = Thread(target=self._run, args=[work], name="job", daemon=True)
        self._thread.start()

    def _run(self, work: Callable[["Job[Result]"], Result]) -> None:
        try:
            self._result.append(work(self))
        except CancelledError:
            pass
        except Exception as error:  # noqa: BLE001  raised again where the result is read
            self.error = error
        finally:
            self._done.set()

    def report(self, fraction: float, note: str = "") -> None:
        """Notes progress; ends the job if it was cancelled.

        Raises:
            CancelledError: After `cancel`.
        """
        if self._cancelled.is_set():
            raise CancelledError
        self.fraction = min(max(fraction, 0.0), 1.0)
        self.note = note or self.note

    def cancel(self) -> None:
        """Asks the job to end at its next report."""
        self._cancelled.set()

    @property
    def is_done(self) -> bool:
        """Whether it has ended, by a result, an error or a cancellation."""
        return self._done.is_set()

    def wait(self, seconds: float | None = None) -> bool:
        """Waits until it is done; whether it is."""
        return self._done.wait(seconds)

    @property
    def result(self) -> Result | None:
        """What it computed; None before, or if it was cancelled.

        Raises:
            Exception: What the computation raised.
        """
        if self.error is not None:
            raise self.error
        return self._result[0] if self._result else None
