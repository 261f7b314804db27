"""A run's map on a page of another Streamlit app, without the routes of this one."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any
from uuid import uuid4

from explorer.errors import ExplorerError
from explorer.explore.colourings import DEFAULT_COLOURING
from explorer.explore.map_views import DEFAULT_VIEW
from explorer.explore.run import Run
from explorer.map_component.bundle import assets, bundle
from explorer.map_component.map_event import read_event
from explorer.map_component.run_map import HEIGHT, RunMap, check_colour, check_view
from explorer.ui.map.component import ignore_change, state_of
from explorer.ui.map.scripts import STUB, base_path

_MAX_QUESTIONS = 64
"""Answered in one rerun; the map asks the rest again."""


def st_latent_map(
    run: Run,
    *,
    view: str = DEFAULT_VIEW,
    colour: str = DEFAULT_COLOURING,
    words: bool = False,
    height: int = HEIGHT,
    key: str = "latent_map",
) -> RunMap:
    """Draws a run's map on a Streamlit page; moving over it decodes, a pick reruns the page.

    What the map asks while the pointer moves reruns a fragment, not the page.

    Args:
        run: The run, with a map; cached by the page (`st.cache_resource`).
        view: A key of `explorer.explore.map_views.VIEWS`.
        colour: One of `explorer.explore.colourings.available(run)`.
        words: Whether decoded sentences are written all over the map.
        height: In CSS pixels.
        key: Identity of this map in the session.

    Returns:
        The map with its `pick`, `query`, `selection` and the selected `texts`.

    Raises:
        ExplorerError: If the run has no map, or a value is not possible.
    """
    import streamlit as st

    _ = run.needed_atlas  # before anything is drawn
    check_view(view)
    check_colour(run, colour)
    state = f"_{key}_state"
    before = st.session_state.get(state) or RunMap(run=run)
    if before.run.stamp != run.stamp:  # rows of another run, or another training of it
        before = RunMap(run=run)
    shown = replace(before, run=run, view=view, colour=colour, words=words, height=height)
    st.session_state[state] = shown
    st.session_state[f"_{key}_returned"] = st.session_state.get(f"_{key}_serial")
    st.fragment(_draw)(key)
    return st.session_state[state]


def _draw(key: str) -> None:
    """Draws the map with the answers to what it asked; reruns the page after a pick.

    A rerun of the page can be lost to one of a fragment, so that the next one asks for it again.
    """
    import streamlit as st

    state, last, returned = (f"_{key}_{what}" for what in ("state", "serial", "returned"))
    shown: RunMap = st.session_state[state]
    message = state_of(st.session_state.get(key), "message")
    message = message if isinstance(message, Mapping) else {}
    event = read_event(message.get("event"))
    if event is not None and event.serial != st.session_state.get(last):
        st.session_state[last] = event.serial
        shown = st.session_state[state] = shown.after(event)
    name = st.session_state.setdefault(f"_{key}_name", f"latent-map-{uuid4().hex}")
    data = {
        "name": name,
        "spec": shown.spec(name).as_data(),
        "heard": st.session_state.get(last),
        "answers": _answers(shown, message.get("questions")),
    }
    callbacks = {f"on_{what}_change": ignore_change for what in ("message", "webgl", "view")}
    _component(_bundle_url(key))(key=key, data=data, **callbacks)
    if st.session_state.get(last) != st.session_state.get(returned):
        st.rerun()


def _answers(shown: RunMap, questions: Any) -> list[dict[str, Any]]:
    """The answers to what the browser asks, which may be anything."""
    if not isinstance(questions, Sequence) or isinstance(questions, str):
        return []
    asked = [item for item in questions if isinstance(item, Mapping)]
    known = [item for item in asked if isinstance(item.get("question"), int)]
    return [_answer(shown, item) for item in known[:_MAX_QUESTIONS]]


def _answer(shown: RunMap, question: Mapping[str, Any]) -> dict[str, Any]:
    reply: dict[str, Any] = {"question": question["question"], "status": 200}
    try:
        answer = shown.answer(str(question.get("ask")), question.get("parameters"))
    except ExplorerError as error:
        return reply | {"status": 422, "text": json.dumps({"error": str(error)})}
    if isinstance(answer, bytes):
        return reply | {"bytes": base64.b64encode(answer).decode()}
    return reply | {"text": json.dumps(answer)}


def _bundle_url(key: str) -> str:
    """Address of the map's files, of Streamlit's store of media: each run of a page renews it."""
    from streamlit.runtime import get_instance

    files = get_instance().media_file_mgr
    return base_path() + files.add(_bundle(), "text/javascript", f"latent-map-{key}")


@cache
def _bundle() -> bytes:
    return bundle(assets()).encode()


@cache
def _component(url: str) -> Any:
    from streamlit.components import v2

    script = STUB.format(bundle=url, name="embedded", styles=json.dumps(["map"]))
    return v2.component("embedded_latent_map", js=script)
