"""Two tiny runs of the same invented sentences that differ in seed and size; both are measured."""

import shutil
from pathlib import Path

from explorer import pipeline
from explorer.evaluation.metrics import METRICS
from explorer.runs import folder as folders
from tests import tiny

OTHER = tiny.RECIPE.replace("seed = 0", "seed = 1").replace("latent_dim = 4", "latent_dim = 3")


def build(root: Path, first: Path) -> tuple[Path, Path]:
    """Copies a tiny run, trains another one beside it, and measures both.

    Args:
        root: An empty folder for the two.
        first: The run to copy, as `tiny.build` made it.

    Returns:
        The folders of both, named `one` and `two`.
    """
    one = root / "one"
    shutil.copytree(first, one)
    two = tiny.build(root, "two", recipe=OTHER)
    for folder in (one, two):
        pipeline.evaluate(folder, samples=4, limit=12, device_name="cpu")
    return one, two


def metrics(folder: Path) -> dict[str, dict]:
    """The entries of `metrics.json` that have a value."""
    found = folders.read_metrics(folder)
    return {
        name: entry for name in METRICS if (entry := found.get(name, {})).get("value") is not None
    }
