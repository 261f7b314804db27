"""KL annealing: what keeps a VAE from collapsing, on shipped runs and on small ones."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from explorer.errors import ExplorerError
from explorer.evaluation.verdict import value_of
from explorer.experiments.everyday_sentences import everyday, recipe
from explorer.experiments.experiment import (
    Chart,
    Experiment,
    Figure,
    Link,
    Outcome,
    Series,
    Table,
    Watch,
    setting,
)
from explorer.explore.run import open_run
from explorer.explore.small_model import train_small
from explorer.runs import folder as folders

_COLLAPSED, _LITTLE, _USED = 0.2, 1.0, 4.0
"""Nats: a rate below the first is a collapse, one above the last none. Small models of everyday
sentences keep a little: what kind of sentence it is saves them half a nat."""
_SHIPPED = {
    "constant": "captions-collapsed",
    "linear": "captions-linear",
    "cyclical": "captions-cyclical",
    "floor": "captions-floor",
}


@dataclass(frozen=True)
class Settings:
    """What may be changed."""

    train: bool = setting(False, "train four small models instead")
    sentences: int = setting(3000, "training: everyday sentences", 200, 9000)
    epochs: int = setting(6, "training: epochs", 2, 30)
    floor: float = setting(6.0, "training: free nats of the floor on the rate", 1.0, 20.0)


def schedules(settings: Settings) -> dict[str, dict[str, Mapping[str, Any]]]:
    """What differs between the four trainings."""
    epochs = settings.epochs
    return {
        "constant": {},
        "linear": {"objective": _objective({"name": "linear", "epochs": epochs / 2})},
        "cyclical": {
            "objective": _objective({"name": "cyclical", "period": epochs / 4, "cycles": 4})
        },
        "floor": {
            "objective": {
                "rate": {"name": "floor", "nats": settings.floor},
                "schedule": {"name": "linear", "epochs": 1.0},
            },
            "training": {"pretrain_epochs": 1},
        },
    }


def _objective(schedule: Mapping[str, Any]) -> dict[str, Any]:
    return {"rate": {"name": "plain"}, "schedule": dict(schedule)}


def run(settings: Settings, seed: int, watch: Watch) -> Outcome:
    """The rate along four trainings that differ in how the KL term enters the loss."""
    curves = _trained(settings, seed, watch) if settings.train else _read(watch)
    rates = {name: curve.y[-1] for name, curve in curves.items()}
    limit = _LITTLE if settings.train else _COLLAPSED
    annealed = min(rates["linear"], rates["cyclical"])
    is_expected = rates["constant"] < min(limit, annealed) and rates["floor"] > _USED
    best = max(rates, key=rates.__getitem__)
    seen = (
        f"With β = 1 from the first step the final rate is {rates['constant']:.2f} nats. With a "
        f"linear ramp it is {rates['linear']:.2f}, with cycles {rates['cyclical']:.2f}, with the "
        f"floor {rates['floor']:.2f}. "
    )
    if is_expected:
        alone = max(rates["linear"], rates["cyclical"])
        seen += (
            "Annealing alone keeps z in use, and so does the floor."
            if alone > _USED
            else "Annealing alone helps a little; the floor keeps z in use."
        )
    else:
        seen += f"The highest is {best}: these settings do not show the claim."
    runs = ",".join(_SHIPPED.values())
    return Outcome(
        seen,
        is_expected,
        [Figure(f"rate, {name}", rate, "nats") for name, rate in rates.items()],
        [_chart(curves)],
        [
            Table(
                "Final rate",
                {
                    "schedule": list(rates),
                    "nats": [round(rate, 2) for rate in rates.values()],
                    **({} if settings.train else {"run": list(_SHIPPED.values())}),
                },
            )
        ],
        [
            Link("The four shipped runs side by side", "compare", {"runs": runs}),
            Link(
                "When and why the first one collapsed", "collapse", {"run": "captions-collapsed"}
            ),
        ],
    )


def _read(watch: Watch) -> dict[str, Series]:
    """The recorded rate of the shipped runs, and at the end that of the test sentences."""
    curves = {}
    for number, (name, run) in enumerate(_SHIPPED.items()):
        opened = open_run(run)
        path = opened.folder / folders.HISTORY
        try:
            with path.open(encoding="utf-8", newline="") as file:
                rows = [row for row in csv.DictReader(file) if row["validation_rate"]]
            points = [(float(row["epoch"]), float(row["validation_rate"])) for row in rows]
        except (OSError, KeyError, ValueError):
            raise ExplorerError(f"{path} cannot be read: reinstall the package") from None
        rate = value_of(opened.metrics, "rate")
        if rate is not None and points:
            points.append((points[-1][0] + 0.05, rate))
        curves[name] = Series.of(name, points)
        watch((number + 1) / len(_SHIPPED), f"reading {run}", [_chart(curves)])
    return curves


def _trained(settings: Settings, seed: int, watch: Watch) -> dict[str, Series]:
    data = everyday(settings.sentences)
    curves: dict[str, Series] = {}
    changes = schedules(settings)
    for number, (name, changed) in enumerate(changes.items()):
        points: list[tuple[float, float]] = []

        def report(item: Any, number: int = number, name: str = name, at: Any = points) -> None:
            if item.validation:
                at.append((item.epoch, item.validation["rate"]))
                curves[name] = Series.of(name, at)
            done = (number + item.epoch / item.epochs) / len(changes)
            watch(done, f"training: {name}", [_chart(curves)])

        training = {"validations": 4, **changed.get("training", {})}
        epochs = settings.epochs - int(training.get("pretrain_epochs", 0))
        config = recipe(seed, epochs, {**changed, "training": training})
        train_small(config, data.train, data.test, report)
    return curves


def _chart(curves: Mapping[str, Series]) -> Chart:
    series: Sequence[Series] = list(curves.values())
    label = "rate on held-out sentences, nats"
    return Chart("Rate during training", "epoch", label, series, log_y=True)


EXPERIMENT = Experiment(
    title="Annealing rescues the latent space",
    claim="With β = 1 from the start the KL term wins before the decoder has learned to use z. "
    "Raising β slowly, in cycles, or leaving a floor under the rate, lets z carry information.",
    trains="Nothing by default: four shipped runs on captions are compared. The first three "
    "differ only in the schedule of β; the decoder of the one with a floor hides no words. With "
    "train, four small models on 3,000 everyday sentences.",
    seconds=5,
    expected="With β = 1 the final rate is below 0.2 nats (trained here: below 1), with the "
    "floor above 4, and with annealing higher than with β = 1.",
    run=run,
    settings=Settings,
    change="Switch the training on (about 2 minutes): β = 1 then ends at about half a nat, "
    "enough to tell what kind of sentence it is, and only the floor ends above 4.",
    sketch=(
        (0.3, 0.03, 0.02, 0.02, 0.02, 0.02),
        (0.8, 0.4, 0.2, 0.15, 0.12, 0.12),
        (0.7, 0.2, 0.4, 0.15, 0.2, 0.08),
        (1.0, 0.95, 0.8, 0.72, 0.7, 0.7),
    ),
    code="""\
from explorer.experiments import annealing
from explorer.experiments.everyday_sentences import everyday, recipe
from explorer.explore.small_model import train_small

data, settings = everyday(3000), annealing.Settings(train=True)
for name, changed in annealing.schedules(settings).items():
    reports = []
    train_small(recipe(0, 6, changed), data.train, data.test, reports.append)
    print(name, round(reports[-1].validation["rate"], 2), "nats")
""",
)
