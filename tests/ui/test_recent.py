"""Laws of the recent picks: undo, redo, the list, and the trail on the map."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from explorer.ui.session.picks import MapPick, SentencePick
from explorer.ui.session.recent_picks import MOST, Recent, Visit


def visit(index: int) -> Visit:
    return Visit(SentencePick(index), "umap", f"sentence {index}", (0.0, float(index)))


def test_undo_goes_back_and_a_new_pick_replaces_what_could_be_redone() -> None:
    recent = Recent()
    for index in (1, 2, 2, 3):
        recent.note(visit(index))
    assert [item.pick.index for item in recent.visits] == [1, 2, 3]
    assert recent.go(recent.at - 1) == visit(2) and recent.go(5) is None and recent.at == 1
    recent.note(visit(2))
    assert len(recent.visits) == 3, "what is picked again by undo is no new pick"
    recent.note(visit(7))
    assert [item.pick.index for item in recent.visits] == [1, 2, 7]
    for index in range(50):
        recent.note(visit(100 + index))
    assert len(recent.visits) == MOST and recent.at == MOST - 1


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, runs: Path, tiny_run: Path) -> AppTest:
    monkeypatch.setenv("EXPLORER_RUNS", str(tiny_run))
    at = AppTest.from_file(Path(__file__).parents[2] / "app.py", default_timeout=90)
    at.query_params["at"] = "3"
    at.query_params["run"] = "tiny"
    return at.run().run()


def test_the_page_undoes_and_redoes_picks_of_any_kind(page: AppTest) -> None:
    assert not page.exception and "recent_undo" not in keys(page)
    page.session_state["_pick"] = MapPick(0.5, 0.25)
    page.run()
    page.text_input(key="text").set_value("a dog sleeps").run()
    assert not page.exception
    assert page.button(key="recent_redo").disabled
    page.button(key="recent_undo").click().run()
    assert page.session_state["_pick"] == MapPick(0.5, 0.25)
    page.button(key="recent_undo").click().run()
    assert page.session_state["_pick"] == SentencePick(3)
    assert page.query_params["at"][0] == "3"
    assert page.button(key="recent_undo").disabled
    page.button(key="recent_redo").click().run()
    page.button(key="recent_redo").click().run()
    assert page.text_input(key="text").value == "a dog sleeps"
    assert not page.exception


def keys(at: AppTest) -> set[str]:
    return {item.key for item in at.button if item.key}
