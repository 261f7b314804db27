"""The runs this server has opened: what the HTTP routes may speak about."""

from threading import Lock
from typing import Any

_runs: dict[str, Any] = {}
_lock = Lock()


def remember(run: Any) -> None:
    """Let the routes answer for `run`, under its stamp."""
    with _lock:
        _runs.pop(run.stamp, None)
        # A run that was trained or drawn again is another one. The one before may still be looked
        # at in a tab; those before it would only fill the memory.
        former = [stamp for stamp, known in _runs.items() if known.folder == run.folder]
        for stamp in former[:-1]:
            del _runs[stamp]
        _runs[run.stamp] = run


def opened(stamp: str) -> Any | None:
    """The run with this stamp, or None: a stamp is looked up, never used as a path."""
    with _lock:
        return _runs.get(stamp)
