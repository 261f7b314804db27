"""Of two runs with one name, what a page or a message says to type is about the one meant."""

import os
import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from explorer.cli.main import main
from explorer.errors import ExplorerError
from explorer.explore.baseline_fit import linear_baselines
from explorer.explore.export_map import export
from explorer.explore.map_views import view_of
from explorer.explore.run import open_run
from explorer.runs import folder as folders
from explorer.ui.session.url import page_file
from tests import tiny

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def second(tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The second of two runs called `my`; its path needs quotes."""
    monkeypatch.setattr(folders, "checkpoints", lambda: tmp_path / "checkpoints")
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(
        "explorer.ui.session.open_runs._runs", {}
    )  # those of another test are gone
    places = [tmp_path / "here" / "my", tmp_path / "over there" / "my"]
    for place in places:
        shutil.copytree(tiny_run, place)
    (places[0] / folders.ATLAS).unlink()  # or both would be one run, copied
    folders.write_checksums(places[0])
    monkeypatch.setenv("EXPLORER_RUNS", os.pathsep.join(str(place.parent) for place in places))
    return places[1]


def meant(code: str) -> Iterator[str]:
    """What each command and each `open_run` of a page names."""
    yield from re.findall(r"open_run\('(.+?)'\)", code)
    for line in code.splitlines():
        if line.startswith("explorer "):
            yield shlex.split(line)[2]


def test_a_command_names_the_folder_it_was_asked_about(second: Path) -> None:
    first = folders.find("my")
    assert folders.command("atlas", first) == "explorer atlas my"
    told = folders.command("train", second, "--restart")
    assert shlex.split(told) == ["explorer", "train", str(second), "--restart"]


@pytest.mark.parametrize("page", ["paths", "arithmetic", "prior", "collapse", "model"])
def test_every_command_of_a_page_is_about_the_run_of_the_page(second: Path, page: str) -> None:
    at = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    at.query_params["run"] = str(second)
    at.run()
    at.switch_page(str(page_file(page))).run()
    assert not at.exception
    named = [name for item in at.code for name in meant(item.value)]
    assert named and set(named) == {str(second)}


@pytest.mark.parametrize("told", ["Reconstruction", "Prior samples", "Path", "Posterior draws"])
def test_runs_side_by_side_are_each_named_by_their_commands(second: Path, told: str) -> None:
    at = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    at.query_params["runs"] = f"my,{second}"
    at.query_params["section"], at.query_params["told"] = "Sentences", told
    at.run()
    at.switch_page(str(page_file("compare"))).run()
    assert not at.exception
    assert {"my", str(second)} <= {name for item in at.code for name in meant(item.value)}


def test_the_recipes_that_are_compared_are_those_of_the_two_runs(second: Path) -> None:
    written = (second / folders.CONFIG).read_text("utf-8").replace("seed = 0", "seed = 1", 1)
    (second / folders.CONFIG).write_text(written, "utf-8")
    at = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    at.query_params["runs"] = f"my,{second}"
    at.run()
    at.switch_page(str(page_file("compare"))).run()
    command = next(item.value for item in at.code if item.value.startswith("diff "))
    read = [Path(name).read_text("utf-8") for name in shlex.split(command)[1:]]
    assert read == [(folders.find("my") / folders.CONFIG).read_text("utf-8"), written]


@pytest.mark.parametrize(
    "ask",
    [
        lambda run, out: run.neighbours("a dog"),
        lambda run, out: export(run, out / "map.csv"),
        lambda run, out: view_of(run, "pca").xy,
    ],
)
def test_a_missing_map_is_told_in_one_sentence(
    second: Path, tmp_path: Path, ask: Callable[..., object]
) -> None:
    (second / folders.ATLAS).unlink()
    with pytest.raises(ExplorerError) as error:
        ask(open_run(second), tmp_path)
    assert str(error.value) == folders.no_map(second)
    assert f"`explorer atlas {shlex.quote(str(second))}`" in str(error.value)


def test_other_words_for_a_missing_map_name_the_same_command(
    second: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (second / folders.ATLAS).unlink()
    draws = folders.command("atlas", second)
    main(["arithmetic", str(second), "a dog", "two cats", "a girl"])
    assert draws in capsys.readouterr().err
    run = open_run(second)
    tiny.without_corpus(run)
    with pytest.raises(ExplorerError, match="over there") as error:
        linear_baselines(run)
    assert draws in str(error.value)


@pytest.mark.parametrize("section", ["Maps", "Figures"])
def test_a_run_and_its_copy_side_by_side_have_what_any_two_have(
    second: Path, tiny_run: Path, section: str
) -> None:
    shutil.copy(tiny_run / folders.ATLAS, folders.find("my") / folders.ATLAS)
    folders.write_checksums(folders.find("my"))
    at = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    at.query_params["runs"], at.query_params["section"] = f"my,{second}", section
    at.session_state["pictures"] = True
    at.run()
    at.switch_page(str(page_file("compare"))).run()
    assert not at.exception and not at.error
    if section == "Figures":
        commands = [item.value for item in at.code]
        assert {"my", str(second)} <= {name for command in commands for name in meant(command)}
