"""A polite `kill` ends a command as Ctrl-C does: with a word, and nothing half done."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

HANGUP = getattr(signal, "SIGHUP", None)
"""The terminal was closed, or the connection to it lost; Windows has no such signal."""


class Terminated(KeyboardInterrupt):
    """SIGTERM or SIGHUP arrived."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def polite() -> list[int]:
    """The signals that ask a command to end: not SIGHUP where `nohup` has it ignored."""
    if HANGUP is None or signal.getsignal(HANGUP) is signal.SIG_IGN:
        return [signal.SIGTERM]
    return [signal.SIGTERM, HANGUP]


@contextmanager
def heard() -> Iterator[None]:
    """They are `Terminated` for as long as this lasts; only a main thread hears signals."""
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
    """What a shell is told of a command that a signal ended."""
    return 128 + (interrupt.number if isinstance(interrupt, Terminated) else signal.SIGINT)


def _raise(number: int, frame: FrameType | None) -> None:
    if number == HANGUP:  # comes twice, of the terminal and of its shell; once is enough
        signal.signal(number, signal.SIG_IGN)
    raise Terminated(number)
