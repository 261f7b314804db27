"""Settings of widgets that outlive a visit to another page."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import wraps
from typing import ParamSpec

import streamlit as st
from streamlit.errors import StreamlitAPIException

from explorer.explore.run import Run
from explorer.models.decoding_settings import RANGES

KEPT = (
    *("layout", "colour", "words", "read", "find", "text", "k", "from", "to", "steps", "way"),
    *("compared", "section", "told", "asked"),
    *("drawn", "dots", "tab"),
    *("applied", "moved"),
    *("part", "direction", "a", "b", "c", "towards", "away", "sentence", "order", "dimension"),
    *("strategy", *RANGES, "candidates", "unknown"),
    *("label", "relabelled", "label_strength"),
    *("code", "category"),
)
"""Widgets whose values are kept; each is a parameter of the address too. A typed sentence is
written there with what is picked."""


_WITHOUT_PARAMETER = ("text", "compared")
"""Those that Streamlit forgets in any rerun without their widget, even a fragment's."""


def keep_settings() -> None:
    """Saves widgets of other pages from being forgotten: a value that is set again is kept."""
    for key in KEPT:
        if key in st.session_state:
            st.session_state[key] = st.session_state[key]


Arguments = ParamSpec("Arguments")
_SEEN = "_settings_seen"
_ABSENT = object()
_guards: list[Callable[[], AbstractContextManager[None]]] = [nullcontext]


def fragment(show: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """A Streamlit fragment whose reruns leave no setting out of the address.

    A widget writes its parameter in the browser, and Streamlit writes the whole address when a
    script sets another parameter. A fragment's rerun may overtake the first and undo it; a value
    that is set again is written again.
    """

    @st.fragment
    @wraps(show)
    def shown(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        _keep_changed()
        guarded(show)(*args, **kwargs)

    return shown


def guarded(show: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """A function for `st.fragment` that shows an error of a person as the rest of a page does.

    An error does not leave a fragment: Streamlit shows it there, with its traceback.
    """

    @wraps(show)
    def shown(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        with _guards[-1]():
            show(*args, **kwargs)

    return shown


def guard_fragments(guard: Callable[[], AbstractContextManager[None]]) -> None:
    """Sets what shows the errors of all fragments."""
    _guards[:] = [guard]


def _keep_changed() -> None:
    """Saves what changed since the last rerun; all else is in the address by now."""
    known = st.session_state
    seen = known.setdefault(_SEEN, {})
    for key in KEPT:
        is_forgotten = key in _WITHOUT_PARAMETER
        if key in known and (is_forgotten or seen.get(key, _ABSENT) != known[key]):
            seen[key] = known[key]
            with suppress(StreamlitAPIException):  # outside the fragment, in a full run
                known[key] = known[key]


def example(run: Run, key: str, text: str) -> str:
    """What a text box starts with; a box left at another run's example follows to this run's.

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
