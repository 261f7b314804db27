"""The SQLite database of a person's jobs and notes, in the user's data folder.

Several processes share it: any number read, one writes at a time (WAL). What is committed survives
whatever ends the process.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from explorer.errors import ExplorerError
from explorer.system import atomic_files

VERSION = 1
"""Of the tables, written in the database. A later one adds to `_UPGRADES`."""

_BUSY = 30.0  # seconds to wait for another process that writes
_JOBS = """
CREATE TABLE IF NOT EXISTS jobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  steps TEXT NOT NULL,
  state TEXT NOT NULL,
  pid INTEGER NOT NULL DEFAULT 0,
  created REAL NOT NULL,
  started REAL NOT NULL DEFAULT 0,
  ended REAL NOT NULL DEFAULT 0,
  message TEXT NOT NULL DEFAULT ''
)"""
_NOTES = """
CREATE TABLE notes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  run TEXT NOT NULL,
  page TEXT NOT NULL,
  address TEXT NOT NULL,
  title TEXT NOT NULL,
  note TEXT NOT NULL,
  tags TEXT NOT NULL,
  created REAL NOT NULL,
  changed REAL NOT NULL,
  deleted REAL NOT NULL DEFAULT 0
)"""
_UPGRADES = ((_JOBS, _NOTES),)
"""What makes each version of the one before; a database of jobs alone has version 0."""


def path() -> Path:
    """The file."""
    return atomic_files.home() / "jobs" / "jobs.sqlite"


def stamp() -> tuple[int, ...]:
    """Changes whenever anything in the database does."""
    times = []
    for file in (path(), path().with_name("jobs.sqlite-wal")):
        with suppress(OSError):
            state = file.stat()
            times += [state.st_mtime_ns, state.st_size]
    return tuple(times)


@contextmanager
def writing() -> Iterator[sqlite3.Connection]:
    """A connection in one transaction that may write; one process writes at a time.

    Raises:
        ExplorerError: If the database cannot be written; then nothing of the block is.
    """
    file = path()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        base = sqlite3.connect(file, timeout=_BUSY, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise _unusable(error) from None
    try:
        base.row_factory = sqlite3.Row
        base.execute("PRAGMA journal_mode = WAL")
        base.execute("BEGIN IMMEDIATE")
        _upgrade(base)
        yield base
        base.execute("COMMIT")
    except sqlite3.Error as error:
        raise _unusable(error) from None
    finally:
        base.close()  # rolls back what was not committed


@contextmanager
def reading() -> Iterator[sqlite3.Connection | None]:
    """A connection that only reads, also in a folder that cannot be written; None without a file.

    Raises:
        ExplorerError: If the database cannot be read.
    """
    if not path().is_file():
        yield None
        return
    base = _open_to_read()
    try:
        base.row_factory = sqlite3.Row
        _check_version(base)
        yield base
    except sqlite3.Error as error:
        raise _unusable(error) from None
    finally:
        base.close()


def _open_to_read() -> sqlite3.Connection:
    # Where no file beside the database can be made, WAL needs it to be called immutable.
    for mode in ("mode=ro", "mode=ro&immutable=1"):
        base = None
        try:
            base = sqlite3.connect(
                f"{path().absolute().as_uri()}?{mode}", _BUSY, isolation_level=None, uri=True
            )
            base.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            return base
        except sqlite3.Error as error:
            if base is not None:
                base.close()
            last = error
    raise _unusable(last)


def has_notes(base: sqlite3.Connection) -> bool:
    """Whether the table of notes was made: not by the versions that had jobs alone."""
    return _version(base) >= 1


def _version(base: sqlite3.Connection) -> int:
    return int(base.execute("PRAGMA user_version").fetchone()[0])


def _check_version(base: sqlite3.Connection) -> int:
    version = _version(base)
    if version > VERSION:
        raise ExplorerError(
            f"{path()} was written by a newer version of explorer ({version}, this one reads "
            f"{VERSION}): update explorer, or set EXPLORER_HOME to another folder"
        )
    return version


def _upgrade(base: sqlite3.Connection) -> None:
    version = _check_version(base)
    for statements in _UPGRADES[version:]:
        for statement in statements:
            base.execute(statement)
    if version < VERSION:
        base.execute(f"PRAGMA user_version = {VERSION}")


def _unusable(error: Exception) -> ExplorerError:
    """What is wrong with the database, and what to do."""
    reason = str(error)
    if "full" in reason or getattr(error, "errno", None) == 28:
        return ExplorerError(
            f"the disk is full: nothing was saved in {path()}; free some space and try again"
        )
    if "readonly" in reason or "unable to open" in reason or isinstance(error, OSError):
        return ExplorerError(
            f"{path()} cannot be written ({reason}): nothing was saved; give your user write "
            "access, or set EXPLORER_HOME to a writable folder"
        )
    return ExplorerError(f"{path()} cannot be used: {reason}")
