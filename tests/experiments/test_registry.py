"""Every experiment is whole, its settings are checked, and its outcome survives a file."""

import dataclasses
import json
import re

import pytest

from explorer.cli.main import main
from explorer.errors import ExplorerError
from explorer.experiments.experiment import (
    BARS,
    Chart,
    Figure,
    Link,
    Outcome,
    Series,
    Table,
    settings_of,
)
from explorer.experiments.registry import EXPERIMENTS, experiment, run_experiment
from explorer.system import shipped_files
from explorer.workspace import experiment_results
from explorer.workspace.experiment_results import Question

MAX_LINES = 13
OUTCOME = Outcome(
    "Seen <b>this</b>.",
    as_expected=False,
    figures=[Figure("a", 1.5, "nats")],
    charts=[Chart("c", "x", "y", [Series("s", ["a", "b"], [1.0, 2.0])], BARS)],
    tables=[Table("t", {"one": [1, 2], "other": ["$x$", "y"]})],
    links=[Link("Compare", "compare", {"runs": "a,b"})],
)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_an_experiment_says_all_before_it_runs(name: str) -> None:
    entry = EXPERIMENTS[name]
    assert re.fullmatch(r"[a-z-]+", name)
    assert all((entry.title, entry.claim, entry.trains, entry.expected, entry.change))
    assert entry.seconds > 0 and entry.sketch
    assert all(0 <= height <= 1 for row in entry.sketch for height in row)
    assert dataclasses.is_dataclass(entry.settings)
    for item in dataclasses.fields(entry.settings):
        assert item.metadata["about"]
        again = settings_of(entry, {item.name: str(item.default)})
        assert getattr(again, item.name) == item.default, "the default is valid, as text too"
    with pytest.raises(dataclasses.FrozenInstanceError):
        entry.settings().anything = 1


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_lines_of_a_notebook_are_few_and_compile(name: str) -> None:
    code = EXPERIMENTS[name].code
    compile(code, name, "exec")
    assert len(code.splitlines()) <= MAX_LINES
    assert max(map(len, code.splitlines())) <= 88


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"component": 3}, "there is no setting 'component': the settings are components"),
        ({"components": 1}, "components=1 is not between 2 and 100"),
        ({"components": "many"}, "components='many' is not a whole number"),
        ({"components": True}, "components=True is not a whole number"),
        ({"smoothing": "nan"}, "smoothing=nan is not between"),
        ({"smoothing": None}, "smoothing=None is not a number"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_right(values: dict, named: str) -> None:
    with pytest.raises(ExplorerError, match=re.escape(named)):
        settings_of(experiment("em"), values)


def test_the_help_lists_every_experiment_with_its_time() -> None:
    text = (shipped_files.PACKAGE / "help" / "experiments.md").read_text("utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    assert [line.split("`")[1] for line in lines] == list(EXPERIMENTS)
    for line, entry in zip(lines, EXPERIMENTS.values(), strict=True):
        assert line.split("|")[-2].strip().startswith(f"{entry.seconds:g} s")


def test_a_truth_value_is_read_strictly() -> None:
    entry = experiment("annealing")
    assert settings_of(entry, {"train": "TRUE"}).train is True
    with pytest.raises(ExplorerError, match="train='maybe' is not true or false"):
        settings_of(entry, {"train": "maybe"})


def test_an_experiment_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(ExplorerError, match="there is no experiment 'love': choose ignored-lat"):
        run_experiment("love")


def test_an_outcome_is_the_same_after_a_file() -> None:
    again = Outcome.from_json(json.loads(json.dumps(OUTCOME.as_json())))
    assert again == OUTCOME
    assert again["a"] == 1.5
    with pytest.raises(KeyError):
        again["b"]


def test_a_result_is_stored_by_settings_and_seed(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path))
    question = Question.of("em", {"components": "5"})
    assert experiment_results.stored(question) is None
    experiment_results.store(question, OUTCOME, 3.21)
    result = experiment_results.stored(Question.of("em", {"components": 5}))
    assert result is not None
    assert (result.outcome, result.seconds) == (OUTCOME, 3.2)
    assert experiment_results.stored(Question.of("em", {"components": 6})) is None
    assert experiment_results.stored(Question.of("em", {"components": 5}, seed=8)) is None
    question.path.write_text('{"outcome": {"seen": 1}, "seconds": 2}', encoding="utf-8")
    assert experiment_results.stored(question) is None, "of another version"


def test_a_question_is_the_command_that_asks_it() -> None:
    question = Question.of("annealing", {"train": True, "epochs": 6}, seed=4)
    assert question.arguments == ["experiment", "annealing", "--set", "train=true", "--seed", "4"]
    with pytest.raises(ExplorerError, match="seed -1"):
        Question.of("em", {}, seed=-1)


def test_the_command_lists_explains_and_refuses(capsys, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path))
    assert main(["experiment"]) == 0
    listed = capsys.readouterr().out
    assert all(name in listed and entry.title in listed for name, entry in EXPERIMENTS.items())
    assert main(["experiment", "em", "--about", "--set", "components=7"]) == 0
    about = capsys.readouterr().out
    assert EXPERIMENTS["em"].expected in about and re.search(r"components +7 ", about)
    assert main(["experiment", "em", "--set", "components"]) == 1
    assert "write KEY=VALUE" in capsys.readouterr().err


def test_the_command_runs_one_and_stores_what_it_gave(capsys, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path))
    assert main(["experiment", "annealing", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["as_expected"] and answer["settings"]["train"] is False
    result = experiment_results.stored(Question.of("annealing", {}))
    assert result is not None and result.outcome.seen == answer["seen"]
    assert main(["experiment", "annealing"]) == 0
    shown = capsys.readouterr().out
    assert "Expected: " in shown and "Seen, as expected: " in shown and "rate, floor" in shown
