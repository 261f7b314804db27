"""The lock of a run: one command at a time trains it, replaces its recipe or writes results."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from explorer.errors import ExplorerError
from explorer.runs import folder as folders
from explorer.system import distributed, temporary_files
from explorer.system.atomic_files import unwritable

FILE = ".lock"
"""Is not removed: another process may be waiting for it."""

BEFORE, AFTER = 5.0, 60.0
"""Seconds a stage waits for the lock, before and after its work."""


@contextmanager
def alone_with(folder: Path, patience: float = 0.0) -> Iterator[None]:
    """Locks a run against other commands inside the block.

    The lock ends with the process, however that ends. Of several processes rank 0 holds it. It is
    reentrant.

    Args:
        folder: The run folder.
        patience: Seconds to wait for the lock.

    Raises:
        ExplorerError: If another command holds it, or the folder cannot be written.
    """
    # One object per path, so that the stages of `explorer train` share its lock.
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
    """The checksum of the weights a stage is about to use.

    Called before they are loaded: an unwritable run is refused before the work, and weights that
    change while they are loaded are noticed after it.

    Raises:
        ExplorerError: If the run has none, is being trained, or cannot be written.
    """
    folders.weights_of(folder)
    with alone_with(folder, BEFORE):
        return _checksum(folder)


@contextmanager
def still_with(folder: Path, weights: str) -> Iterator[None]:
    """`alone_with` a run, to write results computed from these weights.

    Raises:
        ExplorerError: If its weights have changed, or it is being trained.
    """
    with alone_with(folder, AFTER):
        if _checksum(folder) != weights:
            raise ExplorerError(
                f"{folder} was trained again in the meantime: results computed from its old "
                "weights are discarded; run the same command again for the new ones"
            )
        yield


def _checksum(folder: Path) -> str:
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
    for inside in (folder, folder / folders.STATE):
        temporary_files.remove_abandoned(inside)
    return True
