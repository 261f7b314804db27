"""SIGTERM and SIGHUP end a command as Ctrl-C does: with a message and no partial result."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

HANGUP = getattr(signal, "SIGHUP", None)
"""SIGHUP, the terminal was closed; None on Windows."""


class Terminated(KeyboardInterrupt):
    """Raised for SIGTERM and SIGHUP."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def polite() -> list[int]:
    """The signals that ask a command to end; without SIGHUP if `nohup` ignores it."""
    if HANGUP is None or signal.getsignal(HANGUP) is signal.SIG_IGN:
        return [signal.SIGTERM]
    return [signal.SIGTERM, HANGUP]


@contextmanager
def heard() -> Iterator[None]:
    """Raises `Terminated` for these signals inside the block, in the main thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _raise) for number in polite()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def exit_code(interrupt: KeyboardInterrupt) -> int:
    """The exit code of a command ended by a signal."""
    return 128 + (interrupt.number if isinstance(interrupt, Terminated) else signal.SIGINT)


def _raise(number: int, frame: FrameType | None) -> None:
    if number == HANGUP:  # arrives twice, from the terminal and from its shell
        signal.signal(number, signal.SIG_IGN)
    raise Terminated(number)
