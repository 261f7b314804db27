"""A person's texts on the maps of other runs."""

from pathlib import Path

import numpy as np

from explorer.errors import ExplorerError
from explorer.explore.added_texts import AddedTexts, locate_texts
from explorer.explore.run import Run
from explorer.runs import folder as folders
from explorer.runs.names import check_name
from explorer.system import atomic_files
from explorer.system.cache import Cache
from explorer.system.progress import StageProgress
from explorer.text.read_file import read
from explorer.workspace import jobs, texts

_added: Cache[AddedTexts] = Cache(8)
_positions: "Cache[tuple[np.ndarray, np.ndarray]]" = Cache(8)


def path_of(run: Run, name: str) -> Path:
    """The file of a text's latent points in a run, of this state of its weights."""
    return (
        atomic_files.home()
        / "added"
        / folders.lasting_stamp(run.folder)
        / f"{check_name(name)}.npz"
    )


def add(run: Run, name: str, progress: StageProgress = lambda stage, fraction: None) -> AddedTexts:
    """Encodes a stored text with a run, and stores the result.

    Raises:
        ExplorerError: If there is no such text, or the run has no map.
    """
    added = locate_texts(run, read(texts.path_of(name), texts.TEXT).texts, progress)
    added.save(path_of(run, name))
    return added


def submit(run: str, name: str) -> int:
    """Queues the encoding of a stored text."""
    return jobs.submit(jobs.ADD, name, [["locate", run, name, "--stored"]])


def added_to(run: Run, name: str) -> AddedTexts | None:
    """A stored text on the map of a run; None if it has not been added to it.

    Raises:
        ExplorerError: If a file is damaged.
    """
    try:
        path, text = path_of(run, name), texts.path_of(name)
    except ExplorerError:  # no name that a text can have
        return None
    if not path.is_file() or not text.is_file():
        return None
    mark = path.stat().st_mtime_ns

    def load() -> AddedTexts:
        return AddedTexts.load(path, read(text, texts.TEXT).texts)

    return _added.get((run, name, mark), load)


def positions(run: Run, texts: AddedTexts, view: str) -> tuple[np.ndarray, np.ndarray]:
    """Map coordinates of added texts and distances to the nearest sentence, computed once."""
    return _positions.get((run, id(texts), view), lambda: texts.positions(run, view))
