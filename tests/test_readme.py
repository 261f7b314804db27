"""README, CONTRIBUTING and cards are true: commands parse, paths exist, tables match metrics."""

import argparse
import json
import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest

from explorer.cli.main import COMMANDS
from explorer.evaluation.metric_text import shown, unresolved
from explorer.evaluation.sampling_verdict import can_be_sampled
from explorer.evaluation.verdict import uses_z
from explorer.ui.app import PAGES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
COLUMNS = {
    "rate": ("rate", 2),
    "−ELBO": ("elbo", 1),
    "perplexity": ("importance_ppl", 2),
    "MI": ("mutual_information", 2),
    "shuffled-z gap": ("shuffled_z_gap", 1),
    "BLEU-4": ("bleu", 1),
}
"""Columns of the table of results: a metric and its decimals."""


def rows(text: str, first: str) -> list[dict[str, str]]:
    """The table whose first header is given, a dictionary a row."""
    lines = text[text.index(f"| {first} |") :].split("\n\n")[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[2:]]


@pytest.mark.parametrize("row", rows(README, "run"), ids=lambda row: row["run"])
def test_results_are_those_of_metrics_json(row: dict[str, str]) -> None:
    path = ROOT / "checkpoints" / row["run"] / "metrics.json"
    metrics = json.loads(path.read_text("utf-8"))
    for column, (name, decimals) in COLUMNS.items():
        entry = metrics.get(name, {})
        if column == "MI" and (limit := unresolved(name, entry)):
            assert row[column] == limit
        elif row[column] != "–":
            assert row[column] == shown(name, entry, f"{{:.{decimals}f}}".format), column
    if metrics["verdict"] == "no latent":
        assert row["uses z"] == row["can be sampled from"] == "–"
    else:
        assert row["uses z"] == uses_z(metrics).short
        assert row["can be sampled from"] == can_be_sampled(metrics).short


def blocks() -> list[str]:
    """Lines of the fenced blocks that call `explorer`, and the inline commands without blanks."""
    fenced = re.findall(r"(?ms)^```\n(.*?)^```", README)
    lines = [part.strip() for block in fenced for part in re.split(r"\n|&&", block)]
    inline = re.findall(r"`(explorer [a-z]+ [^`…·]*)`", README)
    return sorted({line for line in [*lines, *inline] if line.startswith("explorer ")})


@pytest.mark.parametrize(
    "line", [line for line in blocks() if "[" not in line and "NAME" not in line]
)
def test_commands_parse(line: str) -> None:
    _, name, *arguments = shlex.split(line)
    parser = argparse.ArgumentParser(allow_abbrev=False, exit_on_error=False)
    module = import_module(f"explorer.cli.{name}")
    getattr(module, f"{name}_arguments")(parser)
    parser.parse_intermixed_args(arguments)


def test_every_command_and_page_is_in_the_readme() -> None:
    mentioned = set(re.findall(r"[a-z]+", " ".join(re.findall(r"`[^`]*`", README))))
    assert set(COMMANDS) <= mentioned
    assert all(f"**{title}**" in README for title, _ in PAGES.values())


@pytest.mark.parametrize("text", [README, CONTRIBUTING], ids=["README", "CONTRIBUTING"])
def test_paths_exist(text: str) -> None:
    named = {path for path in re.findall(r"`([\w/.-]+/[\w.-]*)`", text) if "…" not in path}
    named |= set(re.findall(r"\]\(([\w/.-]+)\)", text)) | set(
        re.findall(r'src(?:set)?="(.*?)"', text)
    )
    roots = (ROOT, ROOT / "explorer", ROOT / "explorer/ui")
    missing = [path for path in sorted(named) if not any((root / path).exists() for root in roots)]
    assert not missing


def test_every_room_is_in_the_table_of_rooms_in_order() -> None:
    from tests.test_architecture import PACKAGE, ROOMS

    table = " ".join(row["room"] for row in rows(CONTRIBUTING, "room"))
    there = [
        room for room in ROOMS if (PACKAGE / room).is_dir() or (PACKAGE / f"{room}.py").is_file()
    ]
    named = [
        table.index(f"`{room}.py`" if (PACKAGE / f"{room}.py").is_file() else f"`{room}/`")
        for room in there
    ]
    assert named == sorted(named)
