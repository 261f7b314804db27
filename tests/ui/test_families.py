"""Families of runs: those that differ in one part of their recipe, and agree in all else."""

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from explorer import config as configs
from explorer.explore import catalogue, recipe_diff
from explorer.explore.recipe_families import Family, families
from explorer.runs import folder as folders
from explorer.system.atomic_files import write_text
from explorer.ui.session.url import page_file

ROOT = Path(__file__).resolve().parents[2]
LINEAR = {"name": "linear", "epochs": 2.0}
CONSTANT = {"name": "constant"}


def recipe(seed: int = 0, points: int = 100, epochs: int = 3, **objective: Any) -> configs.Config:
    return configs.Config(
        seed=seed,
        corpus=configs.CorpusConfig(name="captions"),
        objective=configs.ObjectiveConfig(**objective),
        training=configs.TrainingConfig(epochs=epochs),
        atlas=configs.AtlasConfig(points=points),
    )


def with_part(table: str, part: str, value: Any) -> configs.Config:
    whole = recipe()
    return dataclasses.replace(
        whole, **{table: dataclasses.replace(getattr(whole, table), **{part: value})}
    )


def test_runs_that_differ_in_their_schedule_alone_are_a_family() -> None:
    found = families(
        {
            "a": recipe(schedule=LINEAR),
            "b": recipe(schedule=CONSTANT),
            "longer": recipe(schedule=CONSTANT, epochs=4),
        }
    )
    assert found == [
        Family("objective.schedule", ("a", "b")),
        Family("training.epochs", ("b", "longer")),
    ]
    assert found[0].title == "KL schedule"
    assert found[1].title == "training.epochs"


def test_the_same_recipe_twice_is_no_family() -> None:
    assert families({"a": recipe(), "b": recipe()}) == []


def test_a_map_with_more_points_makes_no_other_model() -> None:
    assert families({"a": recipe(), "b": recipe(points=200)}) == []
    many = {"a": recipe(), "b": recipe(seed=1, points=200)}
    assert families(many) == [Family("seed", ("a", "b"))]


def test_a_default_that_is_written_out_is_no_difference() -> None:
    assert (
        families({"a": recipe(schedule=LINEAR), "b": recipe(schedule=LINEAR | {"beta": 1.0})})
        == []
    )


WRITTEN_OUT = [
    ("model", "auxiliary", {"name": "bag_of_words"}, {"weight": 1.0}),
    ("training", "fit_prior", {"name": "mixture"}, {"components": 32}),
    ("training", "fine_tuning", {"name": "joint"}, {"epochs": 2, "nats": 8}),
    ("objective", "rate", {"name": "free_bits", "nats": 4}, {"nats": 4.0}),
]


@pytest.mark.parametrize(("table", "part", "short", "more"), WRITTEN_OUT)
def test_of_no_part_is_a_written_default_a_difference(
    table: str, part: str, short: dict[str, Any], more: dict[str, Any]
) -> None:
    a, b = (with_part(table, part, choice) for choice in (short, short | more))
    assert families({"a": a, "b": b}) == []
    assert recipe_diff.differing([a, b]) == []


def test_every_part_that_is_chosen_by_name_has_its_registry() -> None:
    chosen = {address for address, default, _ in configs.settings() if isinstance(default, dict)}
    chosen -= {"model.weights_of"}  # a record, not a choice by name
    assert set(catalogue.recipe_parts()) == chosen


def test_recipes_with_seeds_of_many_digits_are_told_apart() -> None:
    (line,) = recipe_diff.differing([recipe(seed=1234567), recipe(seed=1234568)])
    assert line.values == ("1234567", "1234568")
    rates = [with_part("training", "learning_rate", rate) for rate in (0.00123456, 0.001234561)]
    assert [line.address for line in recipe_diff.differing(rates)] == ["training.learning_rate"]


