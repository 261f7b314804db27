"""The work on a large map in parts, each saved when finished, so that a killed command goes on.

A part is a safetensors file in `map-parts/` of the run folder, which stays until a map is written.
Interrupted or not, the same parts are computed, so the map is the same.
"""

import hashlib
import json
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
from explorer.system.atomic_files import unwritable, write_text

FOLDER = "map-parts"
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
        progress: Callable[[str, float], None],
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

    They are saved where there are several and no other command saves some.

    Args:
        folder: Of the run.
        sentences: On the map.
        depends_on: A JSON value that fixes the parts; those of another are removed.

    Raises:
        ExplorerError: If the disk is full or the folder cannot be written.
    """
    key = hashlib.sha256(json.dumps([SENTENCES, depends_on]).encode()).hexdigest()
    are_saved = sentences > SENTENCES
    lock = _locked(folder, key) if are_saved or (folder / FOLDER).exists() else None
    try:
        yield MapParts(folder / FOLDER, key) if lock and are_saved else MapParts()
        if lock:
            _discard(folder)
    finally:
        if lock:
            lock.release()


def _locked(folder: Path, key: str) -> FileLock | None:
    """The lock of the folder of parts, which holds none of another key; None if it is taken."""
    target = folder / FOLDER
    lock = FileLock(target / ".lock", blocking=False)
    try:
        if target.is_symlink():
            _discard(folder)
        target.mkdir(exist_ok=True)
        lock.acquire()
        if _key_in(target) not in ("", key):
            _discard(folder)
            lock.release()
            target.mkdir()
            lock.acquire()
        temporary_files.remove_abandoned(target)
        write_text(target / "key", key)
    except Timeout:
        return None
    except OSError as error:
        lock.release()
        raise unwritable(target, error) from None
    return lock


def _key_in(target: Path) -> str:
    with suppress(FileNotFoundError), (target / "key").open(errors="replace") as file:
        return file.read(100)
    return ""


def _discard(folder: Path) -> None:
    """Removes the parts in one step: none is taken for one of the next map."""
    with temporary_files.scratch_folder(folder) as scratch, suppress(FileNotFoundError):
        (folder / FOLDER).rename(scratch / FOLDER)
