"""The work on a large map in parts, each saved when finished, so that a killed command goes on.

A part is a safetensors file in the user's data folder, where no run from elsewhere can put one.
It stays until the map is written, or the run is gone. Interrupted or not, the same parts are
computed, so the map is the same.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from filelock import FileLock, Timeout

from explorer.errors import ExplorerError
from explorer.runs.weights import read_tensors, write_tensors
from explorer.system import temporary_files
from explorer.system.atomic_files import home, write_text
from explorer.system.progress import StageProgress

FOLDER = "map-parts"
_ABOUT = "about.json"
SENTENCES = 20_000
"""In a part; the work on so many is a minute or two."""

Arrays = dict[str, np.ndarray]
Part = tuple[Arrays, Any]
"""Arrays by name, and a JSON value."""


class MapParts:
    """The parts of one map.

    Args:
        folder: Of the files; None saves nothing.
        key: Of everything that the parts depend on: those of another key are not read.
    """

    def __init__(self, folder: Path | None = None, key: str = "") -> None:
        self._folder, self._key = folder, key

    def get(self, name: str, compute: Callable[[], Part]) -> Part:
        """A part that was saved, or else `compute` of it, saved.

        Raises:
            ExplorerError: If the disk is full or the folder cannot be written.
        """
        if self._folder is None:
            return compute()
        path = self._folder / f"{name}.safetensors"
        with suppress(ExplorerError, ValueError, KeyError, TypeError):
            tensors, text = read_tensors(path)
            about = json.loads(text)
            if about["key"] == self._key:
                return {key: value.numpy() for key, value in tensors.items()}, about["value"]
        arrays, value = compute()
        write_tensors(
            path,
            {key: torch.from_numpy(np.ascontiguousarray(item)) for key, item in arrays.items()},
            json.dumps({"key": self._key, "value": value}),
        )
        return arrays, value

    def in_turn(
        self,
        stage: str,
        count: int,
        compute: Callable[[slice, Callable[[int], None]], Part],
        progress: StageProgress,
    ) -> list[Part]:
        """The parts of a stage that treats every sentence, in order.

        Args:
            stage: Its name.
            count: The number of sentences, at least one.
            compute: From the sentences of a part, and a function that receives the number of
                sentences just treated, to the part.
            progress: Called with the stage and the fraction of its sentences that are done.
        """
        parts, done = [], 0

        def treated(more: int) -> None:
            nonlocal done
            done += more
            progress(stage, min(1.0, done / count))

        for start in range(0, count, SENTENCES):
            part = slice(start, min(start + SENTENCES, count))
            parts.append(self.get(f"{stage}-{start}", lambda part=part: compute(part, treated)))
            treated(part.stop - done)
        return parts


@contextmanager
def map_parts(folder: Path, sentences: int, depends_on: Any) -> Iterator[MapParts]:
    """The parts of a run's map, removed once the block has written it.

    They are saved where there are several, no other command saves some, and the user's data
    folder can be written.

    Args:
        folder: Of the run.
        sentences: On the map.
        depends_on: A JSON value that fixes the parts; those of another are removed.
    """
    key = hashlib.sha256(json.dumps([SENTENCES, depends_on]).encode()).hexdigest()
    target = folder_of(folder)
    are_saved = sentences > SENTENCES
    are_left = os.path.exists(target)  # noqa: PTH110 - False, not an error, if unreadable
    lock = _locked(target, folder, key) if are_saved or are_left else None
    try:
        yield MapParts(target, key) if lock and are_saved else MapParts()
        if lock:
            _discard(target)
    finally:
        if lock:
            lock.release()


def folder_of(folder: Path) -> Path:
    """Where the parts of a run's map are."""
    path = os.path.realpath(folder)
    return home() / FOLDER / hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()


def _locked(target: Path, folder: Path, key: str) -> FileLock | None:
    """The lock of a folder of parts, which holds none of another key.

    None if another command holds it, or the folder cannot be written.
    """
    lock = FileLock(target / ".lock", blocking=False)
    about = {"run": os.path.realpath(folder), "key": key}
    try:
        target.mkdir(parents=True, exist_ok=True)
        _remove_orphans(target.parent)
        lock.acquire()
        if _about(target) not in ({}, about):
            _discard(target)
            lock.release()
            target.mkdir()
            lock.acquire()
        temporary_files.remove_abandoned(target)
        write_text(target / _ABOUT, json.dumps(about))
    except (Timeout, OSError, ExplorerError):
        lock.release()
        return None
    return lock


def _about(target: Path) -> dict[str, str]:
    """The run and the key of a folder of parts."""
    with suppress(OSError, ValueError):
        return dict(json.loads((target / _ABOUT).read_text("utf-8")))
    return {}


def _remove_orphans(parts: Path) -> None:
    """Removes the parts of runs that are gone."""
    for target in parts.iterdir():
        run = _about(target).get("run")
        if run is not None and not Path(run).exists():
            _discard(target)


def _discard(target: Path) -> None:
    """Removes parts in one step: none is taken for one of the next map."""
    with temporary_files.scratch_folder(target.parent) as scratch, suppress(FileNotFoundError):
        target.rename(scratch / target.name)
