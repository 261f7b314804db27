"""The address of a page: what is picked is written to it, and read from links and Back."""

import re
from collections.abc import Collection
from pathlib import Path

import numpy as np
import streamlit as st
from jaxtyping import Float

from explorer.ui.session import history, picks, selections

_PICK, _TEXT = "at", "text"
_NUMBER = re.compile(r"-?\d(\.\d{1,2})?", re.ASCII)
_PAGE, _SEEN = "_page", "_at_seen"

STATED = (
    *("_pick", "_pick_run", "text", "_compared_row", "_compared_pick"),
    *("compared", "_runs_written", "_compared_current"),
    *("_selection", "_selection_run", "_selection_problem", "_selection_seen"),
    *("_held_selection", "_held_seen"),
    *("run", "_opened_on", "_playback_epoch", "_playback_asked", "_playback_pinned"),
    *("code", "category"),
)
"""What a session remembers of an address that is no parameter of a widget. After Back or Forward
it is read again, as of a link."""


def page_file(name: str) -> Path:
    """The script of a page."""
    return Path(__file__).parents[1] / "pages" / f"{name}.py"


def follow_address(page: str) -> None:
    """Takes over what Back, Forward or a link changed in the address since it was last read."""
    known, address = st.session_state, _read_address()
    at, text = address
    is_return = history.is_return()
    if is_return:
        for key in STATED:
            known.pop(key, None)
    # A visit to another page leaves an address without a pick behind: that picks nothing else.
    is_other = address != known.get(_SEEN, ("", "")) and (at or known.get(_PAGE) == page)
    if is_return or is_other:
        picks.forget_pick()
        known["text"] = ""
        if at == picks.TYPED:
            picks.type_text(text)
    selections.follow_address(is_same_page=known.get(_PAGE) == page)
    known[_PAGE], known[_SEEN] = page, address


def read_number(key: str, options: Collection[int]) -> None:
    """Gives a widget that is not bound to the address the number there, unless it has a value.

    Args:
        key: Of the widget, and its parameter. The options of such a widget change their names.
        options: What it may be; nothing else is taken from the address.
    """
    options_by_text = {str(option): option for option in options}
    text = st.query_params.get(key, "")
    if key not in st.session_state and text in options_by_text:
        st.session_state[key] = options_by_text[text]


def write_number(key: str, value: int | None) -> None:
    """Brings the parameter that `read_number` reads up to date; None removes it."""
    if value is None:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != str(value):
        st.query_params[key] = str(value)


def position(key: str, values: Float[np.ndarray, " n"], default: float) -> int:
    """The index in `values` of the number that a parameter has, else of the default."""
    text = st.query_params.get(key, "")
    for wanted in (float(text) if _NUMBER.fullmatch(text) else default, default):
        near = np.flatnonzero(np.isclose(values, wanted))
        if len(near):
            return int(near[0])
    raise ValueError(f"{default} is not one of the values")


def write_position(key: str, values: Float[np.ndarray, " n"], default: float, index: int) -> None:
    """Brings the parameter that `position` reads up to date."""
    wanted = f"{values[index]:g}"
    if st.query_params.get(key, f"{default:g}") != wanted:
        st.query_params[key] = wanted


def _read_address() -> tuple[str, str]:
    return st.query_params.get(_PICK, ""), st.query_params.get(_TEXT, "")


def write_address() -> None:
    """Brings the address up to date with what is picked."""
    pick = picks.last_pick()
    wanted = (picks.write_pick(pick), pick.text if isinstance(pick, picks.TextPick) else "")
    st.session_state[_SEEN] = wanted
    for name, before, after in zip((_PICK, _TEXT), _read_address(), wanted, strict=True):
        if after and after != before:
            st.query_params[name] = after
        elif before and not after:
            del st.query_params[name]
