"""What a session looks at: the opened run, what is picked on the map, and their address."""

import gc
import math
import re
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread
from typing import Any, TypeAlias

import streamlit as st

from explorer.errors import ExplorerError
from explorer.explore.run import Run, open_run
from explorer.runs import folder as folders
from explorer.ui.session.open_runs import opened, remember

MOST_TEXT = 1000
"""Characters of a typed sentence, or of a search, that are read."""

FARTHEST = 1e6
"""Map units: a place beyond is nobody's click."""

KEPT = (
    *("layout", "colour", "read", "find", "text", "k", "from", "to", "steps", "way"),
    *("compared", "section", "told", "asked"),
    *("drawn", "dots", "tab"),
    *("part", "direction", "a", "b", "c", "towards", "away", "sentence", "order", "dimension"),
    *("strategy", "temperature", "top_k", "top_p", "beam", "penalty", "unknown", "seed"),
    *("label", "strength"),
)
"""Widgets whose values outlive a visit to another page; each is a parameter of the address too.
The sentence that was typed is written there with what is picked."""

_PICK, _PICK_RUN, _RUN = "_pick", "_pick_run", "_run"
_ADDRESS, _PAGE, _SEEN = "at", "_page", "_at_seen"
_CUT = "_cut_text"
_TYPED = "typed"

_opening = Lock()
_marks: dict[str, int] = {}


@dataclass(frozen=True)
class Point:
    """A sentence of the atlas."""

    index: int


@dataclass(frozen=True)
class Spot:
    """A place of the map where no sentence was hit."""

    x: float
    y: float


@dataclass(frozen=True)
class Typed:
    """A sentence somebody typed."""

    text: str


Pick: TypeAlias = Point | Spot | Typed


# Runs.


@dataclass(frozen=True)
class Listing:
    """The runs there are: those that open, and what is wrong with the others."""

    names: list[str]
    damaged: dict[str, str]


def listing() -> Listing:
    """Looks at every run folder, without opening a model."""
    names, damaged = [], {}
    first = folders.by_name()
    for folder in folders.list_runs():
        if folders.is_report(folder):
            continue
        try:
            folders.stamp(folder)
            names.append(folder.name if folder == first[folder.name] else str(folder))
        except ExplorerError as error:
            damaged[folder.name] = str(error)
    return Listing(names, damaged)


def default_run(names: list[str]) -> str:
    """What a newcomer sees first: a run with a map, a healthy one, the likeliest among those."""
    return min(names, key=_standing)


def _standing(name: str) -> tuple[bool, bool, float]:
    folder = folders.find(name)
    try:
        metrics = folders.read_metrics(folder)
    except ExplorerError:
        metrics = {}
    perplexity = metrics.get("importance_ppl", {}).get("value")
    return (
        not (folder / folders.ATLAS).is_file(),
        metrics.get("verdict") != "healthy",
        math.inf if perplexity is None else perplexity,
    )


def run_of(name: str) -> Run:
    """The opened run; the same object for every session until its files change.

    Raises:
        ExplorerError: If there is no such run, or it is damaged.
    """
    folder = folders.find(name)
    stamp = folders.stamp(folder)
    mark = (folder / folders.SUMS).stat().st_mtime_ns
    with _opening:
        run = opened(stamp)
        if run is None or _marks.get(stamp) != mark:
            run = open_run(folder)
            remember(run)
            _marks[stamp] = mark
    return run


def set_current_run(run: Run) -> None:
    """Makes a run the one the page is about; what was picked in another one stays picked."""
    st.session_state[_RUN] = run
    before, pick = st.session_state.get(_PICK), pick_of(run)
    if isinstance(before, Point) and isinstance(pick, Typed):
        st.session_state["text"] = pick.text


def current_run() -> Run:
    """The run that the picker chose."""
    return st.session_state[_RUN]


def is_warm(run: Run) -> bool:
    """Whether the model is in memory, so that an answer takes no seconds."""
    return "_model" in vars(run)


def warm(run: Run) -> None:
    """Reads all of a run that a click needs; afterwards the heap is left out of collections."""
    if run.atlas is not None and run.has_latent:
        run.decode_tokens(run.atlas.mean[:1])
        run.at(0.0, 0.0)
        run.neighbours(run.atlas.mean[0], 1)
    gc.collect()
    gc.freeze()


def warm_in_background(run: Run | None = None) -> None:
    """Opens a run while the server already answers; without one, the run the page shows first."""
    if run is not None and is_warm(run):
        return
    Thread(target=_warm_quietly, args=[run], name="warm", daemon=True).start()


def _warm_quietly(run: Run | None) -> None:
    try:
        names = [] if run is not None else listing().names
        if names:
            run = run_of(default_run(names))
        if run is not None:
            warm(run)
    except ExplorerError:
        return  # the page says it, where somebody reads it


# What is picked.


def read_pick(address: str, text: str, points: int) -> Pick | None:
    """The pick an address names: `17`, `1.5,-2` or `typed`; None for anything else."""
    if address == _TYPED:
        return Typed(shortened(text)) if text.strip() else None
    if re.fullmatch(r"\d{1,9}", address, re.ASCII):
        return Point(int(address)) if int(address) < points else None
    match = re.fullmatch(r"(-?\d{1,7}(?:\.\d{1,9})?),(-?\d{1,7}(?:\.\d{1,9})?)", address, re.ASCII)
    if match is None:
        return None
    x, y = float(match[1]), float(match[2])
    return Spot(x, y) if max(abs(x), abs(y)) <= FARTHEST else None


