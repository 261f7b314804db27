"""Laws of `explorer train`: stages that resume, signals that lose nothing."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from explorer import config as configs
from explorer.cli import signals
from explorer.cli.main import main
from explorer.errors import ExplorerError
from explorer.runs import folder as folders
from explorer.system import atomic_files
from tests import tiny

WEIGHTS = folders.WEIGHTS
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Commands run in an empty folder with an empty home."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("EXPLORER_RUNS", raising=False)
    return tmp_path


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The stages after training only note that they ran."""
    done: list[str] = []

    def stage(name: str, file: str):
        def run(folder: Path, *args, **kwargs) -> None:
            (folder / file).write_text("{}")
            (folder / folders.CARD).write_text("# my\n")
            folders.write_checksums(folder)
            done.append(name)

        return run

    monkeypatch.setattr("explorer.pipeline.evaluate", stage("evaluate", folders.METRICS))
    monkeypatch.setattr("explorer.pipeline.make_atlas", stage("atlas", folders.ATLAS))
    return done


def write_run(name: str, epochs: int = 2, save_seconds: float = 60.0) -> Path:
    """A recipe, not trained."""
    folder = Path(name)
    folder.mkdir()
    corpus = tiny.write_corpus(folder.parent / "corpus.csv", 80).resolve()
    text = tiny.RECIPE.format(path=corpus.as_posix(), epochs=epochs)
    text = text.replace("[training]", f"[training]\nsave_seconds = {save_seconds}")
    (folder / folders.CONFIG).write_text(text, encoding="utf-8")
    configs.read(folder / folders.CONFIG)
    return folder


def test_train_runs_every_stage_once(quick: list[str], capsys) -> None:
    write_run("my", epochs=1)
    assert main(["train", "./my", "--device", "cpu"]) == 0
    assert quick == ["evaluate", "atlas"]
    out, err = capsys.readouterr()
    assert "my is ready: explorer app" in out
    assert "active units" in err and "tokens/s" in err and "left" in err
    assert main(["train", "./my"]) == 1
    assert "--restart" in capsys.readouterr().err


def test_a_trained_run_without_map_goes_on_with_the_map(quick: list[str]) -> None:
    folder = write_run("my", epochs=1)
    assert main(["train", "./my"]) == 0
    (folder / folders.ATLAS).unlink()
    assert main(["train", "./my"]) == 0
    assert quick == ["evaluate", "atlas", "atlas"]


def test_without_umap_training_ends_after_the_evaluation_and_says_so(
    quick: list[str], capsys, monkeypatch
) -> None:
    def missing(*args) -> None:
        raise ModuleNotFoundError("No module named 'umap'", name="umap")

    monkeypatch.setattr("explorer.pipeline.make_atlas", missing)
    write_run("my", epochs=1)
    assert main(["train", "./my"]) == 0
    assert "explorer atlas ./my" in capsys.readouterr().err
    assert quick == ["evaluate"]


@pytest.mark.parametrize("number", [signal.SIGINT, *signals.polite()])
def test_a_stopped_training_goes_on_to_the_same_weights(
    number: signal.Signals, quick: list[str], capsys, monkeypatch
) -> None:
    before = signal.getsignal(number)
    whole = write_run("whole")
    assert main(["train", "./whole"]) == 0
    from explorer.training.trainer import Trainer

    step, steps = Trainer._step, 0

    def interrupted(*args, **kwargs):
        nonlocal steps
        steps += 1
        if steps == 8:
            os.kill(os.getpid(), number)
            if number == signals.HANGUP:  # once of the terminal, once of its shell
                os.kill(os.getpid(), number)
        return step(*args, **kwargs)

    part = write_run("part")
    monkeypatch.setattr(Trainer, "_step", interrupted)
    assert main(["train", "./part"]) == 128 + number
    assert "`explorer train ./part` resumes from there" in capsys.readouterr().err
    assert not (part / WEIGHTS).exists()
    assert main(["train", "./part", "--resume"]) == 0
    assert (part / WEIGHTS).read_bytes() == (whole / WEIGHTS).read_bytes()
    assert signal.getsignal(number) == before


def test_a_signal_that_comes_while_the_others_are_asked_is_kept(
    quick: list[str], capsys, monkeypatch
) -> None:
    asked = 0

    def slowly(value: int) -> int:
        nonlocal asked
        asked += 1
        if asked == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return value  # what it was before

    folder = write_run("my")
    monkeypatch.setattr("explorer.system.distributed.all_reduce_max", slowly)
    assert main(["train", "./my"]) == 130
    assert "resumes from there" in capsys.readouterr().err
    assert not (folder / WEIGHTS).exists()


def test_a_second_interrupt_quits_at_once(quick: list[str], capsys, monkeypatch) -> None:
    from explorer.training.trainer import Trainer

    def impatient(*args, **kwargs) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(5)

    write_run("my")
    monkeypatch.setattr(Trainer, "_step", impatient)
    assert main(["train", "./my"]) == 130
    err = capsys.readouterr().err
    assert "quit immediately" in err and "Traceback" not in err


