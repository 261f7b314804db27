"""A process killed at each of its calls that change files, or any moment: the next makes it good.

`pytest -m soak tests/system/test_real_kills.py` kills at every call, and at random moments; plain
`pytest` at a few. Each work is forked, killed with SIGKILL at its n-th call or after some seconds,
and begun again; then the folder holds, byte for byte, what a work that nothing interrupted leaves,
and no file beside.
"""

import hashlib
import os
import random
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from unittest import mock

import pytest

from explorer import pipeline
from explorer.cli.main import main
from explorer.explore import export_map
from explorer.explore.run import open_run
from explorer.models import dataset
from explorer.models.vae import TextVAE
from explorer.pipeline import refit_prior
from explorer.runs import folder as folders
from explorer.runs import lock, pack, weights
from explorer.runs.replacement import replacing
from explorer.text import download
from explorer.text.named_corpus import RemoteFile
from explorer.text.read_file import Table
from explorer.workspace import open_text, texts
from tests import records, tiny
from tests.system.test_every_kill import Disk, content, disk, draw, measure, receive, send

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="has no fork")

SECONDS = 120
MOMENTS = 20
"""Random moments at which each work is killed."""
COMMAND = "pytest -m soak tests/system/test_real_kills.py"
SENTENCES = [f"a dog waits under a tree {number}" for number in range(30)]
CLOCK = ("seconds", "tokens_per_second")
"""Columns of a history that no two trainings share."""


class KillingDisk(Disk):
    """Ends the process, as `kill -9` does, in place of the call."""

    def count(self) -> None:
        self.calls += 1
        if self.calls > self.survives:
            os.kill(os.getpid(), signal.SIGKILL)


def killed(work: Callable[[], object], survives: int, after: float | None = None) -> bool:
    """Does a work in a fork that is killed at a call, or after seconds; whether it was killed."""
    child = os.fork()
    if child and after is not None:
        time.sleep(after)
        os.kill(child, signal.SIGKILL)  # of a work that is done, too: it was not waited for
    if not child:
        code = 1
        try:
            signal.alarm(SECONDS)
            with mock.patch("tests.system.test_every_kill.Disk", KillingDisk), disk(survives):
                work()
            code = 0
        except BaseException:
            traceback.print_exc()
            raise
        finally:
            os._exit(code)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, -signal.SIGKILL), f"the work ended with {status}"
    return status != 0


def train(root: Path) -> None:
    """To the end, whether begun or not; saves after each report."""
    folder = root / "tiny"
    with lock.alone_with(folder):
        if not (folder / folders.WEIGHTS).is_file() or (folder / folders.STATE).exists():
            for _ in pipeline.train(folder, "cpu"):
                pass


def prepare_training(root: Path) -> None:
    corpus = tiny.write_corpus(root / "corpus.csv", 40)
    text = tiny.RECIPE.format(path=corpus.as_posix(), epochs=1)
    text = text.replace("pretrain_epochs = 2", "pretrain_epochs = 0\nsave_seconds = 0.0")
    (root / "tiny").mkdir()
    (root / "tiny" / folders.CONFIG).write_text(text, encoding="utf-8")


def export(root: Path, ending: str) -> None:
    export_map.export(open_run(root / "tiny"), root / f"map{ending}")


def make(root: Path) -> None:
    path = root / "checkpoints" / "new" / folders.CONFIG
    if not path.is_file():
        corpus = str(tiny.write_corpus(root / "corpus.csv", 40))
        with mock.patch.object(folders, "checkpoints", lambda: root / "checkpoints"):
            assert main(["new", "new", "--corpus", corpus, "--text-column", "text"]) == 0


def fit(root: Path) -> None:
    if (root / "fitted").exists():
        command = ["prior", str(root / "tiny"), "--fit", "mixture", "--to", str(root / "fitted")]
        assert main(command) == 1, "the run is there"
    else:
        with mock.patch("explorer.pipeline.refit_prior.refit", lambda *_: _fitted[0]):
            pipeline.fit_prior(root / "tiny", root / "fitted", [PRIOR], "explorer prior tiny")


PRIOR = {"name": "mixture", "components": 2}
_fitted: list[TextVAE] = []
"""The model with its prior, fitted once: that writes nothing."""


def prepare_fitting(root: Path) -> None:
    if not _fitted:
        config, vocabulary, model = weights.load_model(root / "tiny")
        data = dataset.load(config, vocabulary)
        _fitted.append(refit_prior.refit(model, PRIOR, data, config))


def register(root: Path) -> None:
    pack.add(root / "tiny")


def get(root: Path) -> None:
    data = (root / "mirror" / "a.txt").read_bytes()
    file = RemoteFile("https://example.org/a.txt", "", hashlib.sha256(data).hexdigest(), len(data))
    download.fetch(file, root / "corpora" / "a.txt", root / "mirror", lambda _: None)


def prepare_mirror(root: Path) -> None:
    (root / "mirror").mkdir()
    (root / "mirror" / "a.txt").write_bytes(b"one sentence\n" * 1_000_000)


def upload(root: Path) -> None:
    texts.upload("mine.csv", lambda file: file.write(b"text\n" + b"a b\n" * 5000), "digest")


def store(root: Path) -> None:
    if not texts.path_of("mine").is_file():
        texts.store("mine", "mine.csv", Table(SENTENCES, None, 0))