def write_pick(pick: Pick | None) -> str:
    """The inverse of `read_pick`; the typed sentence itself is the parameter `text`."""
    if isinstance(pick, Point):
        return str(pick.index)
    if isinstance(pick, Spot):
        return f"{pick.x:.4f},{pick.y:.4f}"
    return "" if pick is None else _TYPED


def pick_of(run: Run) -> Pick | None:
    """What this session has picked in a run; at first, what its address names."""
    known = st.session_state
    points = 0 if run.atlas is None else len(run.atlas)
    if _PICK not in known:
        address, text = st.query_params.get(_ADDRESS, ""), st.query_params.get("text", "")
        known[_PICK] = read_pick(address, text, points)
    elif known.get(_PICK_RUN, run.stamp) != run.stamp and not isinstance(known[_PICK], Typed):
        known[_PICK] = _on_another_map(known[_PICK], opened(known[_PICK_RUN]), run)
    known[_PICK_RUN] = run.stamp
    pick = known[_PICK]
    return None if isinstance(pick, Point) and pick.index >= points else pick


def index_of(run: Run, row: int) -> int | None:
    """Where a row of the corpus stands in a run's atlas; None if it is not on the map."""
    if run.atlas is None:
        return None
    place = int(run.atlas.row.searchsorted(row))
    return place if place < len(run.atlas) and run.atlas.row[place] == row else None


def _on_another_map(pick: Pick | None, before: Run | None, run: Run) -> Pick | None:
    """The same sentence in another run: on its map, or put to it; a place means nothing there."""
    if not isinstance(pick, Point) or before is None:
        return None
    own, other = before.atlas, run.atlas
    if own is None or other is None or own.corpus_checksum != other.corpus_checksum:
        return None
    if pick.index >= len(own):
        return None
    index = index_of(run, int(own.row[pick.index]))
    if index is not None:
        return Point(index)
    # Without the corpus there are only the other model's words for the sentence.
    return Typed(shortened(before.texts[pick.index])) if before.texts_are_real else None


def set_pick(pick: Pick | None) -> None:
    """Picks something for this session; a sentence that was typed before leaves its box."""
    st.session_state[_PICK] = pick
    if not isinstance(pick, Typed) and st.session_state.get("text"):
        st.session_state["text"] = ""


def typed() -> str:
    """The sentence that was typed on the map's page, while it is what is picked; else empty."""
    pick = st.session_state.get(_PICK)
    return pick.text if isinstance(pick, Typed) else ""


def shortened(text: str) -> str:
    """The part of a text that is read: at most `MOST_TEXT` characters, to the end of a word."""
    if len(text) <= MOST_TEXT:
        return text
    words = text[: MOST_TEXT + 1].rsplit(maxsplit=1)[0]
    return words if len(words) <= MOST_TEXT else text[:MOST_TEXT]


def type_text(text: str) -> None:
    """Picks a sentence as if it were typed into the box; None where there is none in it."""
    known, read = st.session_state, shortened(text)
    known["text"] = read
    known[_CUT] = read if read.rstrip() != text.rstrip() else None
    set_pick(Typed(read) if read.strip() else None)


def was_cut(pick: Typed) -> bool:
    """Whether this is only the beginning of what was typed."""
    return pick.text == st.session_state.get(_CUT)


def follow_address(page: str) -> None:
    """Takes over what Back, Forward or a link put into the address since it was last seen."""
    known, address = st.session_state, _read_address()
    at, text = address
    # A visit to another page leaves an address without a pick behind: that picks nothing else.
    if address != known.get(_SEEN, ("", "")) and (at or known.get(_PAGE) == page):
        known.pop(_PICK, None)
        known["text"] = ""
        if at == _TYPED:
            type_text(text)
    known[_PAGE], known[_SEEN] = page, address


def _read_address() -> tuple[str, str]:
    return st.query_params.get(_ADDRESS, ""), st.query_params.get("text", "")


def write_address() -> None:
    """Brings the address up to date with what is picked."""
    pick = st.session_state.get(_PICK)
    wanted = (write_pick(pick), pick.text if isinstance(pick, Typed) else "")
    st.session_state[_SEEN] = wanted
    for name, now, then in zip((_ADDRESS, "text"), _read_address(), wanted, strict=True):
        if then and then != now:
            st.query_params[name] = then
        elif now and not then:
            del st.query_params[name]


def keep_settings() -> None:
    """Saves widgets of other pages from being forgotten: a value that is set again is kept."""
    for key in KEPT:
        if key in st.session_state:
            st.session_state[key] = st.session_state[key]


def example(run: Run, key: str, text: str) -> str:
    """What a text box of a run starts with; one that was left as it was for another run follows.

    Args:
        run: The run.
        key: Of the box.
        text: The run's example.
    """
    known, memory = st.session_state, f"_example_{key}"
    stamp, before = known.get(memory, ("", ""))
    if stamp != run.stamp:
        if stamp and known.get(key) == before:
            known[key] = text
        known[memory] = (run.stamp, text)
    return text


def page_file(name: str) -> Path:
    """The script of a page."""
    return Path(__file__).parents[1] / "pages" / f"{name}.py"


def is_finite_place(x: Any, y: Any) -> bool:
    """Whether numbers from the browser are a place of a map."""
    numbers = isinstance(x, int | float) and isinstance(y, int | float)
    return numbers and math.isfinite(x) and math.isfinite(y) and max(abs(x), abs(y)) <= FARTHEST
