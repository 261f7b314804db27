"""Pins name what a page shows, a failure loses no typed word, and a long table is in pages."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from explorer.explore.run import Run, open_run
from explorer.explore.selection_table import ordered
from explorer.ui.selection import table
from explorer.ui.session.picks import MapPick, SentencePick, TextPick
from explorer.workspace import notes

ROOT = Path(__file__).resolve().parents[2]
Open = Callable[..., AppTest]


@pytest.fixture
def app(app: Open) -> Open:
    """Opens the app on the tiny run with the form of *Pin*: a page, a pick, an address."""

    def start(page: str = "map", pick: Any = None, **address: str) -> AppTest:
        at = app(page, pick, **address)
        at.session_state["pin_open"] = True
        at.run()
        assert not at.exception
        return at

    return start


@pytest.fixture(scope="module")
def run(tiny_run: Path) -> Run:
    return open_run(tiny_run)


def pinned(at: AppTest) -> notes.Note:
    at.text_area(key="pin_note").set_value("a note").run()
    at.button(key="pin_save").click().run()
    assert not at.exception
    (note,) = notes.notes()
    assert (note.note, note.run) == ("a note", "tiny")
    return note


def test_each_pin_says_what_the_page_shows(app: Open, run: Run) -> None:
    for (page, pick, address), (kind, title) in {
        ("map", SentencePick(4), ()): ("sentence", run.texts[4]),
        ("map", TextPick("a dog sings"), ()): ("sentence", "a dog sings"),
        ("map", MapPick(0.0, 0.0), ()): ("location", run.decode(run.at(0.0, 0.0).z[None])[0]),
        ("map", None, ("select=words:dog",)): ("selection", "words “dog”"),
        ("map", None, ()): ("view", "Map"),
        ("collapse", None, ()): ("view", "Collapse"),
        ("paths", None, ("from=a dog", "to=a cat")): ("path", "a dog → a cat"),
        ("arithmetic", None, ("a=one", "b=two", "c=three")): ("direction", "two − one + three"),
    }.items():
        note = pinned(app(page, pick, **dict(part.split("=") for part in address)))
        assert (note.page, note.kind, note.title) == (page, kind, title)
        assert note.parameters["run"] == "tiny"
        notes.delete(note.id)


def test_a_comparison_is_pinned_with_both_selections(app: Open) -> None:
    note = pinned(app(select="words:dog", held="words:robot", comparing="true"))
    assert (note.kind, note.title) == ("comparison", "words “robot” / words “dog”")
    assert note.parameters["held"] == "words:robot"


def test_what_cannot_be_saved_stays_typed(app: Open, tmp_path: Path) -> None:
    at = app()
    (tmp_path / "home").mkdir(exist_ok=True)
    (tmp_path / "home" / "jobs").write_text("")  # no folder can be made there
    at.text_area(key="pin_note").set_value("a long thought").run()
    at.button(key="pin_save").click().run()
    assert "cannot be written" in " ".join(item.value for item in at.error)
    assert at.text_area(key="pin_note").value == "a long thought"


def test_a_table_of_many_sentences_is_in_pages(
    app: Open, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "PAGE", 30)
    rows = run.select("length:1..")
    at = app(select="length:1..", listed_by="Rate", listed_page="2")
    (listed,) = at.dataframe
    wanted = ordered(run, rows, "rate")[30:60]
    assert listed.value["sentence"].tolist() == [run.texts[row] for row in wanted.tolist()]
    assert f"31 to 60 of {len(rows)} in this order" in [item.value for item in at.caption]
