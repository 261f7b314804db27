"""Same seed, same machine, same numbers: measured twice, and trained again in another process."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from explorer.cli.main import main
from explorer.runs import folder as folders
from tests import tiny

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def copy(tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the tiny run of the same name, in an empty folder with an empty home."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("EXPLORER_RUNS", raising=False)
    target = tmp_path / "checkpoints" / tiny_run.name
    shutil.copytree(tiny_run, target)
    return target


def explorer(*words: str, where: Path) -> str:
    """What a fresh process prints for a command."""
    done = subprocess.run(
        [sys.executable, "-m", "explorer", *words],
        cwd=where,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_evaluating_again_writes_the_same_bytes(copy: Path) -> None:
    command = ["evaluate", copy.name, "--samples", "5", "--device", "cpu"]
    assert main(command) == 0
    first = (copy / folders.METRICS).read_bytes()
    (copy / folders.METRICS).unlink()
    assert main(command) == 0
    assert (copy / folders.METRICS).read_bytes() == first


def test_a_fresh_process_measures_the_same_bytes_by_the_command_that_metrics_name(
    copy: Path, tmp_path: Path
) -> None:
    assert main(["evaluate", copy.name, "--samples", "3", "--limit", "6", "--device", "cpu"]) == 0
    first = (copy / folders.METRICS).read_bytes()
    words = json.loads(first)["command"].split()
    assert words[0] == "explorer"
    explorer(*words[1:], "--device", "cpu", where=tmp_path)
    assert (copy / folders.METRICS).read_bytes() == first


def test_the_recipe_trained_again_in_a_fresh_process_ends_in_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The runs' own words, draws, dropout and pre-training: all that takes chance.
    recipe = tiny.RECIPE.replace(
        "decoder = {{ name", "decoder = {{ dropout = 0.2, word_dropout = 0.1, name"
    ).replace("[training]", '[training]\nfit_prior = {{ name = "mixture", components = 3 }}')
    first = tiny.build(tmp_path / "one", epochs=2, recipe=recipe)
    again = tmp_path / "two" / first.name
    again.mkdir(parents=True)
    shutil.copyfile(first / folders.CONFIG, again / folders.CONFIG)
    script = "import sys; from pathlib import Path; from explorer import pipeline\n"
    script += "for _ in pipeline.train(Path(sys.argv[1]), 'cpu'): pass"
    subprocess.run(
        [sys.executable, "-c", script, str(again)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
    )
    assert (again / folders.VOCABULARY).read_bytes() == (first / folders.VOCABULARY).read_bytes()
    weights, others = (load_file(path / folders.WEIGHTS) for path in (first, again))
    assert weights.keys() == others.keys() and len(weights) > 10
    for name, tensor in weights.items():
        assert tensor.tobytes() == others[name].tobytes(), name
