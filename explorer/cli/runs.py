"""`explorer runs`: the runs and their scores."""

import argparse
from pathlib import Path
from typing import Any

from explorer import config as configs
from explorer.cli.output import say, say_json, table, visible, warn
from explorer.errors import ExplorerError
from explorer.evaluation.metrics import written
from explorer.evaluation.sampling_verdict import can_be_sampled
from explorer.evaluation.verdict import uses_z
from explorer.runs import folder as folders
from explorer.runs import pack as packing

KINDS = {"point": "autoencoder", "vectors": "decoder of vectors", "none": "language model"}
"""The kind of run by its latent space; all others are VAEs."""

_VERDICTS = ("uses_z", "can_be_sampled")


def runs_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Lists the runs in checkpoints/ and in the folders of EXPLORER_RUNS, the shipped runs,\n"
        "and those registered with `explorer add`. Rate and distortion: nats per sentence.\n\n"
        "example:\n  explorer runs --json"
    )


def runs(args: argparse.Namespace) -> None:
    """Lists all runs, a damaged one with its error."""
    rows = [_row(folder) for folder in folders.list_runs()]
    unreadable = folders.unreadable_roots()
    if unreadable and not rows:
        raise ExplorerError("; ".join(unreadable))
    for reason in unreadable:
        warn(reason)
    if args.json:
        return say_json([_as_json(row) for row in rows])
    if not rows:
        return say(f"there are no runs in {folders.searched()}: create one with `explorer new`")
    header = ("name", "kind", "corpus", "rate", "distortion", "uses z", "can be sampled", "where")
    say(table(header, [_line(row) for row in rows], right=(3, 4)))
    for row in rows:
        if row["error"]:
            warn(visible(f"{row['name']}: {row['error']}"))
    return None


def _line(row: dict[str, Any]) -> list[str]:
    use, sampling = (row[key] and row[key].short for key in _VERDICTS)
    cells = [row[key] for key in ("name", "kind", "corpus", "rate", "distortion")]
    return [_shown(cell) for cell in (*cells, use or row["verdict"], sampling, row["where"])]


def _as_json(row: dict[str, Any]) -> dict[str, Any]:
    return row | {key: row[key] and row[key].entry() for key in _VERDICTS}


def _shown(value: Any) -> str:
    return "–" if value is None else written(value)


def _row(folder: Path) -> dict[str, Any]:
    row = dict.fromkeys(("kind", "corpus", "rate", "distortion", "verdict", *_VERDICTS, "error"))
    row |= {"name": folder.resolve().name, "where": str(folder)}
    try:
        config = configs.read(folder / folders.CONFIG)
        row["kind"] = KINDS.get(config.model.latent["name"], "VAE")
        row["corpus"] = config.corpus.name or Path(config.corpus.path).name
        row["verdict"] = _state(folder)
        if (folder / folders.WEIGHTS).is_file():
            packing.check(folder)
        metrics = folders.read_metrics(folder)
        for name in ("rate", "distortion"):
            row[name] = metrics.get(name, {}).get("value")
        row["verdict"] = metrics.get("verdict", row["verdict"])
        if metrics:
            row |= {"uses_z": uses_z(metrics), "can_be_sampled": can_be_sampled(metrics)}
    except (ExplorerError, OSError) as error:
        row |= {"verdict": "damaged", "error": str(error)}
    return row


def _state(folder: Path) -> str:
    if (folder / folders.STATE).is_dir():
        return "in training"
    if (folder / folders.WEIGHTS).is_file():
        return "not measured"
    return "not trained"
