"""One `explorer train` a run at a time, and none while its recipe is replaced."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from explorer import processes
from explorer.errors import ExplorerError
from explorer.files import unwritable

FILE = ".lock"
"""Stays behind: who took it away could take it from somebody who waits for it."""


@contextmanager
def alone_with(folder: Path) -> Iterator[None]:
    """Keeps other commands from training this run for as long as this lasts.

    The system forgets the lock with the process, however that ends; of several processes that
    train together the first holds it.

    Raises:
        ExplorerError: If another command holds it, or the folder cannot be written.
    """
    lock = FileLock(folder / FILE)
    if not processes.agreed(not processes.is_first() or _is_taken(lock, folder)):
        raise ExplorerError(
            f"{folder} is being trained by another `explorer train`: stop that one, or wait for it"
        )
    try:
        yield
    finally:
        lock.release()


def _is_taken(lock: FileLock, folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        return False
    except OSError as error:
        raise unwritable(folder / FILE, error) from None
    return True
