"""The runs of this server: listed, opened once, warmed, and known to the HTTP routes."""

import functools
import gc
import math
import os
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from explorer import config
from explorer.errors import ExplorerError
from explorer.evaluation.verdict import YES, uses_z, value_of
from explorer.explore import run_choice
from explorer.explore.run import Run, open_run
from explorer.explore.run_choice import Record
from explorer.models.decoding_settings import Decoding
from explorer.runs import folder as folders
from explorer.system.cache import Cache, forget

_runs: dict[str, Any] = {}
"""By stamp, the last used at the end."""
_folders: dict[str, Path] = {}
"""Of all runs that were opened, by stamp: one that was closed is opened again."""
_marks: dict[str, int] = {}
_MOST_OPEN = 24
"""Runs in memory at once, each with its model, map and texts."""
_lock = Lock()
_opening = Lock()
_more_exact: Cache[tuple[str, float, float] | None] = Cache(32)
FIRST = "EXPLORER_RUN"
"""The environment variable with the run that the page opens on."""
Standing = tuple[bool, bool, bool, float]
"""What speaks against showing a run first; the least comes first."""
_LAST: Standing = (True, True, True, math.inf)
_LISTED = (
    *(folders.CONFIG, folders.SUMS, folders.METRICS),
    *(folders.WEIGHTS, folders.ATLAS, folders.PLAYBACK),
)
"""The files that a listing and what is made from it depend on."""
_checked: Cache[bool] = Cache(4096)
_opening_models: Cache[bool] = Cache(256)
_records: Cache[tuple[Record, ...]] = Cache(4)
_standings: Cache[dict[str, Standing]] = Cache(4)
_CLEARLY_BETTER = 5.0  # BLEU points


def remember(run: Any) -> None:
    """Lets the routes answer for `run`, under its stamp."""
    with _lock:
        _runs.pop(run.stamp, None)
        # A run that was trained or mapped again is another one. A tab may still show the one
        # before; older ones would only fill the memory.
        former = [stamp for stamp, known in _runs.items() if known.folder == run.folder]
        _runs[run.stamp], _folders[run.stamp] = run, run.folder
        oldest = list(_runs)[:-_MOST_OPEN]
        closed = [_runs.pop(stamp) for stamp in dict.fromkeys((*former[:-1], *oldest))]
    for other in closed:
        forget(other)


def opened(stamp: str) -> Any | None:
    """The run with this stamp, or None: a stamp is looked up, never used as a path."""
    run, folder = _in_memory(stamp), _folders.get(stamp)
    if run is not None or folder is None:
        return run
    try:
        return _current(folder, stamp) if folders.stamp(folder) == stamp else None
    except (ExplorerError, OSError):
        return None


def _in_memory(stamp: str) -> Any | None:
    with _lock:
        if stamp in _runs:
            _runs[stamp] = _runs.pop(stamp)
        return _runs.get(stamp)


@dataclass(frozen=True)
class Listing:
    """The runs that open, and what is wrong with the others.

    Attributes:
        folders: By name.
        damaged: Why others do not open, by name.
        state: Changes with the files of the runs that open.
    """

    folders: dict[str, Path]
    damaged: dict[str, str]
    state: Hashable

    @property
    def names(self) -> list[str]:
        """The names of the runs that open."""
        return list(self.folders)


def listing() -> Listing:
    """Checks every run folder whose files changed, without opening a model.

    One that cannot be opened is checked each time: what was wrong may pass without a trace.
    """
    opening, damaged, states = {}, {}, []
    first: dict[str, Path] = {}
    for folder in folders.list_runs():
        first.setdefault(folder.name, folder)
        if folders.shown_name(folder) != folder.name:  # a browser gets text alone
            damaged[folders.shown_name(folder)] = "its name is not UTF-8: rename the folder"
            continue
        state = (str(folder), *(_mark(folder / file) for file in _LISTED))
        try:
            is_shown = _checked.get(state, functools.partial(_is_shown, folder))
        except (ExplorerError, OSError) as error:
            damaged[folder.name] = str(error)
            continue
        if is_shown:
            opening[folder.name if folder == first[folder.name] else str(folder)] = folder
            states.append(state)
    return Listing(opening, damaged, tuple(states))


def _mark(path: Path) -> tuple[int, ...] | None:
    """Changes with a file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino


def _is_shown(folder: Path) -> bool:
    """Whether a run has a model, whose figures and checksums can be read.

    Raises:
        ExplorerError: If they cannot.
    """
    if folders.is_report(folder) or _is_in_training(folder):
        return False
    folders.stamp(folder)
    folders.read_metrics(folder)
    return True


def _is_in_training(folder: Path) -> bool:
    """Whether it is a person's run that has no weights yet: the page Your text shows its job."""
    return folder.parent == folders.users() and not (folder / folders.SUMS).exists()


def mapped() -> list[str]:
    """The runs that have a map."""
    known = listing().folders
    return [name for name, folder in known.items() if (folder / folders.ATLAS).is_file()]


def default_run(names: list[str]) -> str:
    """The run a newcomer sees.

    One with a map, one that uses z, one whose map holds its sentences, of the lowest perplexity.
    """
    asked = os.environ.get(FIRST, "")
    if asked in names:
        return asked
    known = listing()
    standings = _standings.get(
        known.state, lambda: {name: _standing(folder) for name, folder in known.folders.items()}
    )
    return min(names, key=lambda name: standings.get(name, _LAST))


def records() -> tuple[Record, ...]:
    """Recipe and metrics of every listed run, read again when a file changes."""
    known = listing()
    return _records.get(known.state, lambda: tuple(_read_records(known.folders)))