def test_a_full_disk_while_saving_is_one_line_and_keeps_the_last_state(
    quick: list[str], capsys, monkeypatch
) -> None:
    folder = write_run("my", save_seconds=0.0)
    from explorer.training import checkpoint as state

    save, saves = state.save, 0

    def fills_up(*args) -> None:
        nonlocal saves
        saves += 1
        if saves == 3:
            raise ExplorerError("cannot write my/state: No space left on device")
        save(*args)

    monkeypatch.setattr(state, "save", fills_up)
    assert main(["train", "./my"]) == 1
    err = capsys.readouterr().err
    assert "No space left" in err and "Traceback" not in err
    assert state.path(folder).is_file()
    assert main(["train", "./my", "--resume"]) == 0


def test_a_changed_recipe_does_not_resume(quick: list[str], capsys, monkeypatch) -> None:
    folder = write_run("my")
    from explorer.training.trainer import Trainer

    step, steps = Trainer._step, 0

    def stops(*args, **kwargs):
        nonlocal steps
        steps += 1
        if steps == 2:
            os.kill(os.getpid(), signal.SIGINT)
        return step(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_step", stops)
        assert main(["train", "./my"]) == 130
    recipe = folder / folders.CONFIG
    recipe.write_text(recipe.read_text("utf-8").replace("batch_size = 16", "batch_size = 8"))
    assert main(["train", "./my"]) == 1
    assert "--restart" in capsys.readouterr().err
    assert main(["train", "./my", "--restart"]) == 0


@contextmanager
def in_training(folder: Path) -> Iterator[Path]:
    """Another process that trains a run, from its first saved state on; killed at the end."""
    command = [sys.executable, "-m", "explorer", "train", f"./{folder}", "--device", "cpu"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    state = folder / folders.STATE / "state.safetensors"
    try:
        end = time.monotonic() + 120
        while not state.is_file() and process.poll() is None and time.monotonic() < end:
            time.sleep(0.1)
        assert state.is_file()
        yield state
    finally:
        process.kill()
        process.wait()


def test_a_killed_process_leaves_a_state_to_resume(place: Path, quick: list[str]) -> None:
    folder = write_run("my", epochs=400, save_seconds=0.2)
    with in_training(folder):
        pass
    from explorer import pipeline

    report = next(pipeline.train(folder, "cpu", resume=True))
    assert report.step > 1


def test_two_commands_do_not_train_one_run_at_once(place: Path, quick: list[str], capsys) -> None:
    folder = write_run("my", epochs=400, save_seconds=0.2)
    with in_training(folder) as state:
        assert main(["train", "./my", "--restart"]) == 1
        assert "being trained by another" in capsys.readouterr().err
        assert state.is_file()  # --restart threw nothing away
    recipe = folder / folders.CONFIG
    recipe.write_text(recipe.read_text("utf-8").replace("epochs = 400", "epochs = 1"))
    assert main(["train", "./my", "--restart"]) == 0  # a killed process holds nothing


def test_a_kill_while_measuring_keeps_the_model_and_says_so(
    quick: list[str], capsys, monkeypatch
) -> None:
    def killed(*args, **kwargs) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)

    folder = write_run("my", epochs=1)
    with monkeypatch.context() as patch:
        patch.setattr("explorer.pipeline.evaluate", killed)
        assert main(["train", "./my"]) == 143
    assert "`explorer train ./my` does the rest" in capsys.readouterr().err
    assert (folder / WEIGHTS).is_file()
    assert main(["train", "./my"]) == 0
    assert quick == ["evaluate", "atlas"]


def test_a_reader_that_leaves_is_no_error(tiny_run: Path) -> None:
    command = f'"{sys.executable}" -m explorer runs --help | head -c 10'
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize(
    "broken", [folders.WEIGHTS, folders.HISTORY, folders.SUMS, folders.METRICS, folders.ATLAS]
)
def test_killed_before_any_file_the_same_command_goes_on(
    broken: str, quick: list[str], capsys, monkeypatch
) -> None:
    """What stands between two files of a finished training is never a dead end."""
    folder = write_run("my", epochs=1)
    seal = folders.write_checksums

    def dies(place: Path) -> None:
        if (place / broken).exists():
            raise Killed
        seal(place)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        if broken in (folders.METRICS, folders.ATLAS):
            patch.setattr(folders, "write_checksums", dies)
        else:
            write = "explorer.system.atomic_files.atomic_write"
            real = atomic_files.atomic_write

            def stops(path: Path):
                if path.name == broken:
                    raise Killed
                return real(path)

            patch.setattr(write, stops)
        main(["train", "./my"])
    capsys.readouterr()
    assert main(["train", "./my"]) == 0
    assert "my is ready" in capsys.readouterr().out
    for name in (folders.WEIGHTS, folders.METRICS, folders.ATLAS):
        assert folders.is_intact(folder, name)