def open_job(root: Path) -> None:
    """The job of the page that draws a map of an uploaded text."""
    store(root)
    # The layout, which takes long, writes nothing.
    drawn = partial(shutil.copyfile, root / "tiny" / folders.ATLAS)
    with mock.patch(
        "explorer.pipeline.draw_map.make_atlas", lambda folder, *_: write_map(folder, drawn)
    ):
        open_text.open_text("mine", str(root / "tiny"))


def write_map(folder: Path, drawn: Callable[[Path], object]) -> None:
    with replacing(folder) as new:
        drawn(new / folders.ATLAS)


def remove(root: Path) -> None:
    texts.remove("gone")


def prepare_text(root: Path) -> None:
    texts.store("gone", "gone.csv", Table(SENTENCES, None, 0))
    shutil.copytree(root / "tiny", folders.users() / "gone")


def nothing(root: Path) -> None:
    pass


WORKS: dict[str, tuple[Callable[[Path], None], Callable[[Path], None]]] = {
    "train": (prepare_training, train),
    "atlas": (nothing, draw),
    "evaluate": (nothing, measure),
    "prior": (prepare_fitting, fit),
    "corpus get": (prepare_mirror, get),
    "export parquet": (nothing, partial(export, ending=".parquet")),
    "export csv": (nothing, partial(export, ending=".csv")),
    "export html": (nothing, partial(export, ending=".html")),
    "export png": (nothing, partial(export, ending=".png")),
    "new": (nothing, make),
    "pack": (nothing, send),
    "add pack": (nothing, receive),
    "add folder": (nothing, register),
    "page: upload": (nothing, upload),
    "page: store": (nothing, store),
    "page: map": (nothing, open_job),
    "page: remove": (prepare_text, remove),
}
"""What makes the folder before a work, and the work: of a command, or of the page."""


def state(root: Path) -> dict[str, bytes]:
    """All files, without what a clock wrote; a history without its columns of time."""
    held = content(root)
    held.pop("timings.json", None)
    for path, data in list(held.items()):
        if path.endswith((folders.HISTORY, folders.SUMS)) and "tiny/" in path:
            rows = [line.split(b",") for line in data.splitlines()]
            timed = [at for at, name in enumerate(rows[0]) if name.decode() in CLOCK]
            cells = [[c for at, c in enumerate(row) if at not in timed] for row in rows]
            held[path] = repr(cells if path.endswith(folders.HISTORY) else "").encode()
        elif path.endswith(folders.CONFIG):
            lines = data.splitlines()
            held[path] = b"\n".join(line for line in lines if not line.startswith(b"#"))
    return held


@pytest.fixture
def start(tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a run with a map, packs of it, and the user's data."""
    root = tmp_path / "start"
    ignored = shutil.ignore_patterns(lock.FILE)
    shutil.copytree(tiny_run, root / "tiny", ignore=ignored)
    pack.pack(root / "tiny", root / "received.zip")
    shutil.copytree(tiny_run, root / "runs" / "tiny", ignore=ignored)
    (root / "runs" / "tiny" / folders.CARD).write_text("an earlier run", encoding="utf-8")
    return root


def check(name: str, start: Path, tmp_path: Path, every: int = 0, moments: int = 0) -> int:
    """Kills a work at every n-th of its calls, or at so many random moments; returns how often."""
    prepare, work = WORKS[name]
    root = tmp_path / "root"

    def fresh() -> None:
        shutil.rmtree(root, ignore_errors=True)
        if prepare is prepare_training:
            root.mkdir()
        else:
            shutil.copytree(start, root)
        prepare(root)

    environment = mock.patch.dict(os.environ, EXPLORER_HOME=str(root), EXPLORER_RUNS="")
    here = mock.patch.object(folders, "checkpoints", lambda: root / "checkpoints")
    with environment, here:
        fresh()
        before = state(root)
        started = time.perf_counter()
        assert not killed(lambda: work(root), 10**9)
        seconds = time.perf_counter() - started
        expected = state(root)
        assert expected != before, "the work changes nothing"
        kills, survives = 0, 0
        chance = random.Random(0)
        for moment in range(moments):
            fresh()
            after = chance.uniform(0, seconds)
            kills += killed(lambda: work(root), 10**9, after)
            assert not killed(lambda: work(root), 10**9)
            assert state(root) == expected, f"{name}, kill {moment + 1}, after {after:.3f} s"
        while every:
            fresh()
            if not killed(lambda: work(root), survives):
                break
            kills += 1
            assert not killed(lambda: work(root), 10**9)
            assert state(root) == expected, f"{name}, killed at call {survives + 1}"
            survives += every
    return kills


@pytest.mark.parametrize("name", ["atlas", "add pack", "page: store"])
def test_a_killed_work_is_made_good_by_the_next(name: str, start: Path, tmp_path: Path) -> None:
    assert check(name, start, tmp_path, 7) > 0


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("name", WORKS)
def test_a_work_killed_at_any_moment_is_made_good(name: str, start: Path, tmp_path: Path) -> None:
    kills = check(name, start, tmp_path, moments=MOMENTS)  # a work of a millisecond may be over
    records.merge("random_kills", COMMAND, {name: kills})


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("name", WORKS)
def test_a_work_killed_at_any_call_is_made_good(name: str, start: Path, tmp_path: Path) -> None:
    kills = check(name, start, tmp_path, 1)
    assert kills > 0
    records.merge("kills", COMMAND, {name: kills})
