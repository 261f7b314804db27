"""The pages of a run of codes: chips to swap on the map, a histogram of use on Collapse."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from explorer.ui.app import PAGES
from explorer.ui.session.url import page_file
from tests.ui.conftest import ROOT, runs

__all__ = ["runs"]  # a fixture


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, runs: Path, code_run: Path):
    """Opens a page of the run of codes."""
    monkeypatch.setenv("EXPLORER_RUNS", str(code_run))

    def start(name: str, **address: str) -> AppTest:
        at = AppTest.from_file(ROOT / "app.py", default_timeout=90)
        for key, value in address.items():
            at.query_params[key] = value
        at.run()
        if name != "map":
            at.switch_page(str(page_file(name))).run()
        assert not at.exception and not at.error, name
        return at

    return start


@pytest.mark.parametrize("name", sorted(set(PAGES) - {"text", "lecture"}))
def test_every_page_opens(page, name: str) -> None:
    page(name)


def test_a_code_is_swapped_and_the_sentence_read_again(page, code_run: Path) -> None:
    at = page("map", at="12")
    chips = next(item for item in at.get("button_group") if item.key == "code")
    assert list(chips.options) == [f"{n}: {c}" for n, c in _own(code_run)]
    chips.set_value(3).run()
    assert not at.exception and not at.error
    box = next(item for item in at.selectbox if item.label.startswith("Code 3:"))
    assert len(box.options) == 7
    assert "most frequent values" in " ".join(item.value for item in at.caption)
    assert at.query_params["code"] == "3" and "category" not in at.query_params
    box.select_index(3).run()
    assert not at.exception
    category = at.session_state["category"]
    assert at.query_params["category"] == str(category)
    again = page("map", at="12", code="3", category=str(category))
    boxes = [item for item in again.selectbox if item.label.startswith("Code 3:")]
    assert [item.value for item in boxes] == [category]
    next(item for item in at.get("button_group") if item.key == "code").set_value(1).run()
    assert at.query_params["code"] == "1" and "category" not in at.query_params


@pytest.mark.parametrize("code", ["9", "0", "-1", "x", "²", "9" * 5000])
def test_a_code_in_the_address_that_is_none_chooses_nothing(page, code: str) -> None:
    at = page("map", at="12", code=code)
    assert not any(item.label.startswith("Code ") for item in at.selectbox)
    assert "code" not in at.query_params


def test_collapse_shows_how_often_each_category_is_used(page) -> None:
    at = page("collapse")
    said = " ".join(item.value for item in (*at.markdown, *at.caption))
    assert "Use of the codes" in said and "of 32" in said
    assert "Variance of the posterior means" not in said


def _own(folder: Path) -> list[tuple[int, int]]:
    from explorer.explore.run import open_run

    run = open_run(folder)
    return list(enumerate(run.codes(run.needed_atlas.mean[12]).tolist(), 1))