def _read_records(known: Mapping[str, Path]) -> Iterator[Record]:
    for name, folder in known.items():
        with suppress(ExplorerError):  # the run picker reports it
            recipe, metrics = config.read(folder / folders.CONFIG), folders.read_metrics(folder)
            has = [(folder / file).is_file() for file in (folders.ATLAS, folders.PLAYBACK)]
            yield Record(name, recipe, metrics, *has)


def _collapsed(known: Sequence[Record]) -> str | None:
    pair = run_choice.collapsed_and_healthy(known)
    return None if pair is None else pair[0]


def _beside_collapsed(known: Sequence[Record]) -> str | None:
    pair = run_choice.collapsed_and_healthy(known)
    return None if pair is None else pair[1]


_SHOWN_FIRST: dict[str, Callable[[Sequence[Record]], str | None]] = {
    "collapse": _collapsed,
    "compare": _beside_collapsed,
    "playback": run_choice.plays_back,
    "prior": run_choice.prior_misses_most,
    "topics": lambda known: next(iter(run_choice.of_documents(known)), None),
}
"""By page, the run that shows its point best; other pages open on `default_run`."""


def first_run(page: str, names: list[str]) -> str:
    """The run a page opens on until somebody chooses another: one whose model opens, if any does.

    A run from elsewhere may say the best of itself and not open.
    """
    choose = _SHOWN_FIRST.get(page)
    # The point of every other page is made with sentences.
    known = [item for item in records() if (page == "topics") == item.is_of_documents]
    left = list(names)
    while left:
        name = None if choose is None else choose([item for item in known if item.name in left])
        name = default_run(left) if name is None else name
        if _opens(name):
            return name
        left.remove(name)
    return default_run(names)


def _opens(name: str) -> bool:
    """Whether the model of a run opens, which is taken for granted of those that ship."""
    folder = listing().folders[name]
    if folder.parent == folders.shipped():
        return True
    state = (str(folder), *(_mark(folder / file) for file in _LISTED))
    return _opening_models.get(state, functools.partial(_model_opens, name))


def _model_opens(name: str) -> bool:
    try:
        return run_of(name).model is not None
    except ExplorerError:
        return False  # the page says why once somebody chooses it


def _standing(folder: Path) -> Standing:
    try:
        metrics = folders.read_metrics(folder)
    except ExplorerError:
        metrics = {}
    perplexity = metrics.get("importance_ppl", {}).get("value")
    return (
        not (folder / folders.ATLAS).is_file(),
        uses_z(metrics).value != YES,
        not _shows_sentences(folder),
        math.inf if perplexity is None else perplexity,
    )


def _shows_sentences(folder: Path) -> bool:
    """Whether the map of a run shows sentences, not reconstructions, on every machine."""
    try:
        return config.read(folder / folders.CONFIG).atlas.text
    except ExplorerError:
        return False


def more_exact(run: Run) -> tuple[str, float, float] | None:
    """The run on the same corpus that reconstructs best, if clearly better than this one.

    Returns:
        Its name, its BLEU and that of `run`; None without such a run or a measurement.
    """
    known = listing()
    return _more_exact.get((run, known.state), lambda: _find_more_exact(run, known.folders))


def _find_more_exact(run: Run, known: Mapping[str, Path]) -> tuple[str, float, float] | None:
    own = value_of(run.metrics, "bleu")
    if own is None:
        return None
    scores = {}
    for name, folder in known.items():
        corpus = config.read(folder / folders.CONFIG).corpus
        if (corpus.name, corpus.path) != (run.config.corpus.name, run.config.corpus.path):
            continue
        bleu = value_of(folders.read_metrics(folder), "bleu")
        if bleu is not None and (folder / folders.ATLAS).is_file():
            scores[name] = bleu
    best = max(scores, key=scores.__getitem__, default=None)
    if best is None or scores[best] < own + _CLEARLY_BETTER:
        return None
    return best, scores[best], own


def run_of(name: str) -> Run:
    """The opened run; the same object for every session until its files change.

    Raises:
        ExplorerError: If there is no such run, or it is damaged.
    """
    folder = folders.find(name)
    return _current(folder, folders.stamp(folder))


def _current(folder: Path, stamp: str) -> Run:
    mark = (folder / folders.SUMS).stat().st_mtime_ns
    with _opening:
        run = _in_memory(stamp)
        if run is None or _marks.get(stamp) != mark:
            run = open_run(folder)
            remember(run)
            _marks[stamp] = mark
    return run


def is_warm(run: Run) -> bool:
    """Whether the model is in memory, so that an answer takes no seconds."""
    return "_model" in vars(run)


def warm(run: Run) -> None:
    """Reads all that a click on the run's map needs."""
    if run.atlas is not None and run.has_latent:
        run.decode_tokens(run.atlas.mean[:1], Decoding(nearest=min(run.candidates, 2)))
        run.at(0.0, 0.0)
        run.neighbours(run.atlas.mean[0], 1)


def warm_in_background(run: Run | None = None) -> None:
    """Opens a run while the server already answers; by default the one the page opens on."""
    if run is not None and is_warm(run):
        return
    Thread(target=_warm_quietly, args=[run], name="warm", daemon=True).start()


def _warm_quietly(run: Run | None) -> None:
    try:
        names = [] if run is not None else listing().names
        if names:
            run = run_of(first_run("map", names))
        if run is not None:
            warm(run)
        if not gc.get_freeze_count():  # at start: later, the objects of sessions would be frozen
            gc.collect()
            gc.freeze()
    except ExplorerError:
        return  # the page says it, where somebody reads it
