"""Runs whose results are still to come."""

import shutil
from pathlib import Path

import pytest

from explorer.runs import folder as folders


@pytest.fixture
def unmapped(tiny_run: Path, tmp_path: Path) -> Path:
    """A trained run whose map is still to be drawn."""
    folder = tmp_path / "unmapped"
    shutil.copytree(tiny_run, folder)
    for name in (folders.ATLAS, folders.PLAYBACK):
        (folder / name).unlink()
    folders.write_checksums(folder)
    return folder
