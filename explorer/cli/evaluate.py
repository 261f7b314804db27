"""`explorer evaluate`, and what it prints."""

import argparse
from pathlib import Path
from typing import Any

from explorer.cli.options import add_run
from explorer.cli.output import Progress, say, say_json, table, warn
from explorer.errors import at_least, within
from explorer.evaluation.metric_text import beside, errors_note, shown
from explorer.evaluation.metrics import METRICS
from explorer.evaluation.sampling_verdict import can_be_sampled
from explorer.evaluation.verdict import NO_LATENT, uses_z
from explorer.runs import folder as folders
from explorer.system import distributed

QUICK_SAMPLES = 50

QUICK_LIMIT = 500
"""Importance samples and test sentences of the evaluation in `explorer train`."""


def evaluate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "example:\n  explorer evaluate my --samples 500\n"
        "  torchrun --nproc_per_node 2 -m explorer evaluate my\n"
    )
    add_run(parser)
    parser.add_argument(
        "--samples",
        type=int,
        default=500,
        metavar="K",
        help="importance samples per sentence; more give a tighter bound (default 500)",
    )
    parser.add_argument(
        "--limit",
        type=int,
        default=0,
        metavar="N",
        help="use at most N test sentences; 0 is all (default)",
    )
    parser.add_argument(
        "--language-model",
        default="",
        metavar="RUN",
        help="a language model with the same corpus and vocabulary, to score the run's samples",
    )
    parser.add_argument(
        "--reverse",
        type=int,
        default=0,
        metavar="N",
        help="train a small language model on N samples of the run and score the test "
        "sentences, and compare with one trained on as many real sentences: minutes for "
        "20000 (default 0: skipped)",
    )
    parser.add_argument(
        "--refine",
        type=int,
        default=0,
        metavar="N",
        help="refine the posteriors of N test sentences by gradient steps, for the amortisation "
        "gap: about a second per sentence (default 0: skipped)",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=-1,
        metavar="S",
        help="seed of every random draw, to see how much a metric varies (default: the run's)",
    )
    parser.add_argument(
        "--device", default="", metavar="D", help="cpu, cuda or mps; default: the fastest"
    )


def evaluate(args: argparse.Namespace) -> None:
    """Evaluates a run and writes `metrics.json`."""
    at_least("--samples", args.samples, 1)
    at_least("--limit", args.limit, 0)
    at_least("--reverse", args.reverse, 0)
    at_least("--refine", args.refine, 0)
    folder = folders.find(args.run)
    seed = None if args.seed == -1 else args.seed
    if seed is not None:
        within("--seed", seed, 0, 2**32 - 1)
    if distributed.is_first():
        _warn_of_another_corpus(folder)
    with Progress(quiet=args.json) as progress:
        judge = folders.find(args.language_model) if args.language_model else None
        counts = (args.reverse, args.refine)
        measure(folder, args.samples, args.limit, progress, judge, args.device, seed, *counts)
    if not distributed.is_first():
        return
    if args.json:
        say_json(folders.read_metrics(folder))
    else:
        print_metrics(folder)


def _warn_of_another_corpus(folder: Path) -> None:
    from explorer.runs.run_files import Contents

    run = Contents(folder)
    if run.is_of_another_corpus:
        warn(
            f"{run.name}: its corpus is no longer the text it was trained on, so these metrics "
            "are for other sentences; restore the original file, or train again with --restart"
        )


def measure(
    folder: Path,
    samples: int,
    limit: int,
    progress: Progress,
    judge: Path | None = None,
    device: str = "",
    seed: int | None = None,
    reverse: int = 0,
    refine: int = 0,
) -> None:
    """Runs the evaluation stage."""
    progress.show(f"{folder.name}: loading the model")
    from explorer import pipeline

    report = progress.stage()
    pipeline.evaluate(folder, samples, limit, report, device, judge, seed, reverse, refine)


def print_metrics(folder: Path) -> None:
    """Prints `metrics.json` as a table."""
    metrics = folders.read_metrics(folder)
    rows = [
        (
            name,
            shown(name, entry),
            str(entry.get("unit", "")),
            _basis(entry),
            beside(name, entry),
        )
        for name in METRICS
        if (entry := metrics.get(name, {})).get("value") is not None
    ]
    if rows:
        say(table(("figure", "value", "unit", "measured on", "beside"), rows, right=(1,)))
    if note := errors_note(metrics):
        say(note)
    use, sampling = uses_z(metrics), can_be_sampled(metrics)
    say(f"uses z: {use.short}. {use.sentence}")
    if use.code != NO_LATENT:
        say(f"can be sampled from: {sampling.short}. {sampling.sentence}")


def _basis(entry: dict[str, Any]) -> str:
    parts = [f"{entry['n']:,} sentences"] if entry.get("n") else []
    if entry.get("samples"):
        parts.append(f"K = {entry['samples']}")
    if entry.get("error"):
        parts.append(f"standard error {entry['error']:.2g}")
    return ", ".join(parts)
