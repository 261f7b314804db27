"""What several tests share."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from explorer.runs import folder as folders
from explorer.system import cpu_threads

# Before torch is imported: threads that spin while they wait slow tests down on a busy machine.
cpu_threads.share_cores()

from tests import check_again, given, tiny  # noqa: E402

LONG = ("browser", "slow", "soak")
"""Marks of tests that take long."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files begin first, so that no process is left alone with one at the end."""
    long = {item.path for item in items for name in LONG if item.get_closest_marker(name)}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(autouse=True)
def checked_calls() -> None:
    """Each test checks the types of the first calls of every function."""
    check_again()


@pytest.fixture(scope="session")
def mirror() -> Path:
    """The folder of real corpora that `EXPLORER_MIRROR` names; skips the test without it."""
    folder = os.environ.get("EXPLORER_MIRROR")
    if not folder:
        pytest.skip("needs real corpora: set EXPLORER_MIRROR to a folder that holds them")
    return Path(folder)


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained run with a map, of invented sentences (`tests/tiny.py`); do not change it."""
    return tiny.build(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="session")
def given_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained run of vectors with a map (`tests/given.py`); do not change it."""
    return given.build(tmp_path_factory.mktemp("given"))


@pytest.fixture(scope="session", autouse=True)
def own_runs_only() -> Iterator[None]:
    """The runs that ship are listed only where `checkpoints()` is their folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folders, "shipped", lambda: folders.checkpoints())
        yield


@pytest.fixture(scope="session")
def code_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained run of codes with a map, its prior fitted afterwards; do not change it."""
    return tiny.build(tmp_path_factory.mktemp("codes"), "codes", epochs=12, recipe=tiny.CODES)
