"""Names of runs."""

import os
import re
from pathlib import Path

from explorer.errors import ExplorerError

_NAME = re.compile(r"\w[\w.+-]{0,63}")
# Windows reserves these names, with any extension, for devices.
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def check_name(name: str) -> str:
    """The name, if it is a valid folder name on every system.

    Raises:
        ExplorerError: For path separators, reserved names, other characters or excess length.
    """
    if not _NAME.fullmatch(name) or name.endswith("."):
        raise ExplorerError(
            f"{name!r} is not a valid run name: use letters, digits and . _ + -, starting with a "
            "letter or digit, at most 64 characters"
        )
    if _DEVICES.fullmatch(name):
        raise ExplorerError(f"{name!r} is not a valid run name: Windows reserves it")
    return name


def new_folder(run: str, root: Path) -> Path:
    """The folder of a new run: a path as given, a name below `root`.

    Raises:
        ExplorerError: If its last part cannot name a run.
    """
    path = Path(run)
    is_path = any(mark in run for mark in {"/", os.sep})
    check_name(path.name if is_path else run)
    return path if is_path else root / run
