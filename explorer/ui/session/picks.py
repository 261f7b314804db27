"""What a session has picked: the current run, and a sentence, position or typed text in it."""

import math
import re
from dataclasses import dataclass
from typing import Any, TypeAlias

import streamlit as st

from explorer.explore.map_views import FARTHEST
from explorer.explore.run import Run
from explorer.ui.session.open_runs import opened

MOST_TEXT = 1000
"""Characters of a typed sentence, or of a search, that are read."""

TYPED = "typed"
"""The address of a pick that is a typed sentence."""

_PICK, _PICK_RUN, _RUN = "_pick", "_pick_run", "_run"
_CUT = "_cut_text"


@dataclass(frozen=True)
class SentencePick:
    """A sentence of the atlas."""

    index: int


@dataclass(frozen=True)
class MapPick:
    """A position on the map where no sentence was hit."""

    x: float
    y: float


@dataclass(frozen=True)
class TextPick:
    """A sentence somebody typed."""

    text: str


Pick: TypeAlias = SentencePick | MapPick | TextPick


def set_current_run(run: Run) -> None:
    """Makes a run the one the page is about; what was picked in another run stays picked."""
    st.session_state[_RUN] = run
    before, pick = st.session_state.get(_PICK), pick_of(run)
    if isinstance(before, SentencePick) and isinstance(pick, TextPick):
        st.session_state["text"] = pick.text


def current_run() -> Run:
    """The run that the picker chose."""
    return st.session_state[_RUN]


def read_pick(address: str, text: str, points: int) -> Pick | None:
    """The pick an address names: `17`, `1.5,-2` or `typed`; None for anything else."""
    if address == TYPED:
        return TextPick(shortened(text)) if text.strip() else None
    if re.fullmatch(r"\d{1,9}", address, re.ASCII):
        return SentencePick(int(address)) if int(address) < points else None
    match = re.fullmatch(r"(-?\d{1,7}(?:\.\d{1,9})?),(-?\d{1,7}(?:\.\d{1,9})?)", address, re.ASCII)
    if match is None:
        return None
    x, y = float(match[1]), float(match[2])
    return MapPick(x, y) if max(abs(x), abs(y)) <= FARTHEST else None


def write_pick(pick: Pick | None) -> str:
    """The inverse of `read_pick`; the typed sentence itself is the parameter `text`."""
    if isinstance(pick, SentencePick):
        return str(pick.index)
    if isinstance(pick, MapPick):
        return f"{pick.x:.4f},{pick.y:.4f}"
    return "" if pick is None else TYPED


def forget_pick() -> None:
    """Lets the address decide again what is picked."""
    st.session_state.pop(_PICK, None)


def last_pick() -> Pick | None:
    """What is picked, in whatever run."""
    return st.session_state.get(_PICK)


def pick_of(run: Run) -> Pick | None:
    """What this session has picked in a run; at first, what its address names."""
    known = st.session_state
    points = 0 if run.atlas is None else len(run.atlas)
    if _PICK not in known:
        address, text = st.query_params.get("at", ""), st.query_params.get("text", "")
        known[_PICK] = read_pick(address, text, points)
    elif known.get(_PICK_RUN, run.stamp) != run.stamp and not isinstance(known[_PICK], TextPick):
        known[_PICK] = _on_another_map(known[_PICK], opened(known[_PICK_RUN]), run)
    known[_PICK_RUN] = run.stamp
    pick = known[_PICK]
    return None if isinstance(pick, SentencePick) and pick.index >= points else pick


def index_of(run: Run, row: int) -> int | None:
    """The atlas index of a corpus row; None if it is not on the map."""
    if run.atlas is None:
        return None
    index = int(run.atlas.row.searchsorted(row))
    return index if index < len(run.atlas) and run.atlas.row[index] == row else None


def _on_another_map(pick: Pick | None, before: Run | None, run: Run) -> Pick | None:
    """The same sentence in another run: on its map, or encoded by it; a position has no match."""
    if not isinstance(pick, SentencePick) or before is None:
        return None
    old, new = before.atlas, run.atlas
    if old is None or new is None or old.corpus_checksum != new.corpus_checksum:
        return None
    if pick.index >= len(old):
        return None
    index = index_of(run, int(old.row[pick.index]))
    if index is not None:
        return SentencePick(index)
    # Without the corpus there are only the other model's words for the sentence.
    return TextPick(shortened(before.texts[pick.index])) if before.texts_are_real else None


def set_pick(pick: Pick | None) -> None:
    """Picks something for this session; a sentence that was typed before leaves its box."""
    st.session_state[_PICK] = pick
    if not isinstance(pick, TextPick) and st.session_state.get("text"):
        st.session_state["text"] = ""


def typed() -> str:
    """The typed sentence, while it is what is picked; else empty."""
    pick = last_pick()
    return pick.text if isinstance(pick, TextPick) else ""


def shortened(text: str) -> str:
    """The part of a text that is read: at most `MOST_TEXT` characters, to the end of a word."""
    if len(text) <= MOST_TEXT:
        return text
    words = text[: MOST_TEXT + 1].rsplit(maxsplit=1)[0]
    return words if len(words) <= MOST_TEXT else text[:MOST_TEXT]


def type_text(text: str) -> None:
    """Picks a sentence as if it were typed into the box; an empty one picks nothing."""
    known, read = st.session_state, shortened(text)
    known["text"] = read
    known[_CUT] = read if read.rstrip() != text.rstrip() else None
    set_pick(TextPick(read) if read.strip() else None)


def was_cut(pick: TextPick) -> bool:
    """Whether this is only the beginning of what was typed."""
    return pick.text == st.session_state.get(_CUT)


def is_finite_position(x: Any, y: Any) -> bool:
    """Whether numbers from the browser are a position on a map."""
    numbers = isinstance(x, int | float) and isinstance(y, int | float)
    return numbers and math.isfinite(x) and math.isfinite(y) and max(abs(x), abs(y)) <= FARTHEST
