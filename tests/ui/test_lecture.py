"""Lecture mode: every shipped scene opens on its run and says what to see, as text."""

import html
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from explorer.explore import lecture
from explorer.ui.lecture import bar
from explorer.ui.session.url import page_file

ROOT = Path(__file__).resolve().parents[2]
SCENES = lecture.read(bar.SHIPPED)


def opened(link: str) -> AppTest:
    parts = urlsplit(link)
    at = AppTest.from_file(ROOT / "app.py", default_timeout=120)
    for key, value in parse_qsl(parts.query):
        at.query_params[key] = value
    at.run()
    if parts.path not in ("", "./"):
        at.switch_page(str(page_file(parts.path)))
        for key, value in parse_qsl(parts.query):
            at.query_params[key] = value
        at.run()
    assert not at.exception
    return at


def section(at: AppTest) -> str:
    bodies = (item.proto.body for item in at.get("html"))
    return next((body for body in bodies if 'class="lecture"' in body), "")


def visible(at: AppTest) -> str:
    kinds = (at.markdown, at.caption, at.header, at.info)
    bodies = [item.value for kind in kinds for item in kind]
    return "\n".join([*bodies, *(item.proto.body for item in at.get("html"))])


POINTS = {
    "collapse": "collapsed",
    "annealing": "schedule",
    "path": "distinct sentences",
    "exact": "distinct sentences",
    "labels": "The same z, decoded with each label",
    "codes": "With the most frequent values of this code",
    "holes": "prior",
}


@pytest.mark.slow
@pytest.mark.parametrize("number", range(1, len(SCENES) + 1))
def test_every_shipped_scene_opens_and_shows_its_point(number: int) -> None:
    scene = SCENES[number - 1]
    at = opened(bar.link(scene, number))
    assert not at.error
    said = section(at)
    assert html.escape(scene.see) in said and f"{number} / {len(SCENES)}" in said
    assert POINTS[scene.shows] in visible(at).replace(said, "")


def test_the_text_of_a_scene_is_text(monkeypatch, tmp_path: Path, tiny_run: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        '[[scene]]\ntitle = "<b>T</b>"\nsee = "<script>alert(1)</script>"\npage = "model"\n'
        'run = "<i>no</i>"\n'
    )
    monkeypatch.setenv("EXPLORER_RUNS", str(tiny_run))
    monkeypatch.setenv(lecture.FILE, str(path))
    said = section(opened("model?scene=1"))
    assert "<script>" not in said and "<b>T</b>" not in said and "<i>no" not in said
    assert html.escape("There is no run <i>no</i> here") in said


def test_a_broken_file_is_one_sentence_on_the_page(monkeypatch, tmp_path, tiny_run: Path) -> None:
    monkeypatch.setenv("EXPLORER_RUNS", str(tiny_run))
    monkeypatch.setenv(lecture.FILE, str(tmp_path / "none.toml"))
    at = opened("lecture")
    assert ["cannot be read" in item.value for item in at.error] == [True]


def test_without_a_scene_there_is_no_bar(monkeypatch, tiny_run: Path) -> None:
    monkeypatch.setenv("EXPLORER_RUNS", str(tiny_run))
    for link in ("model", "model?scene=99", "model?scene=x"):
        assert section(opened(link)) == ""
