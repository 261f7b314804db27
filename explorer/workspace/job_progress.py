"""The progress of a job, in files that its process writes and the page reads."""

import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explorer.errors import ExplorerError
from explorer.system import atomic_files

VARIABLE = "EXPLORER_PROGRESS"
"""The environment variable with the file that a command writes its progress to."""

_SECONDS = 0.3
"""Minimum time between two writes of one stage."""
_MAX_BYTES = 2**24


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a job stands."""

    text: str = ""
    stage: str = ""
    fraction: float | None = None
    """Of the stage."""


class ProgressFile:
    """Writes progress; `reports` beside it gets a line for every report of a training."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last = 0.0
        self._stage = ""

    @classmethod
    def of_environment(cls) -> "ProgressFile | None":
        """The file that the environment names; None if it names none."""
        path = os.environ.get(VARIABLE)
        return cls(Path(path)) if path else None

    def show(self, text: str, stage: str = "", fraction: float | None = None) -> None:
        """Replaces the progress, unless the same stage was written a moment ago."""
        now = time.monotonic()
        if stage == self._stage and now - self._last < _SECONDS:
            return
        self._stage, self._last = stage, now
        content = json.dumps({"text": text, "stage": stage, "fraction": fraction})
        with suppress(ExplorerError):  # progress must not end a command
            atomic_files.write_text(self._path, content)

    def report(self, report: Mapping[str, Any]) -> None:
        """Appends a report."""
        with suppress(OSError), reports_path(self._path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(report) + "\n")

    def result(self, result: Mapping[str, Any]) -> None:
        """Replaces the answer of a command that has one."""
        _replace(result_path(self._path), result)

    def live(self, frame: Mapping[str, Any]) -> None:
        """Replaces what a training shows of its latent space."""
        _replace(live_path(self._path), frame)


def _replace(path: Path, content: Mapping[str, Any]) -> None:
    with suppress(ExplorerError):
        atomic_files.write_text(path, json.dumps(content))


def result_path(path: Path) -> Path:
    """The file of a command's answer beside a progress file."""
    return path.with_suffix(".result.json")


def live_path(path: Path) -> Path:
    """The file of a training's latest map beside a progress file."""
    return path.with_suffix(".live.json")


def beside(path: Path) -> tuple[Path, ...]:
    """All files beside a progress file."""
    return (reports_path(path), result_path(path), live_path(path))


def read_json(path: Path) -> dict[str, Any] | None:
    """A file that a job replaces; None before the first."""
    try:
        content = json.loads(atomic_files.read(path, _MAX_BYTES))
    except (OSError, ValueError, ExplorerError):
        return None
    return content if isinstance(content, dict) else None


def reports_path(path: Path) -> Path:
    """The file of reports beside a progress file."""
    return path.with_suffix(".reports.jsonl")


def read(path: Path) -> Progress:
    """The last progress; empty before the first."""
    try:
        return Progress(**json.loads(atomic_files.read(path, _MAX_BYTES)))
    except (OSError, ValueError, TypeError, ExplorerError):
        return Progress()


def read_reports(path: Path) -> list[dict[str, Any]]:
    """The reports so far; after a resumed training those of its last session win."""
    try:
        lines = atomic_files.read(reports_path(path), _MAX_BYTES).decode().splitlines()
    except (OSError, ValueError, ExplorerError):
        return []
    reports: list[dict[str, Any]] = []
    for line in lines:
        try:
            report = json.loads(line)
            step = report["step"]
        except (ValueError, KeyError, TypeError):
            continue  # cut short by a kill
        while reports and reports[-1]["step"] >= step:
            reports.pop()
        reports.append(report)
    return reports
