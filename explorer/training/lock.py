"""One command at a time writes a run."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from explorer import processes
from explorer.errors import ExplorerError

FILE = ".lock"


@contextmanager
def alone_with(folder: Path) -> Iterator[None]:
    """Keeps other commands from training this run for as long as this lasts.

    The system forgets the lock with the process, however that ends; of several processes that
    train together the first holds it.

    Raises:
        ExplorerError: If another command holds it, or the folder cannot be written.
    """
    lock = FileLock(folder / FILE)
    if not processes.agreed(not processes.is_first() or _is_taken(lock)):
        raise ExplorerError(
            f"{folder} is being trained by another `explorer train`: stop that one, or wait for it"
        )
    try:
        yield
    finally:
        if lock.is_locked:
            with suppress(OSError):  # Windows keeps files that are open
                (folder / FILE).unlink()
        lock.release()


def _is_taken(lock: FileLock) -> bool:
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    return True
