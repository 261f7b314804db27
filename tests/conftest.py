"""What several tests share."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def mirror() -> Path:
    """The folder of real corpora that `EXPLORER_MIRROR` names; skips the test without it."""
    folder = os.environ.get("EXPLORER_MIRROR")
    if not folder:
        pytest.skip("needs real corpora: set EXPLORER_MIRROR to a folder that holds them")
    return Path(folder)
