"""What a page shows now, as a note names it: its kind, its title, and the address to reopen it."""

from typing import NamedTuple

import streamlit as st

from explorer.explore.map_views import DEFAULT_VIEW, view_of
from explorer.explore.readable_texts import readable
from explorer.explore.run import Run
from explorer.explore.selection import described
from explorer.ui.session import picks, selections

_NOT_OF_A_VIEW = ("scene", "on", "run")
_ENDS = {"paths": ("from", "to"), "arithmetic": ("a", "b", "c", "sentence", "dimension")}
"""Widgets that are written out: their defaults may be others one day."""


class View(NamedTuple):
    """A view that can be pinned."""

    kind: str
    """Of `explorer.workspace.notes.KINDS`."""
    title: str
    page: str
    parameters: dict[str, str]


def current(run: Run, page: str, title: str) -> View:
    """What this session sees on a page.

    Args:
        run: The run of the page.
        page: Its name.
        title: Its title, which names a view that is nothing more special.
    """
    known = st.session_state
    parameters = {
        name: value for name, value in st.query_params.items() if name not in _NOT_OF_A_VIEW
    }
    parameters["run"] = known.get("run") or run.name
    for name in _ENDS.get(page, ()):
        if (value := known.get(name)) not in (None, ""):
            parameters.setdefault(name, str(value))
    kind, words = "view", title
    if page == "map":
        kind, words = _on_map(run, title)
    elif page == "paths" and known.get("from") and known.get("to"):
        kind, words = "path", f"{known['from']} → {known['to']}"
    elif page == "arithmetic":
        kind, words = _sum(title)
    return View(kind, words, page, parameters)


def _on_map(run: Run, title: str) -> tuple[str, str]:
    selection, pick = selections.selection_of(run), picks.pick_of(run)
    is_answer = pick is not None and st.session_state.get("side") != "selection"
    if selection is not None and not is_answer:
        held = selections.held_of(run)
        if st.session_state.get("comparing") and held is not None:
            return "comparison", f"{described(held)} / {described(selection)}"
        return "selection", described(selection)
    if isinstance(pick, picks.TextPick):
        return "sentence", pick.text
    if isinstance(pick, picks.SentencePick):
        return "sentence", readable(run, run.texts[pick.index])
    if isinstance(pick, picks.MapPick):
        view = st.session_state.get("layout") or DEFAULT_VIEW
        return "location", run.decode(view_of(run, view).at(pick.x, pick.y).z[None])[0]
    return "view", title


def _sum(title: str) -> tuple[str, str]:
    known = st.session_state
    part = known.get("part") or "Arithmetic"
    if part == "Dimensions" and known.get("dimension") is not None:
        return "direction", f"dimension {known['dimension']}: {known.get('sentence') or ''}"
    if part != "Arithmetic":
        return "view", f"{title}: {part}"
    if known.get("direction") == "groups" and known.get("towards") and known.get("away"):
        return "direction", f"{known['towards']} − {known['away']} + {known.get('c') or ''}"
    a, b, c = (known.get(name) or "" for name in "abc")
    return ("direction", f"{b} − {a} + {c}") if a and b else ("view", title)
