"""Laws of the lock: who trains a run, or writes what was computed of it, is alone with it."""

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import pytest
from filelock import FileLock

from explorer import pipeline
from explorer.errors import ExplorerError
from explorer.evaluation import evaluate
from explorer.latent_space.projections import pca_layout
from explorer.runs import folder as folders
from explorer.runs import lock, pack

MEASURE, LAYOUT = (
    "explorer.evaluation.evaluate.evaluate",
    "explorer.latent_space.projections.umap_layout",
)
HOLDS = """
import sys
from filelock import FileLock
with FileLock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def run(tiny_run: Path, tmp_path: Path) -> Path:
    """A trained run with a map and no figures."""
    return Path(shutil.copytree(tiny_run, tmp_path / "run"))


@contextmanager
def held_elsewhere(folder: Path) -> Iterator[None]:
    """Another process holds the run's lock."""
    command = [sys.executable, "-c", HOLDS, str(folder / lock.FILE)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as other:
        assert other.stdout and other.stdout.readline() == "held\n"
        try:
            yield
        finally:
            other.communicate("")


def is_held(folder: Path) -> bool:
    """Whether another process finds the lock taken."""
    code = "import sys, filelock; filelock.FileLock(sys.argv[1]).acquire(timeout=0)"
    command = [sys.executable, "-c", code, str(folder / lock.FILE)]
    return subprocess.run(command, capture_output=True, check=False).returncode != 0


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != lock.FILE}


def measured(folder: Path) -> None:
    pipeline.evaluate(folder, samples=2, limit=12, device_name="cpu")


def mapped(folder: Path) -> None:
    pipeline.make_atlas(folder)


def trained_before(folder: Path, real: Callable, after: dict[str, bytes]) -> Callable:
    """`real`, but the run is trained again by another before it ends, to these files."""

    def work(*args, **kwargs):
        content = bytearray((folder / folders.WEIGHTS).read_bytes())
        content[-1] ^= 1
        (folder / folders.WEIGHTS).write_bytes(content)
        for stale in (folders.ATLAS, folders.PLAYBACK):
            (folder / stale).unlink()
        folders.write_checksums(folder)
        after.update(files(folder))
        return real(*args, **kwargs)

    return work


@pytest.mark.parametrize(
    ("stage", "part", "real"),
    [(measured, MEASURE, evaluate.evaluate), (mapped, LAYOUT, pca_layout)],
)
def test_what_was_computed_of_old_weights_is_not_put_beside_new_ones(
    stage, part: str, real: Callable, run: Path
) -> None:
    after: dict[str, bytes] = {}
    work = trained_before(run, real, after)
    with (
        mock.patch(part, work),
        pytest.raises(ExplorerError, match="trained again in the"),
    ):
        stage(run)
    assert files(run) == after


@pytest.mark.parametrize(("stage", "part"), [(measured, MEASURE), (mapped, LAYOUT)])
def test_a_stage_does_no_work_for_a_run_it_could_not_write_to(
    stage, part: str, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "BEFORE", 0.0)
    before = files(run)
    with mock.patch(part, side_effect=AssertionError("worked in vain")):
        with held_elsewhere(run), pytest.raises(ExplorerError, match="is being trained"):
            stage(run)
        error = OSError(errno.EROFS, os.strerror(errno.EROFS))
        monkeypatch.setattr(FileLock, "acquire", mock.Mock(side_effect=error))
        with pytest.raises(ExplorerError, match="Read-only file system"):
            stage(run)
    assert files(run) == before


def test_who_holds_a_run_takes_it_again_and_keeps_it_to_the_end(run: Path) -> None:
    with lock.alone_with(run):
        with lock.still_with(run, lock.weights_of(run)):
            assert is_held(run)
        assert is_held(run)
    assert not is_held(run)


@pytest.mark.parametrize("stage", [measured, mapped])
def test_a_stage_seals_what_it_wrote_and_nothing_that_changed_beside_it(stage, run: Path) -> None:
    history = run / folders.HISTORY
    history.write_text(history.read_text(encoding="utf-8").replace("1", "2"), encoding="utf-8")
    with mock.patch(LAYOUT, pca_layout):
        stage(run)
    assert not folders.is_intact(run, folders.HISTORY)
    with pytest.raises(ExplorerError, match="does not match its checksum"):
        pack.check(run)
    kept = {folders.VOCABULARY, folders.WEIGHTS, folders.ATLAS, folders.PLAYBACK}
    kept |= {folders.METRICS} if stage is measured else set()
    assert all(folders.is_intact(run, name) for name in kept)
    folders.write_checksums(run)
    assert folders.is_intact(run, folders.HISTORY)