def test_a_family_is_called_by_what_its_runs_are_not_all_called() -> None:
    assert Family("model.prior", ("text-flow", "text-vamp")).label(4) == "Prior: flow, vamp"
    assert Family("seed", ("a1", "a2", "a3")).label(2) == "Seed: a1, a2, …"


def test_the_shipped_runs_hold_a_family_of_schedules_and_one_of_priors() -> None:
    """What the reader of a family is told: any two of its runs differ in that part alone."""
    shipped = [path for path in folders.list_runs() if not folders.is_report(path)]
    read = {path.name: configs.read(path / folders.CONFIG) for path in shipped}
    found = {family.part: family.names for family in families(read)}
    assert len(found["objective.schedule"]) >= 3
    assert len(found["model.prior"]) >= 3
    for part, names in found.items():
        lines = recipe_diff.differing([read[name] for name in names])
        assert all(line.address == part or line.address.startswith(part + ".") for line in lines)


@pytest.fixture
def page(tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """Compare, where `one` and `two` differ in their seed, and `other` in more."""
    monkeypatch.setattr(folders, "checkpoints", lambda: tmp_path / "checkpoints")
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("EXPLORER_RUNS", str(tmp_path / "runs"))
    for name, seed, points in (("one", 1, 7), ("two", 2, 8), ("other", 1, 7)):
        folder = tmp_path / "runs" / name
        shutil.copytree(tiny_run, folder)
        written = configs.read(folder / folders.CONFIG)
        changed = dataclasses.replace(
            written, seed=seed, atlas=dataclasses.replace(written.atlas, points=points)
        )
        if name == "other":
            training = dataclasses.replace(written.training, clip=1.5, patience=9)
            changed = dataclasses.replace(changed, training=training)
        write_text(folder / folders.CONFIG, configs.render(changed))
        folders.write_checksums(folder)
    at = AppTest.from_file(ROOT / "app.py", default_timeout=60).run()
    at.switch_page(str(page_file("compare")))
    return at


def test_a_click_on_a_family_puts_its_runs_side_by_side(page: AppTest) -> None:
    page.query_params["runs"] = "one,other"
    page.run()
    assert page.query_params["runs"] == "one,other"
    family = page.button_group(key="compared_family")
    assert family.options == ["Seed: one, two"]
    assert family.value is None

    family.select("Seed: one, two").run()
    assert page.query_params["runs"] == "one,two"
    assert page.button_group(key="compared_family").value == "Seed: one, two"
    assert not page.exception

    page.button_group(key="compared_family").unselect("Seed: one, two").run()
    assert page.query_params["runs"] == "one,two", "what is shown cannot be unsaid"
    assert page.button_group(key="compared_family").value == "Seed: one, two"

    page.multiselect(key="compared").set_value(["one", "other"]).run()
    assert page.button_group(key="compared_family").value is None


def test_families_that_would_be_called_alike_are_offered_by_their_whole_names(
    page: AppTest, tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    for number in (1, 2):
        folder = shutil.copytree(runs / ("one", "two")[number - 1], runs / f"your-{number}")
        (runs / ("one", "two")[number - 1]).rename(runs / f"my-{number}")
        written = configs.read(folder / folders.CONFIG)
        training = dataclasses.replace(written.training, clip=2.5)
        changed = dataclasses.replace(written, training=training)
        write_text(folder / folders.CONFIG, configs.render(changed))
        folders.write_checksums(folder)
    page.run()
    offered = page.button_group(key="compared_family").options
    assert {"Seed: my-1, my-2", "Seed: your-1, your-2"} <= set(offered)


def test_a_map_of_other_sentences_is_no_ablation() -> None:
    own = dataclasses.replace(
        recipe(),
        corpus=configs.CorpusConfig(path="mine.txt"),
        model=configs.ModelConfig(weights_of={"name": "run", "run": "a", "weights": "0" * 64}),
    )
    other = dataclasses.replace(own, corpus=configs.CorpusConfig(path="other.txt"))
    assert families({"mine": own, "other": other}) == []
