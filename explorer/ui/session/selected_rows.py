"""The corpus rows selected on maps side by side: a sentence, or those in a rectangle."""

import math
from dataclasses import dataclass
from urllib.parse import quote, unquote

import streamlit as st

from explorer.ui.session import picks, url
from explorer.ui.session.picks import SentencePick, index_of

_ADDRESS, _BOX = "row", "box"
_ROW, _ADOPTED = "_compared_row", "_compared_pick"


@dataclass(frozen=True)
class Box:
    """Corpus rows in a rectangle that was drawn on one map."""

    run: str
    """The name of the map's run."""
    view: str
    sides: tuple[float, float, float, float]
    """Left, right, bottom and top, in the units of the aligned map."""
    rows: tuple[int, ...] | None = None
    """None for a box of a link, until its map is known."""

    def __str__(self) -> str:
        sides = [f"{side:.5g}" for side in self.sides]
        return ",".join([quote(self.run, safe=""), self.view, *sides])


def read_box(text: str) -> Box | None:
    """The inverse of `str`, without the rows; None for anything else."""
    run, view, *numbers = text.split(",")[:7] if text.count(",") == 5 else ("", "")
    try:
        sides = [float(number) for number in numbers]
    except ValueError:
        return None
    if len(sides) != 4 or not all(math.isfinite(side) for side in sides):
        return None
    return Box(unquote(run), view, (sides[0], sides[1], sides[2], sides[3]))


def choose(rows: int | Box | None) -> None:
    """Selects a sentence by its row of the corpus, several, or none."""
    st.session_state[_ROW] = rows


def chosen() -> int | Box | None:
    """What was selected, before any address is read."""
    return st.session_state.get(_ROW)


def current() -> int | Box | None:
    """What is selected: what was clicked here, else what the address or the map page says."""
    known = st.session_state
    is_first = _ROW not in known
    if is_first:
        text = st.query_params.get(_ADDRESS, "")
        is_row = text.isascii() and text.isdigit() and len(text) < 10
        known[_ROW] = int(text) if is_row else read_box(st.query_params.get(_BOX, ""))
    run = picks.current_run()
    pick = picks.pick_of(run)
    if isinstance(pick, SentencePick) and run.atlas is not None and pick != known.get(_ADOPTED):
        known[_ADOPTED] = pick  # picked on the map page since this one was last seen
        if known[_ROW] is None or not is_first:
            known[_ROW] = int(run.atlas.row[pick.index])
    return known[_ROW]


def write_address() -> None:
    """Keeps the selection in the address, and for the map page where that has the sentence."""
    row = chosen()
    for name, kind in ((_ADDRESS, int), (_BOX, Box)):
        wanted = str(row) if isinstance(row, kind) else ""
        if st.query_params.get(name, "") == wanted:
            continue
        if wanted:
            st.query_params[name] = wanted
        else:
            del st.query_params[name]
    run = picks.current_run()
    if isinstance(row, int) and run.atlas is not None:
        index = index_of(run, row)
        if index is not None:
            st.session_state[_ADOPTED] = SentencePick(index)
            picks.set_pick(SentencePick(index))
    url.write_address()
