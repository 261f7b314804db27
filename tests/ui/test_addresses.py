"""State, address, state again: what a person sets reopens from its link, in whatever order."""

import random
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from explorer.explore import map_views, point_colours
from explorer.explore.run import Run, open_run
from explorer.ui.components.decode_settings import STRATEGIES
from explorer.ui.session import compared_names
from explorer.ui.session.picks import MapPick, SentencePick, TextPick, read_pick, write_pick

WALKS = 500
TEXTS = ("a dog sleeps", "50 % off & more = ?", "שלום #1", "a+b, c", " the robot ")
CHOICES = {
    "layout": list(map_views.VIEWS),
    "colour": [],
    "words": [True, False],
    "find": list(TEXTS),
    "strategy": list(STRATEGIES),
    "temperature": [0.1, 0.7, 1.0, 2.0],
    "top_k": [1, 40, 200],
    "top_p": [0.05, 0.9, 1.0],
    "beam": [1, 5, 20],
    "penalty": [1.0, 1.2, 1.55],
    "seed": [0, 7, 2**31 - 1],
    "unknown": [True, False],
    "way": ["linear", "spherical"],
    "steps": [3, 9, 25],
    "from": list(TEXTS),
    "to": list(TEXTS),
}


def _page() -> None:
    """The settings of the map and of Paths, without what they are for."""
    import streamlit as st

    from explorer.ui.click import search
    from explorer.ui.components import path_controls
    from explorer.ui.map import view
    from explorer.ui.paths import path
    from explorer.ui.session import picks, settings, url

    run = st.session_state["opened"]
    picks.set_current_run(run)
    url.follow_address("map")
    settings.keep_settings()
    picks.pick_of(run)
    wanted = st.session_state.get("wanted")
    if isinstance(wanted, picks.TextPick):
        picks.type_text(wanted.text)
    elif "wanted" in st.session_state:
        picks.set_pick(wanted)
    view.controls(run, can_be_read=True)
    search.inputs(run)
    path.ends(run)
    path_controls.path_controls()
    url.write_address()


def _opened(run: Run, address: dict) -> AppTest:
    at = AppTest.from_function(_page, default_timeout=60)
    at.session_state["opened"] = run
    for key, value in address.items():
        at.query_params[key] = value
    at.run()
    assert not at.exception
    return at


def _state(at: AppTest) -> dict:
    widgets = (at.selectbox, at.toggle, at.slider, at.text_input, at.number_input)
    values = {item.key: item.value for kind in widgets for item in kind if item.key}
    values |= {item.key: item.value for item in at.get("button_group")}
    return values | {"pick": at.session_state["_pick"]}


@pytest.mark.parametrize(
    ("first", "last"),
    [
        pytest.param(0, 40, marks=pytest.mark.slow),
        pytest.param(40, WALKS, marks=(pytest.mark.soak, pytest.mark.timeout(3000))),
    ],
)
def test_what_is_set_in_any_order_reopens_from_its_address(
    tiny_run: Path, first: int, last: int
) -> None:
    run = open_run(tiny_run)
    picks = [None, SentencePick(3), MapPick(1.25, -0.5), TextPick("a dog & a cat")]
    choices = {**CHOICES, "colour": list(point_colours.available(run.atlas))}
    at = _opened(run, {})
    for walk in range(first, last):
        chance = random.Random(walk)
        if walk % 20 == 0:
            at = _opened(run, {})
        for key in chance.sample(sorted(choices), chance.randrange(1, 6)):
            at.session_state[key] = chance.choice(choices[key])
            if chance.random() < 0.3:
                at.run()
        at.session_state["wanted"] = chance.choice(picks)
        at.run()
        assert not at.exception
        address = {key: at.query_params[key] for key in at.query_params}
        again = _opened(run, address)
        assert _state(again) == _state(at), address
        assert dict(again.query_params) == dict(at.query_params)


def test_a_pick_and_names_survive_their_address() -> None:
    chance = random.Random(1)
    for _ in range(WALKS):
        numbers = [round(chance.uniform(-9e5, 9e5), 4) for _ in range(2)]
        for pick in (SentencePick(chance.randrange(10**6)), MapPick(*numbers), TextPick("a b")):
            assert read_pick(write_pick(pick), "a b", 10**6) == pick
        names = ["".join(chance.choices("ab,% c/é", k=5)) for _ in range(chance.randrange(1, 5))]
        written = compared_names.write_names(names)
        assert compared_names.read_names(written) == list(dict.fromkeys(names))
