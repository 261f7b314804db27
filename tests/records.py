"""What the long tests measured: one JSON file a promise, from which the page is made.

`EXPLORER_RECORDS=tests/recorded pytest -m soak …` writes them; by default none is written.
"""

import json
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from explorer.system import atomic_files

VARIABLE = "EXPLORER_RECORDS"
FOLDER = Path(__file__).parent / "recorded"


def write(name: str, command: str, **figures: Any) -> None:
    """Records figures, with the command that measured them, where the environment says."""
    folder = os.environ.get(VARIABLE)
    if folder:
        record = {"command": command, "python": platform.python_version(), **figures}
        text = json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False)
        atomic_files.write_text(Path(folder) / f"{name}.json", text + "\n")


def read(name: str) -> dict[str, Any]:
    """The figures of a record; empty if nothing was measured yet."""
    path = FOLDER / f"{name}.json"
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


def merge(name: str, command: str, counts: Mapping[str, int], summed: bool = False) -> None:
    """As `write`, of counts by kind: those of other kinds stay.

    Args:
        name: Of the record.
        command: That measured them.
        counts: By kind.
        summed: Whether counts of the same kind are added up, as of inputs tried one day after
            the other.
    """
    folder = os.environ.get(VARIABLE)
    if folder:
        path = Path(folder) / f"{name}.json"
        held = json.loads(path.read_text("utf-8"))["by"] if path.is_file() else {}
        new = {key: count + (held.get(key, 0) if summed else 0) for key, count in counts.items()}
        write(name, command, by=held | new)
