"""The pages of a run of vectors: every location answers, typed text with its encoder at hand."""

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from explorer.runs import folder as folders
from explorer.ui.app import PAGES
from explorer.ui.session.url import page_file
from tests import given, tiny

ROOT = Path(__file__).resolve().parents[2]
SENTENCE = tiny.sentences(200)[12]


@pytest.fixture
def page(given_run, tmp_path, monkeypatch):
    """Opens a page of the run; with its encoder at hand or without."""
    monkeypatch.setattr(folders, "checkpoints", lambda: tmp_path / "checkpoints")
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))

    def start(name, is_encoder_at_hand=False, **parameters) -> AppTest:
        folder = tmp_path / f"given-{is_encoder_at_hand}".lower()
        if not folder.exists():
            shutil.copytree(given_run, folder)
            if is_encoder_at_hand:
                given.register(monkeypatch)
                given.with_encoder(folder)
        monkeypatch.setenv("EXPLORER_RUNS", str(folder))
        at = AppTest.from_file(ROOT / "app.py", default_timeout=90)
        for key, value in {"run": folder.name, **parameters}.items():
            at.query_params[key] = value
        at.run()
        if name != "map":
            at.switch_page(str(page_file(name))).run()
        assert not at.exception and not at.error, name
        return at

    return start


def shown(at):
    return " ".join(item.value for item in (*at.markdown, *at.caption, *at.error))


@pytest.mark.parametrize("name", sorted(set(PAGES) - {"text", "playback", "lecture"}))
def test_every_page_opens_without_the_encoder(page, name):
    page(name)


def test_without_the_encoder_a_location_is_decoded_and_a_sentence_says_what_is_missing(page):
    at = page("map", at="0.1,0.2")
    assert "Decoded" in shown(at) and "Typed text needs the encoder" in shown(at)
    assert "Round trip" not in shown(at) and "cosine **" not in shown(at)
    box = next(item for item in at.text_input if item.label == "Type a sentence")
    assert box.disabled
    at = page("map", at="12")
    assert "from its encoding" in shown(at)


def test_with_the_encoder_the_nearest_of_four_and_its_cosine_are_shown(page):
    at = page("map", True, at="0.1,0.2")
    assert "Best of 4 decodes" in shown(at) and "cosine **" in shown(at)
    assert "Round trip" in shown(at) and "Typed text needs" not in shown(at)
    box = next(item for item in at.text_input if item.label == "Type a sentence")
    box.set_value("a nurse waits on a boat").run()
    assert not at.exception and "Your sentence" in shown(at)
    at = page("map", True, at="12", candidates="1")
    assert "Best of" not in shown(at)
