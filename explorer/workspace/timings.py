"""How long parts of the work took on this machine, to say how long they will take again."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from explorer.errors import ExplorerError
from explorer.system import atomic_files

MAP, EVALUATION, VECTORS = "map", "evaluation", "vectors"
"""Drawing a map of some sentences, the quick evaluation after a training, and the embedding of its
sentences by a teacher before it."""

_TYPICAL = {MAP: (20.0, 0.004), EVALUATION: (25.0, 0.0), VECTORS: (5.0, 0.002)}
"""Seconds at once and for each sentence, on two cores, until something was measured."""
_MAX_BYTES = 65_536


def path() -> Path:
    """The file of the measured times."""
    return atomic_files.home() / "timings.json"


@contextmanager
def measured(what: str, sentences: int) -> Iterator[None]:
    """Records how long the block takes, unless it raises."""
    begun = time.monotonic()
    yield
    known = _read() | {what: [sentences, round(time.monotonic() - begun, 2)]}
    with suppress(ExplorerError):  # an estimate must not end the work
        atomic_files.write_text(path(), json.dumps(known))


def expected(what: str, sentences: int) -> float:
    """The seconds it will take for this many sentences, from the last time it was done here."""
    fixed, each = _TYPICAL[what]
    typical = fixed + each * sentences
    if what not in (known := _read()):
        return typical
    before, seconds = known[what]
    return seconds * typical / (fixed + each * before)


def _read() -> dict[str, list[float]]:
    try:
        content = json.loads(atomic_files.read(path(), _MAX_BYTES))
        return {
            name: [float(number) for number in content[name]]
            for name in _TYPICAL
            if name in content and len(content[name]) == 2
        }
    except (OSError, ValueError, TypeError, ExplorerError):
        return {}
