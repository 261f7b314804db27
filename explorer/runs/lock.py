"""One command at a time trains a run, replaces its recipe, or writes what was computed of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from explorer.errors import ExplorerError
from explorer.runs import folder as folders
from explorer.system import distributed
from explorer.system.atomic_files import unwritable

FILE = ".lock"
"""Stays behind: who took it away could take it from somebody who waits for it."""

BEFORE, AFTER = 5.0, 60.0
"""Seconds a stage waits for one that is just writing: before its work, and when it is done."""


@contextmanager
def alone_with(folder: Path, patience: float = 0.0) -> Iterator[None]:
    """Keeps other commands from training this run for as long as this lasts.

    The system forgets the lock with the process, however that ends; of several processes that
    train together the first holds it. Who holds it may take it again.

    Args:
        folder: Of the run.
        patience: Seconds to wait for who holds it.

    Raises:
        ExplorerError: If another command holds it, or the folder cannot be written.
    """
    # One object a path, so that `explorer train` does not shut its own stages out.
    lock = FileLock(folder.resolve() / FILE, is_singleton=True)
    if not distributed.broadcast(not distributed.is_first() or _is_taken(lock, folder, patience)):
        raise ExplorerError(
            f"{folder} is being trained by another `explorer train`: stop that one, or wait for it"
        )
    try:
        yield
    finally:
        lock.release()


def weights_of(folder: Path) -> str:
    """Names the weights a stage is about to work on.

    Asked before they are loaded: what could not be written is then refused before the work, and
    weights that change while they are loaded are noticed after it.

    Raises:
        ExplorerError: If there are none, or the run is being trained, or cannot be written.
    """
    folders.weights_of(folder)
    with alone_with(folder, BEFORE):
        return _sealed(folder)


@contextmanager
def still_with(folder: Path, weights: str) -> Iterator[None]:
    """`alone_with` a run, to write what was computed of these weights.

    Raises:
        ExplorerError: If it has others now, or is being trained.
    """
    with alone_with(folder, AFTER):
        if _sealed(folder) != weights:
            raise ExplorerError(
                f"{folder} was trained again meanwhile: what was computed of the weights it had "
                "is not kept; the same command does it for the new ones"
            )
        yield


def _sealed(folder: Path) -> str:
    has_sums = (folder / folders.SUMS).is_file()
    return folders.checksums(folder).get(folders.WEIGHTS, "") if has_sums else ""


def _is_taken(lock: FileLock, folder: Path, patience: float) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=patience)
    except Timeout:
        return False
    except OSError as error:
        raise unwritable(folder / FILE, error) from None
    return True
