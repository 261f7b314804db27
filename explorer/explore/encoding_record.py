"""What a folder of results was made of: only what is missing or has changed is encoded again."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from explorer.system.atomic_files import read, unwritable, write_text

FILE = "encoding.jsonl"
"""The settings in its first line, then a line for each result that was finished."""
_LARGEST = 2**30
"""Bytes of a record: one of a million results has a fifth of it."""


class EncodingRecord:
    """The record of a folder of results.

    A result counts as long as it and its source have the sizes, and the source the date, with
    which it was recorded.

    Args:
        folder: Of the results; need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self.settings: dict[str, Any] | None = None
        """With which the results were made; None without a record."""
        self.results: dict[str, dict[str, Any]] = {}
        """By the name of its file, what each was made of: `source`, `mark` and `bytes`."""
        with suppress(FileNotFoundError, NotADirectoryError):
            lines = list(_lines(self._path))
            settings = lines[0].get("settings") if lines else None
            if settings and isinstance(settings, dict):
                self.settings = settings
                self.results = {
                    line["result"]: line
                    for line in lines[1:]
                    if isinstance(line.get("result"), str)
                }

    def begin(self, settings: Mapping[str, Any]) -> None:
        """Starts a record without results.

        Raises:
            ExplorerError: If the folder cannot be written.
        """
        self.settings, self.results = dict(settings), {}
        write_text(self._path, json.dumps({"settings": settings}) + "\n")

    def add(self, result: Path, source: Path, mark: list[int]) -> None:
        """Records a finished result.

        Args:
            result: Its file.
            source: The file that it was made of.
            mark: That of the source before it was read.

        Raises:
            ExplorerError: If the folder cannot be written.
        """
        line = {"result": result.name, "source": source.name, "mark": mark}
        try:
            line["bytes"] = result.stat().st_size
            with self._path.open("a", encoding="utf-8") as file:  # a line is written in one piece
                file.write(json.dumps(line) + "\n")
        except OSError as error:
            raise unwritable(self._path, error) from None
        self.results[result.name] = line

    def has(self, result: Path, source: Path) -> bool:
        """Whether a result is there, and of its source as it is."""
        line = self.results.get(result.name, {})
        try:
            is_whole = result.is_file() and result.stat().st_size == line.get("bytes")
            is_same = line.get("source") == source.name and line.get("mark") == mark(source)
            return is_whole and is_same
        except OSError:
            return False  # a source that is gone is reported when it is encoded


def mark(source: Path) -> list[int]:
    """Changes with a file: its size in bytes, and its date in nanoseconds; empty without one."""
    try:
        status = source.stat()
    except OSError:
        return []
    return [status.st_size, status.st_mtime_ns]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """Its lines; the last may be cut off."""
    for line in read(path, _LARGEST).decode("utf-8", "replace").split("\n"):
        with suppress(ValueError, RecursionError):
            value = json.loads(line)
            if isinstance(value, dict):
                yield value
