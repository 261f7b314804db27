"""Atomic writes, bounded reads, and the user's data folder."""

import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from explorer.errors import ExplorerError
from explorer.system import temporary_files


def home() -> Path:
    """The folder of downloads and registered runs: `EXPLORER_HOME`, or the user's data folder."""
    chosen = os.environ.get("EXPLORER_HOME")
    if chosen:
        return Path(chosen).expanduser()  # a shell expands ~, a file of settings does not
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "text-latent-explorer"


def read(path: Path, most: int) -> bytes:
    """Reads a whole untrusted file: a regular one of at most `most` bytes.

    Raises:
        FileNotFoundError: If there is none.
        ExplorerError: If it is larger, is no plain file, is a link elsewhere, or may not be read.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would block
            raise ExplorerError(f"{path} is not a regular file: copy the run again")
        check_in_folder(path)
        with path.open("rb") as file:
            data = file.read(most + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise unreadable(path, error) from None
    if len(data) > most:
        raise ExplorerError(f"{path} is larger than the maximum of {most:,} bytes")
    return data


def check_in_folder(path: Path) -> None:
    """Checks that a file of a run is not a link out of its folder, to any file of this machine.

    Raises:
        ExplorerError: If it is one.
    """
    if path.is_symlink() and Path(os.path.realpath(path)).parent != Path(
        os.path.realpath(path.parent)
    ):
        raise ExplorerError(
            f"{path} is a link out of its folder: replace it with the file itself, if you trust it"
        )


def _mode() -> int:
    """The mode of new files; read once, because reading the umask changes it for a moment."""
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


_MODE = _mode()


def write(path: Path, fill: Callable[[IO[bytes]], object]) -> None:
    """Writes a file atomically: fills a temporary file beside it, then renames that.

    Raises:
        ExplorerError: If the disk is full or the folder cannot be written.
    """
    with atomic_write(path) as file:
        _fill(path, file, fill)


def write_output(path: Path, fill: Callable[[IO[bytes]], object]) -> None:
    """`write` to a path given by a person; see `open_output`."""
    with open_output(path) as file:
        _fill(path, file, fill)


def _fill(path: Path, file: IO[bytes], fill: Callable[[IO[bytes]], object]) -> None:
    try:
        fill(file)
    except OSError as error:
        raise unwritable(path, error) from None


def write_text(path: Path, text: str) -> None:
    """Writes UTF-8 text atomically."""
    write(path, lambda file: file.write(text.encode("utf-8")))


@contextmanager
def atomic_write(path: Path) -> Iterator[IO[bytes]]:
    """A temporary file beside `path`, which replaces it if the block succeeds.

    Raises:
        ExplorerError: If the disk is full or the folder cannot be written. Errors raised in the
            block propagate.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary_files.remove_abandoned(path.parent, path.name)
        handle, new = temporary_files.create(path)
    except OSError as error:
        raise unwritable(path, error) from None
    file = os.fdopen(handle, "wb")
    try:
        yield file
        try:
            file.flush()
            os.fsync(file.fileno())
            new.chmod(_MODE)
            if sys.platform == "win32":  # which renames no open file
                file.close()
            new.replace(path)
        except OSError as error:
            raise unwritable(path, error) from None
    finally:
        # Closing flushes and fails again on a full disk: report the first error only.
        with suppress(OSError):
            file.close()
        new.unlink(missing_ok=True)


@contextmanager
def open_output(path: Path) -> Iterator[IO[bytes]]:
    """`atomic_write` to a path given by a person.

    A link is followed and its target replaced; a device or pipe is written to. Not for the files
    of a run, where a link could lead anywhere.
    """
    if path.exists() and not path.is_file():
        with _pouring(path) as file:
            yield file
    else:
        with atomic_write(Path(os.path.realpath(path))) as file:
            yield file


@contextmanager
def _pouring(path: Path) -> Iterator[IO[bytes]]:
    """A temporary file, copied to a device or pipe at the end: many formats cannot stream."""
    try:
        stream = path.open("wb")
    except OSError as error:
        raise unwritable(path, error) from None
    try:
        with tempfile.TemporaryFile() as file:
            yield file
            try:
                file.seek(0)
                shutil.copyfileobj(file, stream)
                stream.close()
            except OSError as error:
                raise unwritable(path, error) from None
    finally:
        with suppress(OSError):
            stream.close()


def unreadable(path: Path, error: OSError) -> ExplorerError:
    """The error for a file that could not be read."""
    return ExplorerError(
        f"{path} cannot be read: {error.strerror or error}; change its permissions, or copy it "
        "again"
    )


def unwritable(path: Path, error: OSError) -> ExplorerError:
    """The error for a file that could not be written."""
    note = "; the previous file is unchanged" if path.is_file() else ""
    return ExplorerError(f"cannot write {path}: {error.strerror or error}{note}")
