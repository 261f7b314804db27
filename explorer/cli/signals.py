"""A polite `kill` ends a command as Ctrl-C does: with a word, and nothing half done."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Terminated(KeyboardInterrupt):
    """SIGTERM arrived."""


@contextmanager
def heard() -> Iterator[None]:
    """SIGTERM is `Terminated` for as long as this lasts; only a main thread hears signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _raise)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def exit_code(interrupt: KeyboardInterrupt) -> int:
    """What a shell is told of a command that a signal ended."""
    is_terminated = isinstance(interrupt, Terminated)
    return 128 + (signal.SIGTERM if is_terminated else signal.SIGINT)


def _raise(number: int, frame: FrameType | None) -> None:
    raise Terminated
