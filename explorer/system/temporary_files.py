"""Temporary files and folders, which a later command removes if their process was killed.

Each is locked while its process lives, so that no living one is removed, whatever ended the other.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # on Windows, which refuses to remove open files
    fcntl = None

_SUFFIX = ".tmp"
_FILE = re.compile(r"\.(?P<name>.+)\.[a-z0-9_]{8}\.tmp", re.DOTALL)
_FOLDER = re.compile(r"\.tmp-[a-z0-9_]{8}")


def create(path: Path) -> tuple[int, Path]:
    """Creates a locked temporary file beside `path`; returns its open descriptor and its path."""
    while True:
        handle, name = tempfile.mkstemp(_SUFFIX, f".{path.name}.", path.parent)
        if _is_locked_at(handle, Path(name)):
            return handle, Path(name)
        os.close(handle)  # another process took it for an abandoned one


REPLACED = ".replaced"
"""A subfolder of a scratch folder for what is replaced. However the process ends, it goes back
unless something stands there by then."""


@contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """A temporary folder in `parent`, removed at the end; first removes abandoned ones there.

    Args:
        parent: A folder that exists.
    """
    _remove(parent, _FOLDER)
    while True:
        folder = Path(tempfile.mkdtemp(prefix=".tmp-", dir=parent))
        handle = _opened(folder)
        if handle is None or _is_locked_at(handle, folder):
            break
        os.close(handle)
    try:
        yield folder
    finally:
        try:
            with suppress(OSError):
                _put_back(folder)
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            if handle is not None:
                os.close(handle)


def remove_abandoned(folder: Path, name: str = "") -> None:
    """Removes what killed processes left in a folder.

    Args:
        folder: Where to look; subfolders are not searched.
        name: Removes only temporary versions of the file with this name.
    """
    _remove(folder, _FILE, name)
    if not name:
        _remove(folder, _FOLDER)


def _put_back(scratch: Path) -> None:
    """Puts back what was replaced by nothing."""
    for former in (scratch / REPLACED).glob("*"):
        target = scratch.parent / former.name
        if not target.exists():
            former.rename(target)


def _remove(parent: Path, pattern: re.Pattern[str], name: str = "") -> None:
    with suppress(OSError):  # a folder that cannot be listed
        for item in list(parent.iterdir()):
            match = pattern.fullmatch(item.name)
            if match and (not name or match["name"] == name):
                with suppress(OSError):
                    _remove_one(item)


def _remove_one(item: Path) -> None:
    if item.is_symlink():
        return  # none of ours
    handle = _opened(item)
    if handle is None:
        if item.is_file():
            item.unlink()
        return
    try:
        if not _is_locked(handle):
            return
        if item.is_dir():
            _put_back(item)
            shutil.rmtree(item)
        else:
            item.unlink()
    finally:
        os.close(handle)


def _opened(item: Path) -> int | None:
    """A descriptor to lock a file or folder by; None where there are no such locks."""
    if fcntl is None:
        return None
    return os.open(item, os.O_RDONLY | os.O_NONBLOCK)


def _is_locked_at(handle: int, item: Path) -> bool:
    """Locks a new file or folder; False if it was removed before it was locked."""
    if fcntl is None:
        return True
    with suppress(OSError):  # a file system without locks, where nothing is ever removed
        fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        return os.path.samestat(item.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def _is_locked(handle: int) -> bool:
    """Whether the lock could be taken: the process that created it is gone."""
    assert fcntl is not None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
