"""From a stored text to a map of it, with the weights of the run that knows it best."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from explorer import config as configs
from explorer.errors import ExplorerError
from explorer.explore import text_fit
from explorer.explore.run import open_run
from explorer.pipeline import borrow, draw_map
from explorer.runs import folder as folders
from explorer.runs.names import check_name
from explorer.system import temporary_files
from explorer.system.atomic_files import unwritable
from explorer.text.read_file import read
from explorer.workspace import texts, timings

Progress = Callable[[str, float], None]
"""Called with a stage and the fraction of it that is done."""

STAGES = {
    "choosing a run": 10,
    "encoding": 5,
    "scoring": 10,
    "reconstructing": 10,
    "neighbours": 45,
    "layout": 15,
    "trustworthiness": 3,
    "naming": 2,
}
"""The stages in order, each with its usual part of the time, in hundredths."""


def open_text(
    name: str, base: str = "", progress: Progress = lambda stage, fraction: None
) -> Path:
    """Draws a map of a stored text; the run appears complete or not at all.

    Args:
        name: Of the text, and so of the run.
        base: The run whose weights it gets; empty for the one that fits best.
        progress: Called with a stage of `STAGES` and the fraction of it that is done.

    Returns:
        The run's folder.

    Raises:
        ExplorerError: If there is no such text, it has too few different sentences, or no run can
            be opened.
    """
    path = texts.path_of(check_name(name))
    target = folders.users() / name
    if _is_drawn(target, path):  # by a job that was killed before it could say so
        with _scratch():
            return target
    label = texts.LABEL if path.is_file() and texts.has_labels(name) else ""
    sentences = read(path, texts.TEXT, label).texts
    sample = text_fit.sampled(sentences)
    progress("choosing a run", 0.0)
    chosen = folders.find(base) if base else text_fit.best_run(sample, progress)
    run = open_run(chosen)
    if run.kind != "VAE":
        raise ExplorerError(f"{run.name} is a {run.kind}: choose a sentence VAE")
    domain = run.domain
    corpus = run.config.corpus
    lowercase, split = text_fit.tokenisation(corpus)
    text = borrow.Text(
        path=path.resolve(),
        title=texts.title_of(name),
        label_column=label,
        lowercase=lowercase,
        split_punctuation=split,
    )
    with _scratch() as scratch:
        folder = scratch / name
        limit, count = (0.0, 0) if domain is None else (domain.limit, domain.n)
        borrow.borrow(chosen, folder, text, limit, count)
        with timings.measured(timings.MAP, len(sentences)):
            draw_map.make_atlas(folder, 0, progress)
        try:
            folder.rename(target)
        except OSError as error:
            if target.exists():
                raise ExplorerError(f"there is already a run {name!r}") from None
            raise unwritable(target, error) from None
    return target


def _is_drawn(folder: Path, path: Path) -> bool:
    """Whether a run is the finished map of the sentences in a file."""
    if not (folder / folders.ATLAS).is_file():
        return False
    config = configs.read(folder / folders.CONFIG)
    return configs.is_borrowed(config) and config.corpus.path == str(path.resolve())


def overall(stage: str, fraction: float) -> float:
    """The fraction of the whole that is done."""
    done = 0
    for name, part in STAGES.items():
        if name == stage:
            return (done + part * min(max(fraction, 0.0), 1.0)) / sum(STAGES.values())
        done += part
    return 0.0


def _scratch() -> AbstractContextManager[Path]:
    """A temporary folder beside the runs."""
    root = folders.users()
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(root, error) from None
    return temporary_files.scratch_folder(root)
