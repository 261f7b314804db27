"""A clock that goes back between two commands changes no result.

`libfaketime` (the package `faketime` of Debian) sets the clock that a command sees.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import tiny

FAKETIME = shutil.which("faketime")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(FAKETIME is None, reason="needs faketime: apt-get install faketime"),
]

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = (
    "new mine --corpus corpus.csv --text-column text --set training.epochs=1",
    "train mine --device cpu",
    "evaluate mine --samples 3 --limit 6 --device cpu",
    "atlas mine",
    "pack mine --out mine.zip",
    "encode mine texts --out points",
    "encode mine texts --out points",
    "runs",
)
BACK = ("0", "-1h", "-30d", "-3y", "-1d", "-2h", "-40d", "-9y")
"""What the clock of each command is set to, from now."""


def run_all(folder: Path, clock: tuple[str, ...]) -> list[str]:
    """What the commands print, each with its own clock."""
    folder.mkdir()
    (folder / "checkpoints").mkdir()
    tiny.write_corpus(folder / "corpus.csv", 60)
    (folder / "texts").mkdir()
    (folder / "texts" / "one.txt").write_text("a dog sleeps\na girl sings\n", encoding="utf-8")
    environment = os.environ | {
        "EXPLORER_HOME": str(folder / "home"),
        "PYTHONPATH": str(ROOT),
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    printed = []
    for command, time in zip(COMMANDS, clock, strict=True):
        shifted = [str(FAKETIME), "-f", time] if time != "0" else []
        words = [*shifted, sys.executable, "-m", "explorer", *command.split()]
        done = subprocess.run(
            words, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command} at {time}: {done.stderr[-2000:]}"
        assert "Traceback" not in done.stderr
        printed.append(done.stdout)
    return printed


def test_a_clock_that_goes_back_changes_no_result(tmp_path: Path) -> None:
    printed = run_all(tmp_path / "back", BACK)
    expected = run_all(tmp_path / "plain", ("0",) * len(COMMANDS))
    assert printed[5] == expected[5] and "wrote 2 sentences" in printed[5]
    for name in ("model.safetensors", "atlas.parquet", "metrics.json"):
        files = [tmp_path / side / "checkpoints" / "mine" / name for side in ("back", "plain")]
        first, second = (file.read_bytes() for file in files)
        assert first == second, name
    points = [tmp_path / side / "points" / "one.parquet" for side in ("back", "plain")]
    assert points[0].read_bytes() == points[1].read_bytes()
