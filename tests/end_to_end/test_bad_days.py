"""Laws of a system that fails around a training: one line says it, and nothing trained is lost."""

import errno
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import pytest

from explorer import pipeline
from explorer.errors import ExplorerError
from explorer.runs import folder as folders
from explorer.runs import lock
from tests.system.test_real_kills import prepare_training

FAILURES = {
    "a full disk": ("tempfile.mkstemp", errno.ENOSPC),
    "a quota": ("tempfile.mkstemp", errno.EDQUOT if hasattr(errno, "EDQUOT") else errno.ENOSPC),
    "a read-only disk": ("tempfile.mkstemp", errno.EROFS),
    "a lost right": ("tempfile.mkstemp", errno.EACCES),
    "a disk full at the end of a file": ("os.fsync", errno.ENOSPC),
    "a disk that fails": ("os.fsync", errno.EIO),
    "a right lost before the rename": ("os.replace", errno.EPERM),
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training that nothing disturbed."""
    root = tmp_path_factory.mktemp("trained")
    prepare_training(root)
    for _ in pipeline.train(root / "tiny", "cpu"):
        pass
    return root


@pytest.fixture
def begun(trained: Path, tmp_path: Path) -> Path:
    """The same recipe on the same corpus, not trained yet."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    shutil.copyfile(trained / "tiny" / folders.CONFIG, folder / folders.CONFIG)
    return folder


@contextmanager
def broken(name: str) -> Iterator[None]:
    target, number = FAILURES[name]
    with mock.patch(target, side_effect=OSError(number, os.strerror(number))):
        yield


@pytest.mark.parametrize("name", FAILURES)
def test_a_training_that_cannot_save_says_so_and_goes_on_to_the_same_weights(
    name: str, begun: Path, trained: Path
) -> None:
    running = pipeline.train(begun, "cpu")
    next(running)
    with broken(name), pytest.raises(ExplorerError, match="cannot write") as raised:
        for _ in running:
            pass
    assert "\n" not in str(raised.value) and os.strerror(FAILURES[name][1]) in str(raised.value)
    for _ in pipeline.train(begun, "cpu"):
        pass
    written = (begun / folders.WEIGHTS).read_bytes()
    assert written == (trained / "tiny" / folders.WEIGHTS).read_bytes()
    assert not [item for item in begun.rglob(".*") if item.name != lock.FILE]


def test_a_folder_deleted_while_it_trains_is_one_line(begun: Path) -> None:
    running = pipeline.train(begun, "cpu")
    next(running)
    shutil.rmtree(begun)
    with pytest.raises(ExplorerError) as raised:
        for _ in running:
            pass
    assert "\n" not in str(raised.value) and folders.CONFIG in str(raised.value)


@pytest.mark.skipif(sys.platform == "win32", reason="has no such limit")
def test_a_file_size_limit_is_one_line_and_leaves_what_stood_there(tmp_path: Path) -> None:
    """As a full disk, but noticed by the kernel in the middle of a write."""
    import resource
    import signal

    from explorer.system import atomic_files

    path = tmp_path / "a.txt"
    atomic_files.write_text(path, "before")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(ExplorerError, match=r"cannot write .*a\.txt: File too large"):
            atomic_files.write_text(path, "x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert path.read_text("utf-8") == "before" and len(list(tmp_path.iterdir())) == 1
