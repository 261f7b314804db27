"""A command that ends at any of its file-system calls: the next one leaves what one alone leaves.

The file system is stopped rather than the process: from the chosen call on, every call that would
change a file fails, those of the clean-up included, as after a kill.
"""

import io
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from explorer import pipeline
from explorer.latent_space.atlas import Atlas
from explorer.pipeline.map_parts import MapParts
from explorer.runs import folder as folders
from explorer.runs import lock, pack
from explorer.system import atomic_files, temporary_files
from explorer.training import checkpoint

CALLS = ("rename", "replace", "unlink", "rmdir", "mkdir", "fsync", "open", "truncate")
CHANGES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Killed(BaseException):
    """The process ends here."""


class Disk:
    """Counts the calls that change files, and fails from one of them on."""

    def __init__(self, survives: int) -> None:
        self.calls = 0
        self.survives = survives

    def count(self) -> None:
        self.calls += 1
        if self.calls > self.survives:
            raise Killed

    def hooked(self, name: str) -> Callable[..., object]:
        real = getattr(os, name)

        def call(*args: object, **options: object) -> object:
            if name != "open" or args[1] & CHANGES:  # type: ignore[operator]
                self.count()
            return real(*args, **options)

        return call

    def open(self, file: object, mode: str = "r", *args: object, **options: object) -> object:
        if not isinstance(file, int) and set(mode) & set("wax+"):
            self.count()
        return _real_open(file, mode, *args, **options)


_real_open = io.open


@contextmanager
def disk(survives: int) -> Iterator[Disk]:
    made = Disk(survives)
    with (
        mock.patch.multiple(os, **{name: made.hooked(name) for name in CALLS}),
        mock.patch.object(shutil, "_use_fd_functions", False),  # which it looks up in a set
        mock.patch("io.open", made.open),
    ):
        yield made


def content(root: Path) -> dict[str, bytes]:
    """Every file and folder below a root, but for locks, which stay."""
    return {
        str(path.relative_to(root)): path.read_bytes() if path.is_file() else b""
        for path in sorted(root.rglob("*"))
        if path.name != lock.FILE and path.suffix != ".lock"
    }


@pytest.fixture(scope="module")
def finished(tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training that is over but not sealed, beside its corpus."""
    root = tmp_path_factory.mktemp("finished")
    folder = root / "tiny"
    folder.mkdir()
    shutil.copyfile(tiny_run / folders.CONFIG, folder / folders.CONFIG)
    stopped = mock.patch("explorer.pipeline.train._Stage.write", side_effect=Killed)
    with stopped, suppress(Killed):
        list(pipeline.train(folder, "cpu"))
    assert checkpoint.path(folder).is_file()
    return root


def seal(root: Path) -> None:
    with lock.alone_with(root / "tiny"):
        if checkpoint.path(root / "tiny").is_file():
            list(pipeline.train(root / "tiny", "cpu"))


def draw(root: Path) -> None:
    atlas = Atlas.load(folders.verify(root / "tiny", folders.ATLAS))
    object.__setattr__(atlas, "xy", atlas.mean[:, :2].copy())

    def in_parts(*given: Any) -> Atlas:
        parts: MapParts = given[4]
        for name in ("encoding-0", "layout"):
            parts.get(name, lambda: ({"mean": atlas.mean}, None))
        return atlas

    with (
        mock.patch.dict(os.environ, EXPLORER_HOME=str(root / "home")),
        mock.patch("explorer.pipeline.draw_map._atlas", in_parts),
        mock.patch("explorer.pipeline.draw_map._rows", lambda *_: [0, 1]),
        mock.patch("explorer.pipeline.map_parts.SENTENCES", 1),
        mock.patch("explorer.pipeline.draw_map.given_vectors.fill"),
        mock.patch("explorer.pipeline.draw_map._prior_draws", lambda _: None),
    ):
        pipeline.make_atlas(root / "tiny")


def measure(root: Path) -> None:
    with lock.alone_with(root / "tiny"):
        import_module("explorer.pipeline.evaluate")._write(root / "tiny", {"verdict": "healthy"})


def send(root: Path) -> None:
    pack.pack(root / "tiny", root / "sent.zip")


def receive(root: Path) -> None:
    with mock.patch.dict(os.environ, EXPLORER_HOME=str(root)):
        pack.add(root / "received.zip", force=True)


@pytest.fixture
def mapped(tiny_run: Path, tmp_path: Path) -> Path:
    """A run with a map, and packs of it and of an earlier state."""
    root = tmp_path / "mapped"
    shutil.copytree(tiny_run, root / "tiny", ignore=shutil.ignore_patterns(lock.FILE))
    pack.pack(root / "tiny", root / "received.zip")
    shutil.copytree(tiny_run, root / "runs" / "tiny", ignore=shutil.ignore_patterns(lock.FILE))
    (root / "runs" / "tiny" / folders.CARD).write_text("an earlier run", encoding="utf-8")
    return root


@pytest.mark.slow
@pytest.mark.parametrize("work", [seal, draw, measure, send, receive])
def test_a_kill_at_any_call_is_made_good_by_the_next_command(
    work: Callable[[Path], None], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    start: Path = request.getfixturevalue("finished" if work is seal else "mapped")

    def fresh(name: str) -> Path:
        return Path(shutil.copytree(start, tmp_path / "copies" / name))

    # Relative paths in a recipe, and absolute ones in the list of runs, name the folder.
    root = fresh("root")
    with disk(10**9) as counted:
        work(root)
    expected = content(root)
    assert counted.calls > 3
    for survives in range(counted.calls):
        shutil.rmtree(root)
        fresh("root")
        with disk(survives), pytest.raises(Killed):
            work(root)
        if work is not seal:  # a run stays whole at every moment
            pack.check(root / "tiny")
        work(root)
        assert content(root) == expected, f"killed at call {survives + 1} of {counted.calls}"


def test_a_living_process_keeps_its_temporary_files(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with (
        atomic_files.atomic_write(path) as file,
        temporary_files.scratch_folder(tmp_path) as other,
    ):
        file.write(b"first")
        temporary_files.remove_abandoned(tmp_path)
        with temporary_files.scratch_folder(tmp_path):
            atomic_files.write_text(path, "second")
        assert other.is_dir()
    assert [item.name for item in tmp_path.iterdir()] == ["a.txt"]
    assert path.read_text("utf-8") == "first"


def test_only_temporary_files_are_removed(tmp_path: Path) -> None:
    kept = {".a.txt.swp", ".notes.12345678", "a.12345678.tmp", ".tmp-12", ".x.ABCDEFGH.tmp"}
    for name in (*kept, ".a.txt.abcd1234.tmp", ".b.txt.abcd1234.tmp"):
        (tmp_path / name).touch()
    (tmp_path / ".c.txt.abcd1234.tmp").symlink_to(tmp_path / ".a.txt.swp")
    atomic_files.write_text(tmp_path / "a.txt", "new")
    assert not (tmp_path / ".a.txt.abcd1234.tmp").exists()
    assert (tmp_path / ".b.txt.abcd1234.tmp").exists()
    temporary_files.remove_abandoned(tmp_path)
    left = {item.name for item in tmp_path.iterdir()}
    assert left == {*kept, "a.txt", ".c.txt.abcd1234.tmp"}
