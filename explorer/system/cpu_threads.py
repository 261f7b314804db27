"""OpenMP threads that share the cores with other programs; set before torch starts them.

OpenMP threads spin while they wait for each other. When another program wants the cores, the
thread they wait for does not run while the others spin, and a small model all but stops. Passive
waiting costs microseconds a product and avoids this. Tokens/s in training at 64 and 256
units, and sentences/s of greedy decoding in batches of 10 and 256, on two cores that four other
programs used too:

| threads | waiting | train 64 | train 256 | greedy 10 | greedy 256 |
| --- | --- | --- | --- | --- | --- |
| 1 | | 2,448 | 924 | 33 | 178 |
| 2 | spinning, the default | 193 | 71 | 8 | 66 |
| 2 | passive | 2,454 | 1,069 | 55 | 178 |

So torch keeps one thread per core and they wait passively; only a small model trains on one
(`enough_for`). Both are variables of OpenMP; values already in the environment are kept.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

SMALL = 128
"""LSTM units up to which one thread is faster than two: 8,200 against 4,900 tokens/s at this size,
on two idle cores."""


_NUMBER = "OMP_NUM_THREADS"
_set_here: set[str] = set()


def share_cores(threads: int = 0) -> None:
    """Sets passive waiting; only has an effect before torch is imported.

    Args:
        threads: Number of threads unless `OMP_NUM_THREADS` is set; 0 is one per core.
    """
    # OpenMP reads its environment once, when it is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    if threads and _NUMBER not in os.environ:
        os.environ[_NUMBER] = str(threads)
        _set_here.add(_NUMBER)


def of_child(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process that computes: without a number of threads set here.

    The server needs one thread for a click; a training that inherited that number would leave the
    other cores idle. A number that a person set holds for both.
    """
    return {name: value for name, value in environment.items() if name not in _set_here}


@contextmanager
def enough_for(units: object) -> Iterator[None]:
    """Limits torch to one thread inside the block for an LSTM of few units.

    Units that are not a number are ignored: building the model reports them.
    """
    import torch

    before = torch.get_num_threads()
    if isinstance(units, int) and units <= SMALL:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
