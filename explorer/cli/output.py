"""Output of the command line: results to stdout, everything else to stderr."""

import json
import re
import shutil
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from explorer.system.progress import StageProgress
from explorer.workspace.job_progress import ProgressFile

# Control characters and bidirectional marks. Joiners are harmless, and emoji and many scripts
# need them.
_COMMANDS = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    r"""Untrusted text on one line, with control characters escaped: `\x1b` for an escape."""
    return _COMMANDS.sub(lambda sign: sign[0].encode("unicode_escape").decode(), text)


def _lines(text: str) -> str:
    return "\n".join(map(visible, text.split("\n")))


def say(text: str = "") -> None:
    """Writes lines to standard output."""
    sys.stdout.write(f"{_lines(text)}\n")


def say_json(value: Any) -> None:
    """Writes one JSON value to standard output, on one line."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, default=str)
    # Only strings hold such characters, where JSON may escape them.
    text = _COMMANDS.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:  # the stream's own escapes would not be JSON
        text = json.dumps(value, allow_nan=False, default=str)
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def warn(text: str) -> None:
    """Writes lines to standard error."""
    sys.stdout.flush()
    _aside(f"{_lines(text)}\n")


def _aside(text: str) -> None:
    # A closed terminal must not keep a command from finishing or saving.
    with suppress(OSError):
        sys.stderr.write(text)
        sys.stderr.flush()


def table(header: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Formats aligned columns; those with an index in `right` are flush right."""
    lines = [[visible(text) for text in line] for line in (header, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]

    def cell(column: int, text: str) -> str:
        return text.rjust(widths[column]) if column in right else text.ljust(widths[column])

    return "\n".join(
        "  ".join(cell(column, text) for column, text in enumerate(line)).rstrip()
        for line in lines
    )


class Progress:
    """A status line: refreshed in place on a terminal, a plain line now and then elsewhere.

    Args:
        quiet: Writes nothing at all.
    """

    PLAIN_SECONDS = 10.0
    """Minimum time between two plain lines without `keep`."""

    def __init__(self, quiet: bool = False) -> None:
        self._quiet = quiet
        self._live = sys.stderr.isatty()
        self._last = -self.PLAIN_SECONDS
        self._pending = False
        self._file = ProgressFile.of_environment()

    def show(self, text: str, keep: bool = False) -> None:
        """Shows a status; with `keep` the line is not overwritten."""
        if self._file:
            self._file.show(text)
        self._show(text, keep)

    def report(self, report: Mapping[str, Any]) -> None:
        """Records a report of a training for the page, if that started this command."""
        if self._file:
            self._file.report(report)

    def live(self, frame: Mapping[str, Any]) -> None:
        """Replaces the map that the page shows of a training."""
        if self._file:
            self._file.live(frame)

    def result(self, result: Mapping[str, Any]) -> None:
        """Stores a command's answer for the page."""
        if self._file:
            self._file.result(result)

    @property
    def is_watched(self) -> bool:
        """Whether the page started this command."""
        return self._file is not None

    def _show(self, text: str, keep: bool = False) -> None:
        if self._quiet:
            return
        text = visible(text)
        if self._live:
            width = shutil.get_terminal_size().columns - 1
            shown = text if keep else text[:width]
            _aside("\r\x1b[K" + shown + ("\n" if keep else ""))
            self._pending = not keep
        elif keep or time.monotonic() - self._last >= self.PLAIN_SECONDS:
            self._last = time.monotonic()
            _aside(text + "\n")

    def stage(self) -> StageProgress:
        """A callback for the stages: (description, fraction done)."""

        def report(description: str, fraction: float) -> None:
            if self._file:
                self._file.show(description, description, fraction)
            self._show(f"{description} {min(fraction, 1.0):4.0%}")

        return report

    def clear(self) -> None:
        """Erases a line that was shown without `keep`."""
        if self._pending:
            _aside("\r\x1b[K")
            self._pending = False

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *error: object) -> None:
        self.clear()
