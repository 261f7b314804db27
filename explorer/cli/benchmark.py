"""`explorer benchmark`: a published table, its recipes and our metrics beside it."""

import argparse
import shlex
from pathlib import Path
from typing import Any

from explorer import config as configs
from explorer.cli import document_table
from explorer.cli.output import say, say_json, table
from explorer.errors import ExplorerError, within
from explorer.evaluation.published import BENCHMARKS, Row, name, settings
from explorer.evaluation.published_documents import DOCUMENT_BENCHMARKS
from explorer.runs import folder as folders
from explorer.training.fine_tuning import after, passes

EXAMPLE = """\
example:
  explorer benchmark ptb                     the table, with the metrics so far
  explorer benchmark ptb --make              write a recipe for every row to checkpoints/
  explorer benchmark ptb --commands          the commands of each row, one row per line
  explorer benchmark 20news --baselines      documents: both perplexities, coherence, diversity

All rows but the short ones train for 45 epochs, those marked AE for 20 more as an autoencoder:
minutes on a data-centre GPU, hours on two cores. Any row can be stopped and resumed.
"""

_NAMES = ", ".join((*BENCHMARKS, *DOCUMENT_BENCHMARKS))
_FIGURES = {
    "perplexity": "importance_ppl",
    "information": "mutual_information",
    "units": "active_units",
    "elbo": "elbo",
    "rate": "rate",
}


def benchmark_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLE
    parser.add_argument("name", metavar="NAME", help=f"one of {_NAMES}")
    parser.add_argument(
        "--baselines",
        action="store_true",
        help="for documents: also fit mixtures and LDA (minutes)",
    )
    parser.add_argument("--make", action="store_true", help="write the runs' recipes")
    parser.add_argument("--commands", action="store_true", help="print the commands of each row")
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="seed of the runs (default 0)"
    )


def benchmark(args: argparse.Namespace) -> None:
    """Prints the table, its commands, or writes its recipes."""
    if args.name in DOCUMENT_BENCHMARKS:
        if args.make or args.commands:
            raise ExplorerError(
                f"{args.name}: create a run with `explorer new RUN --corpus {args.name}`"
            )
        return document_table.print_table(args.name, args.baselines, args.json)
    if args.name not in BENCHMARKS:
        raise ExplorerError(f"{args.name!r} is not one of {_NAMES}")
    within("--seed", args.seed, 0, 2**32 - 1)
    corpus, rows = BENCHMARKS[args.name]
    named = {name(run, args.seed): row for run, row in rows.items()}
    if args.make:
        _make(corpus, named, args.seed, args.json)
    elif args.commands:
        lines = {
            run: [*_made(run, corpus, row, args.seed), *_rest(run)] for run, row in named.items()
        }
        if args.json:
            return say_json(lines)
        for commands in lines.values():
            say(" && ".join(commands))
    else:
        _print(named, args.json)
    return None


def _new(run: str, corpus: str, row: Row, seed: int) -> list[str]:
    options = [part for setting in settings(row, seed) for part in ("--set", setting)]
    return ["explorer", "new", run, "--corpus", corpus, *options]


def _made(run: str, corpus: str, row: Row, seed: int) -> list[str]:
    is_there = (folders.checkpoints() / run / folders.CONFIG).is_file()
    return [] if is_there else [shlex.join(_new(run, corpus, row, seed))]


def _rest(run: str) -> list[str]:
    return [f"explorer train {run}", f"explorer evaluate {run} --samples 500"]


def _make(corpus: str, rows: dict[str, Row], seed: int, as_json: bool) -> None:
    from explorer.cli.main import main

    for run, row in rows.items():
        if not _made(run, corpus, row, seed):
            if as_json:
                say_json({"folder": str(folders.checkpoints() / run)})
            else:
                say(f"{run} already exists")
        elif main([*_new(run, corpus, row, seed)[1:], *(["--json"] if as_json else [])]):
            raise ExplorerError(f"{run} could not be created")


def _print(rows: dict[str, Row], as_json: bool) -> None:
    metrics = {run: _measured(folders.checkpoints() / run) for run in rows}
    if as_json:
        say_json(
            {
                run: {
                    "title": row.title,
                    "source": row.source,
                    "published": {key: getattr(row.published, key) for key in _FIGURES},
                    "measured": metrics[run],
                }
                for run, row in rows.items()
            }
        )
        return
    lines = []
    for run, row in rows.items():
        printed = [_figure(getattr(row.published, key)) for key in _FIGURES]
        own = [_figure(metrics[run].get(key)) for key in _FIGURES]
        lines.append((row.title, row.source, *printed))
        lines.append((f"  {run}", metrics[run].get("basis", "not measured"), *own))
    head = ("model", "source, or what was measured", "PPL", "MI", "AU", "−ELBO", "rate")
    say(table(head, lines, right=(2, 3, 4, 5, 6)))


def _measured(folder: Path) -> dict[str, Any]:
    """The metrics of a run by the names of `Published`; empty if it has none."""
    if not (folder / folders.METRICS).is_file():
        return {}
    metrics = folders.read_metrics(folder)
    values = {key: metrics.get(name, {}).get("value") for key, name in _FIGURES.items()}
    entry = metrics.get("importance_ppl", {})
    count = entry.get("n") or metrics.get("distortion", {}).get("n")
    samples = entry.get("samples", 0)
    k = f", K = {samples}" if samples > 1 else ", exact" if entry.get("exact") else ""
    if not count:
        return values
    config = configs.read(folder / folders.CONFIG)
    basis = f"{count:,} sentences{k}; {passes(config)} epochs{after(config)}"
    return values | {"basis": basis}


def _figure(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.2f}" if isinstance(value, float) else str(value)
