"""Laws of several processes: they train, measure and encode what one does, and end together."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
import torch

from explorer import config as configs
from explorer.cli.main import main
from explorer.models.batch_shard import BatchShard
from explorer.runs import folder as folders
from explorer.runs import weights
from explorer.system import distributed
from tests import tiny

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
COMMANDS = """
import json, os, sys
from unittest import mock
from explorer.cli.main import main
code = 0
with mock.patch("explorer.pipeline.make_atlas"):
    for port, command in json.loads(sys.argv[1]):
        os.environ["MASTER_PORT"] = str(port)
        code = code or main(command)
sys.exit(code)
"""
"""Some `explorer` commands one after the other; without umap, whose import takes many seconds."""

TRAIN = """
import sys
import torch
from explorer.system import distributed
from tests.end_to_end.test_distributed import RECIPES, trained
with distributed.init():
    found = {(name, True): trained(name, True) for name in RECIPES}
    found["plain", False] = trained("plain", False)
    if distributed.is_first():
        torch.save(found, sys.argv[1])
"""


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on."""
    with ExitStack() as stack:
        found = [stack.enter_context(socket.socket()) for _ in range(count)]
        for item in found:
            item.bind(("127.0.0.1", 0))
        return [item.getsockname()[1] for item in found]


def launch(count: int, *command: str, cwd: Path = ROOT) -> list[subprocess.Popen]:
    """Starts processes as a launcher does: all it gives them is an environment."""
    shared = {"WORLD_SIZE": count, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": free_ports(1)[0]}
    shared |= {"PYTHONPATH": ROOT, "OMP_NUM_THREADS": 1}
    return [
        subprocess.Popen(
            [sys.executable, *command],
            cwd=cwd,
            env=os.environ
            | {key: str(value) for key, value in (shared | {"RANK": rank}).items()}
            | {"LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(count)
    ]


def finish(running: list[subprocess.Popen]) -> list[tuple[int, str, str]]:
    """Exit code, answer and the rest of each."""
    try:
        said = [process.communicate(timeout=240) for process in running]
    finally:
        for process in running:
            process.kill()
    return [(item.returncode, *text) for item, text in zip(running, said, strict=True)]


def launch_all(*commands: list[str]) -> list[subprocess.Popen]:
    """Two processes that each do all these commands."""
    meetings = list(zip(free_ports(len(commands)), commands, strict=True))
    return launch(2, "-c", COMMANDS, json.dumps(meetings))


def run_all(*commands: list[str]) -> list[tuple[int, str, str]]:
    """`finish` of `launch_all`."""
    return finish(launch_all(*commands))


RECIPES: dict[str, dict] = {
    "plain": {},
    "every kind of dropout": {
        "model": {
            "encoder": {"name": "lstm", "hidden_dim": 5, "dropout": 0.3, "word_dropout": 0.2},
            "decoder": {"name": "lstm", "hidden_dim": 7, "word_dropout": 0.4, "dropout": 0.3},
        }
    },
    # As wide as the words: the LSTM's own output is what dropout meets, word by word in memory.
    "dropout of states": {
        "model": {"decoder": {"name": "lstm", "hidden_dim": 6, "dropout": 0.3}},
    },
    "normalised over the batch": {"model": {"latent": {"name": "gaussian", "batch_norm": 0.6}}},
    "a floor under the batch's rate": {"objective": {"rate": {"name": "floor", "nats": 3.0}}},
    "on a sphere": {
        "model": {"latent": {"name": "sphere"}, "prior": {"name": "uniform"}},
        "objective": {"rate": {"name": "plain"}},
    },
    "codes from codebooks": {
        "model": {
            "latent": {"name": "codebook", "codes": 2, "num_categories": 6},
            "latent_dim": 4,
            "prior": {"name": "uniform"},
        },
        "objective": {"rate": {"name": "plain"}},
    },
    "a language model": {"model": {"latent": {"name": "none"}, "latent_dim": 0}},
    "two auxiliary losses": {
        "model": {
            "auxiliary": {
                "name": "sum",
                "terms": [{"name": "teacher"}, {"name": "bag_of_words", "weight": 0.2}],
            }
        }
    },
    "aggressive": {"training": {"aggressive": True, "batch_size": 31}},
    "semi-amortised": {"objective": {"refine_steps": 3}},
}


def trained(name: str, wide: bool) -> dict[str, torch.Tensor]:
    """Weights after a few steps on batches that processes cannot share evenly.

    Args:
        name: Of a recipe.
        wide: Whether to compute in double precision, where rounding hides no fault.
    """
    from tests.training.test_trainer import recipe, trainer

    base = recipe()
    changed = configs.from_table(
        {
            "corpus": {"path": "none.txt", "vocabulary_size": 12},
            "model": {
                "embedding_dim": 6,
                "latent_dim": 3,
                "encoder": base.model.encoder,
                "decoder": base.model.decoder,
            }
            | RECIPES[name].get("model", {}),
            "objective": {"schedule": {"name": "linear", "epochs": 1.0}}
            | RECIPES[name].get("objective", {}),
            "training": {"epochs": 1, "pretrain_epochs": 1, "batch_size": 7, "bf16": False}
            | RECIPES[name].get("training", {}),
        }
    )
    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64 if wide else usual)
    try:
        training = trainer(changed)
        losses = torch.tensor([report.loss for report in training.run()])
    finally:
        torch.set_default_dtype(usual)
    return {"losses": losses} | {
        key: tensor.clone() for key, tensor in training.model.state_dict().items()
    }


@pytest.mark.soak
def test_two_processes_train_the_weights_of_one(tmp_path: Path) -> None:
    path = tmp_path / "found.pt"
    ends = finish(launch(2, "-c", TRAIN, str(path)))
    assert [code for code, _, _ in ends] == [0, 0], ends
    found = torch.load(path)
    for name in RECIPES:
        for key, tensor in trained(name, wide=True).items():
            assert torch.allclose(found[name, True][key], tensor, atol=1e-6), f"{name}: {key}"
    for key, tensor in trained("plain", wide=False).items():
        assert torch.allclose(found["plain", False][key], tensor, rtol=1e-4, atol=1e-5), key


def test_shares_of_a_batch_hold_every_row_once() -> None:
    for count in (2, 3):
        for rows in (1, 2, 5, 64):
            weights_of_rows = torch.zeros(rows)
            for rank in range(count):
                distributed._group = distributed._Group(rank, count)
                part = BatchShard.of(rows)
                distributed._group = distributed._Group()
                weights_of_rows[part.rows] += part.weight
            torch.testing.assert_close(weights_of_rows, torch.ones(rows))


@pytest.fixture
def recipe_folder(tmp_path: Path) -> Path:
    """A recipe, not trained."""
    corpus = tiny.write_corpus(tmp_path / "corpus.csv", 80)
    folder = tmp_path / "my"
    folder.mkdir()
    text = tiny.RECIPE.format(path=corpus.as_posix(), epochs=2)
    (folder / folders.CONFIG).write_text(text, encoding="utf-8")
    return folder


def test_train_evaluate_and_encode_together_as_alone(
    recipe_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    several = tmp_path / "several"
    several.mkdir()
    (several / folders.CONFIG).write_bytes((recipe_folder / folders.CONFIG).read_bytes())
    monkeypatch.setattr("explorer.pipeline.make_atlas", lambda *args: None)
    source = tmp_path / "in.txt"
    source.write_text("\n".join(tiny.sentences(600)), encoding="utf-8")
    assert main(["train", str(recipe_folder), "--device", "cpu"]) == 0
    encode = ["encode", str(recipe_folder), str(source), "--out", str(tmp_path / "1.jsonl")]
    assert main(encode) == 0
    before = folders.read_metrics(recipe_folder)

    encode[-1] = str(tmp_path / "2.jsonl")
    ends = run_all(
        ["train", str(several), "--device", "cpu"],
        ["evaluate", str(recipe_folder), "--samples", "50", "--limit", "500", "--json"],
        encode,
    )
    assert [code for code, _, _ in ends] == [0, 0], ends
    assert "several is ready" in ends[0][1]
    assert ends[1][1:] == ("", ""), "only the first process speaks"
    states = [weights.load_model(path)[2].state_dict() for path in (recipe_folder, several)]
    for name, tensor in states[0].items():  # half precision
        torch.testing.assert_close(states[1][name], tensor, rtol=2e-3, atol=1e-3)
    after = folders.read_metrics(recipe_folder)
    for name, entry in before.items():
        if isinstance(entry, dict) and isinstance(entry.get("value"), str):
            assert after[name] == entry, name
        elif isinstance(entry, dict) and entry.get("value") is not None:
            assert after[name]["value"] == pytest.approx(entry["value"], rel=1e-6), name
    rows = [
        [json.loads(line) for line in (tmp_path / name).read_text("utf-8").splitlines()]
        for name in ("1.jsonl", "2.jsonl")
    ]
    assert [row["text"] for row in rows[1]] == [row["text"] for row in rows[0]]
    one, two = (torch.tensor([row["z"] for row in table]) for table in rows)
    torch.testing.assert_close(two, one)


def test_one_interrupt_stops_all_after_the_same_step_and_one_process_goes_on(
    recipe_folder: Path,
) -> None:
    recipe = recipe_folder / folders.CONFIG
    text = recipe.read_text("utf-8").replace("[training]", "[training]\nsave_seconds = 0.2")
    recipe.write_text(text.replace("epochs = 2\npre", "epochs = 400\npre"), encoding="utf-8")
    running = launch_all(["train", str(recipe_folder), "--device", "cpu"])
    state = recipe_folder / folders.STATE / "state.safetensors"
    _until(state.is_file, running)
    running[1].send_signal(signal.SIGINT)  # to the one that does not write
    ends = finish(running)
    assert [code for code, _, _ in ends] == [130, 130], ends
    assert "resumes from there" in ends[0][2]
    from explorer import pipeline

    assert next(pipeline.train(recipe_folder, "cpu", resume=True)).step > 1


def test_a_process_that_dies_is_told_by_the_other(recipe_folder: Path) -> None:
    recipe = recipe_folder / folders.CONFIG
    text = recipe.read_text("utf-8").replace("[training]", "[training]\nsave_seconds = 0.2")
    recipe.write_text(text.replace("epochs = 2\npre", "epochs = 400\npre"), encoding="utf-8")
    running = launch_all(["train", str(recipe_folder), "--device", "cpu"])
    _until((recipe_folder / folders.STATE / "state.safetensors").is_file, running)
    running[1].kill()
    code, _, err = finish(running)[0]
    assert code == 1
    assert "another process ended" in err and "Traceback" not in err


def test_a_command_for_one_process_refuses_several(
    tiny_run: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    assert main(["sample", str(tiny_run)]) == 1
    assert "process 1: `explorer sample` runs in one process" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "value"),
    [("WORLD_SIZE", "abc"), ("WORLD_SIZE", "0"), ("RANK", "-1"), ("MASTER_PORT", "x")],
)
def test_an_environment_that_tells_no_number_is_one_line(
    name: str, value: str, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}
    for key, number in (told | {name: value}).items():
        monkeypatch.setenv(key, number)
    assert main(["runs"]) == 1
    assert f"explorer: {name}={value} is not a number" in capsys.readouterr().err


def _until(condition, running: list[subprocess.Popen]) -> None:
    end = time.monotonic() + 120
    while not condition() and time.monotonic() < end and running[0].poll() is None:
        time.sleep(0.1)
    assert condition()
