"""The scenes of a lecture: pages at an address, each with one sentence of what to see.

Somebody else's file is safe to open: it names pages, runs and parameters, and its text is shown.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from explorer.errors import ExplorerError
from explorer.explore import run_choice
from explorer.explore.run_choice import Record
from explorer.system import toml_writer

PAGES = ("map", "paths", "arithmetic", "compare", "collapse", "playback", "prior", "model")
"""Pages that a scene may open."""

FILE = "EXPLORER_SCENES"
"""The environment variable with the file of scenes that the page opens."""

MAX_SCENES = 100
_MAX_TITLE, _MAX_SENTENCE, _MAX_VALUE = 80, 300, 1000
_KEYS = {"title", "see", "page", "shows", "run", "runs", "address"}
_RESERVED = ("run", "runs", "on", "scene")
"""Parameters that follow from the rest of a scene."""


@dataclass(frozen=True)
class Scene:
    """A page to show.

    Attributes:
        title: Of a few words.
        see: One sentence.
        page: One of `PAGES`.
        shows: What the run is to show, an entry of `ROLES`; empty where runs are named.
        runs: Names of runs; empty where they are chosen.
        address: Further parameters of the page.
    """

    title: str
    see: str
    page: str
    shows: str = ""
    runs: tuple[str, ...] = ()
    address: Mapping[str, str] = field(default_factory=dict)


def _one(name: str | None) -> tuple[str, ...]:
    return () if name is None else (name,)


def _collapsed(records: Sequence[Record]) -> tuple[str, ...]:
    return run_choice.collapsed_and_healthy(records) or ()


ROLES: dict[str, Callable[[Sequence[Record]], tuple[str, ...]]] = {
    "collapse": _collapsed,
    "annealing": run_choice.annealed,
    "path": lambda records: _one(run_choice.paths_of_most_steps(records)),
    "exact": lambda records: _one(run_choice.reconstructs_best(records)),
    "labels": lambda records: _one(run_choice.switches_labels_best(records)),
    "codes": lambda records: _one(run_choice.swaps_codes_best(records)),
    "holes": lambda records: _one(run_choice.prior_misses_most(records)),
}
"""What a scene shows: its runs, chosen by recorded metrics; none where no run shows it."""


def read(path: Path) -> tuple[Scene, ...]:
    """Reads a file of scenes.

    Raises:
        ExplorerError: If it is none; the message names the scene and what to change.
    """
    try:
        table = toml_writer.parse(path.read_text("utf-8"))
    except OSError as error:
        raise ExplorerError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:  # of TOML and of UTF-8, too
        raise ExplorerError(f"{path} is not a file of scenes: {error}") from error
    items = table.get("scene")
    if set(table) != {"scene"} or not isinstance(items, list) or not items:
        raise ExplorerError(
            f"{path} is not a file of scenes: it may contain only [[scene]] tables"
        )
    if len(items) > MAX_SCENES:
        raise ExplorerError(f"{path} has {len(items)} scenes: at most {MAX_SCENES} are allowed")
    scenes = []
    for number, item in enumerate(items, 1):
        try:
            scenes.append(_scene(item))
        except ExplorerError as error:
            raise ExplorerError(f"{path}, scene {number}: {error}") from error
    return tuple(scenes)


def _scene(item: Any) -> Scene:
    if not isinstance(item, dict):
        raise ExplorerError("not a table")
    if unknown := sorted(set(item) - _KEYS):
        raise ExplorerError(f"unknown key {unknown[0]!r}: the keys are {', '.join(sorted(_KEYS))}")
    page = _text(item, "page", _MAX_TITLE)
    if page not in PAGES:
        raise ExplorerError(f"page {page!r} is not one of {', '.join(PAGES)}")
    if sum(key in item for key in ("shows", "run", "runs")) != 1:
        raise ExplorerError("needs exactly one of shows, run and runs")
    shows = _text(item, "shows", _MAX_TITLE) if "shows" in item else ""
    if shows and shows not in ROLES:
        raise ExplorerError(f"shows {shows!r} is not one of {', '.join(ROLES)}")
    title, see = _text(item, "title", _MAX_TITLE), _text(item, "see", _MAX_SENTENCE)
    return Scene(title, see, page, shows, _runs(item), _address(item.get("address", {})))


def _text(item: Mapping[str, Any], key: str, longest: int) -> str:
    text = item.get(key)
    if not isinstance(text, str) or not text.strip() or not text.isprintable():
        raise ExplorerError(f"{key} must be one line of text")
    if len(text) > longest:
        raise ExplorerError(f"{key} has {len(text)} characters: at most {longest} are allowed")
    return text.strip()


def _runs(item: Mapping[str, Any]) -> tuple[str, ...]:
    if "run" in item:
        return (_text(item, "run", _MAX_VALUE),)
    runs = item.get("runs", [])
    if not isinstance(runs, list) or ("runs" in item and not 1 <= len(runs) <= 4):
        raise ExplorerError("runs must be a list of one to four names")
    return tuple(_text({"runs": name}, "runs", _MAX_VALUE) for name in runs)


def _address(table: Any) -> dict[str, str]:
    if not isinstance(table, dict):
        raise ExplorerError('address must be a table, such as { steps = "9" }')
    for key, value in table.items():
        if not re.fullmatch(r"[a-z_]{1,30}", key) or key in _RESERVED:
            raise ExplorerError(f"address cannot have the parameter {key!r}")
        if not isinstance(value, str) or len(value) > _MAX_VALUE or not value.isprintable():
            raise ExplorerError(f'address: {key} must be text, such as {key} = "9"')
    return dict(table)


def runs_of(scene: Scene, records: Sequence[Record]) -> tuple[tuple[str, ...], str]:
    """The runs a scene is shown with, and what to say where there are none."""
    if scene.shows:
        runs = ROLES[scene.shows](records)
        missing = f"By their recorded metrics, no run here shows {scene.shows}."
        return runs, "" if runs else missing
    known = {record.name for record in records}
    missing = [name for name in scene.runs if name not in known]
    note = f"There is no run {missing[0]} here; another one is shown." if missing else ""
    return tuple(name for name in scene.runs if name in known), note
