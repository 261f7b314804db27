"""Scenes of a lecture: a good file is read, a bad one refused with one sentence."""

from pathlib import Path

import pytest

from explorer.errors import ExplorerError
from explorer.explore import lecture
from explorer.ui.lecture import bar
from explorer.ui.session import open_runs

GOOD = 'title = "One"\nsee = "Look at <b>this</b>."\npage = "paths"\n'


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "scenes.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_scene_has_its_page_runs_and_parameters(tmp_path: Path) -> None:
    path = write(tmp_path, f'[[scene]]\n{GOOD}run = "mine"\naddress = {{ steps = "5" }}\n')
    (scene,) = lecture.read(path)
    assert (scene.page, scene.runs, scene.address) == ("paths", ("mine",), {"steps": "5"})
    assert lecture.runs_of(scene, ()) == (
        (),
        "There is no run mine here: a different one is shown.",
    )


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "scene"),
        ("scene = 3", "scene"),
        ("scene = [3]", "table"),
        ("[[scene", "TOML|scenes"),
        ("[[scene]]\n" + GOOD, "one of shows"),
        (f'[[scene]]\n{GOOD}shows = "all"', "collapse"),
        (f'[[scene]]\n{GOOD}shows = "collapse"\nrun = "a"', "one of shows"),
        (f'[[scene]]\n{GOOD}run = "a"\nscript = "x"', "script"),
        (f'[[scene]]\n{GOOD}run = "a"\naddress = {{ run = "b" }}', "'run'"),
        (f'[[scene]]\n{GOOD}run = "a"\naddress = {{ steps = 9 }}', "steps"),
        (f'[[scene]]\n{GOOD.replace("paths", "../x")}run = "a"', "../x"),
        (f"[[scene]]\n{GOOD}runs = []", "one to four"),
        (f'[[scene]]\n{GOOD.replace("One", "x" * 81)}run = "a"', "81"),
        (f'[[scene]]\n{GOOD}run = "a"\n' * 101, "101"),
    ],
)
def test_a_bad_file_is_refused_with_one_sentence(tmp_path: Path, text: str, word: str) -> None:
    with pytest.raises(ExplorerError, match=word) as caught:
        lecture.read(write(tmp_path, text))
    assert "\n" not in str(caught.value) and "scenes.toml" in str(caught.value)


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "none.toml", tmp_path / "bytes"):
        with pytest.raises(ExplorerError, match=path.name):
            lecture.read(path)


def test_every_shipped_scene_has_a_run_that_shows_it() -> None:
    records = open_runs.records()
    by_name = {record.name: record for record in records}
    scenes = lecture.read(bar.SHIPPED)
    assert {scene.shows for scene in scenes} == set(lecture.ROLES)
    for scene in scenes:
        runs, note = lecture.runs_of(scene, records)
        assert runs and not note, scene.title
        assert all(by_name[name].has_map for name in runs)
    runs = {scene.shows: lecture.runs_of(scene, records)[0] for scene in scenes}
    assert [by_name[name].ignores_z for name in runs["collapse"]] == [True, False]
    assert by_name[runs["holes"][0]].uses_z
    schedules = {str(by_name[name].config.objective.schedule) for name in runs["annealing"]}
    assert len(schedules) == len(runs["annealing"]) > 1
    assert by_name[runs["labels"][0]].config.model.labels
