"""`explorer experiment`: claims of a lecture, tried out."""

import argparse
import dataclasses
import time
from collections.abc import Sequence
from typing import Any

from explorer.cli.output import Progress, say, say_json, table
from explorer.errors import ExplorerError
from explorer.experiments.experiment import Chart, Experiment, Outcome
from explorer.experiments.registry import EXPERIMENTS
from explorer.system.durations import duration
from explorer.workspace import experiment_results
from explorer.workspace.experiment_results import Question

EXAMPLE = """\
examples:
  explorer experiment
  explorer experiment em
  explorer experiment em --set components=50 --seed 3
"""


def experiment_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLE
    parser.add_argument(
        "name", nargs="?", default="", metavar="NAME", help="default: list the experiments"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="change a setting"
    )
    parser.add_argument(
        "--seed", type=int, metavar="S", help="seed of all random choices; default: a typical one"
    )
    parser.add_argument(
        "--about",
        action="store_true",
        help="describe the experiment and its settings without running it",
    )


def experiment(args: argparse.Namespace) -> None:
    """Lists the experiments, or runs one."""
    if not args.name:
        return _list(args.json)
    question = Question.of(args.name, dict(map(_pair, args.set)), args.seed)
    if args.about:
        return _about(question, args.json)
    if not args.json:
        say(f"Expected: {question.experiment.expected}\n")
    begun = time.monotonic()
    outcome = _run(question)
    seconds = time.monotonic() - begun
    experiment_results.store(question, outcome, seconds)
    if args.json:
        return say_json(_as_json(question, outcome, seconds))
    return _show(outcome, seconds)


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise ExplorerError(f"--set {text}: write KEY=VALUE")
    return key, value


def _run(question: Question) -> Outcome:
    with Progress() as progress:
        stage = progress.stage()

        def watch(fraction: float, note: str, charts: Sequence[Chart] = ()) -> None:
            stage(note, fraction)
            if charts and progress.is_watched:
                progress.live({"charts": [dataclasses.asdict(chart) for chart in charts]})

        return question.experiment.run(question.settings, question.seed, watch)


def _list(as_json: bool) -> None:
    if as_json:
        return say_json({name: _entry(entry) for name, entry in EXPERIMENTS.items()})
    rows = [
        (name, entry.title, f"about {duration(entry.seconds)}")
        for name, entry in EXPERIMENTS.items()
    ]
    return say(table(("experiment", "claim", "time"), rows))


def _entry(entry: Experiment) -> dict[str, Any]:
    texts = ("title", "claim", "trains", "seconds", "expected", "change", "seed")
    settings = {
        item.name: {"default": item.default, "about": item.metadata["about"]}
        for item in dataclasses.fields(entry.settings)
    }
    return {name: getattr(entry, name) for name in texts} | {"settings": settings}


def _about(question: Question, as_json: bool) -> None:
    entry = question.experiment
    if as_json:
        return say_json(_entry(entry))
    say(f"{entry.title} (about {duration(entry.seconds)})\n\nClaim: {entry.claim}")
    say(f"Trains: {entry.trains}\nExpected: {entry.expected}")
    say(f"Change: {entry.change}" if entry.change else "")
    rows = [
        (item.name, str(getattr(question.settings, item.name)), item.metadata["about"])
        for item in dataclasses.fields(entry.settings)
    ]
    return say(table(("setting", "value", "meaning"), rows)) if rows else None


def _as_json(question: Question, outcome: Outcome, seconds: float) -> dict[str, Any]:
    return {
        "experiment": question.name,
        "settings": dataclasses.asdict(question.settings),
        "seed": question.seed,
        "seconds": round(seconds, 1),
    } | outcome.as_json()


def _show(outcome: Outcome, seconds: float) -> None:
    verdict = "as expected" if outcome.as_expected else "not as expected"
    say(f"Seen, {verdict}: {outcome.seen}\n")
    rows = [(item.name, f"{item.value:,.4g}", item.unit) for item in outcome.figures]
    say(table(("figure", "value", "unit"), rows, right=(1,)))
    for item in outcome.tables:
        say(f"\n{item.title}")
        lines = zip(*item.columns.values(), strict=True)
        say(table(list(item.columns), [[str(cell) for cell in line] for line in lines]))
    say(f"\n{duration(seconds)}; the page Experiments shows the charts.")
