"""The ends of a path, its current step, and both interpolations side by side."""

import itertools

import streamlit as st

from explorer.explore.decoded_path import INTERPOLATIONS, DecodedPath
from explorer.explore.map_views import MapView
from explorer.explore.opening_examples import opening_path
from explorer.explore.run import Run
from explorer.ui.components import token_diff, unknown_words
from explorer.ui.components.escaping import plain
from explorer.ui.components.path_controls import path_summary
from explorer.ui.map.view import text_at
from explorer.ui.session import picks, settings

_STEP = "step"
_NEXT = "_next_end"


def take_end(run: Run, layout: MapView, pick: picks.Pick | None) -> None:
    """Makes a pick on the map A, the next one B, and so on."""
    text = text_at(run, layout, pick)
    if text is None:
        return
    end = next_end()
    st.session_state[end] = text
    st.session_state[_NEXT] = "to" if end == "from" else "from"


def next_end() -> str:
    """The end the next pick sets, an empty one first: `from` or `to`."""
    known = st.session_state
    empty = (end for end in ("from", "to") if end in known and not (known[end] or "").strip())
    return next(empty, known.get(_NEXT, "from"))


def read_step(steps: int) -> int:
    """Index of the step in the URL, clamped to the path; 0 if it is no number."""
    text = st.query_params.get(_STEP, "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 1
    return min(max(number - 1, 0), steps - 1)


def write_step(step: int) -> None:
    """Writes the step to the URL, counted from 1."""
    wanted = str(step + 1)
    if st.query_params.get(_STEP, "1") != wanted:
        st.query_params[_STEP] = wanted


def ends(run: Run) -> tuple[str, str]:
    """The boxes of the two sentences, with examples at first; an emptied box is empty."""
    first, last = map(picks.shortened, opening_path(run))
    boxes = []
    for column, name, key, text in zip(
        st.columns(2), ("A", "B"), ("from", "to"), (first, last), strict=True
    ):
        start = settings.example(run, key, text)
        typed = column.text_input(name, start, picks.MOST_TEXT, key=key, bind="query-params")
        boxes.append(typed or "")
    unknown_words.unknown_notes([run], dict(zip(("A", "B"), boxes, strict=True)))
    return boxes[0], boxes[1]


def steps(path: DecodedPath) -> None:
    """The decoded sentence of every step, with the words that are new at that step marked."""
    rows = [token_diff.sentence([token_diff.Token(path.texts[0], False)], 1)]
    for number, (before, text) in enumerate(itertools.pairwise(path.texts), 2):
        rows.append(token_diff.sentence(token_diff.marked([before, text])[1], number))
    st.html("".join(rows))


def compare(paths: dict[str, DecodedPath]) -> None:
    """Every step of each interpolation, side by side."""
    for column, (name, path) in zip(st.columns(2), paths.items(), strict=True):
        column.markdown(f"**{INTERPOLATIONS[name]}** · {path_summary(path)}")
        column.html("".join(plain(f"{i}. {text}", True) for i, text in enumerate(path.texts, 1)))


def table(paths: dict[str, DecodedPath]) -> dict[str, list]:
    """Every step of each interpolation, as a table."""
    steps = len(next(iter(paths.values())).texts)
    return {
        "step": list(range(1, steps + 1)),
        **{name: path.texts for name, path in paths.items()},
    }
