"""What a setting did is said from recorded metrics."""

from dataclasses import replace

import pytest

from explorer.config import Config, CorpusConfig
from explorer.explore import ablation
from explorer.explore.recipe_families import families
from explorer.explore.run_choice import Record
from tests.explore.test_run_choice import COLLAPSED, USES

BASE = Config(corpus=CorpusConfig(name="captions"))
PARTLY = USES | {
    "rate": {"value": 1.1},
    "mutual_information": {"value": 1.0, "n": 5000},
    "active_units": {"value": 4, "of": 32},
}


def said(metrics: dict[str, dict]) -> str:
    """The sentence on runs that differ in the KL schedule, by its name."""
    records = []
    for name, entries in metrics.items():
        objective = replace(BASE.objective, schedule={"name": name})
        records.append(Record(name, replace(BASE, objective=objective), entries))
    (family,) = families({record.name: record.config for record in records})
    return ablation.effect(family, records)


@pytest.mark.parametrize(
    ("metrics", "told"),
    [
        ({"constant": COLLAPSED, "linear": USES}, "decides here whether z is used"),
        ({"constant": COLLAPSED, "linear": PARTLY}, "did not prevent it"),
        ({"constant": COLLAPSED, "linear": COLLAPSED}, "does not make any run use z"),
        ({"constant": USES, "linear": USES | {"rate": {"value": 16.0}}}, "rises from 8"),
        ({"constant": USES, "linear": USES}, "hardly changes"),
    ],
)
def test_the_conclusion_follows_from_what_was_recorded(metrics: dict, told: str) -> None:
    text = said(metrics)
    assert told in text
    for name, entries in metrics.items():
        assert f"{name}: " in text and f"{entries['rate']['value']:.3f}"[:3] in text


def test_runs_that_were_not_measured_are_left_out() -> None:
    assert said({"constant": {}, "linear": USES}) == ""
