"""How a process shares the cores with its neighbours, settled before torch starts its threads.

OpenMP's threads spin while they wait for each other. Where another program wants the cores, the
one that is waited for does not run while the others spin, and a small model all but stops. Waiting
asleep costs microseconds a product and removes the fault. Tokens/s in training at 64 and 256
units, and sentences/s of greedy decoding in batches of 10 and 256, on two cores that four other
programs wanted as well:

| threads | waiting | train 64 | train 256 | greedy 10 | greedy 256 |
| --- | --- | --- | --- | --- | --- |
| 1 | | 2,448 | 924 | 33 | 178 |
| 2 | spinning, the default | 193 | 71 | 8 | 66 |
| 2 | asleep | 2,454 | 1,069 | 55 | 178 |

So the number of threads stays what torch takes, a thread a core, and they wait asleep; only a
small model trains on one (`enough_for`). Both are settings of OpenMP, and what a person sets in
the environment is left alone.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

SMALL = 128
"""Units of an LSTM up to which two threads wait for each other longer than they compute: a model
of that size trained on 8,200 tokens/s with one and 4,900 with two, on two idle cores."""


def share_cores(threads: int = 0) -> None:
    """Makes this process a good neighbour; works only before torch is imported.

    Args:
        threads: To compute with, unless `OMP_NUM_THREADS` says otherwise; 0 is one a core.
    """
    # OpenMP reads its environment once, when the library is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    if threads:
        os.environ.setdefault("OMP_NUM_THREADS", str(threads))


@contextmanager
def enough_for(units: object) -> Iterator[None]:
    """One thread for an LSTM of few units, for as long as this lasts; else what torch takes.

    Units that are no number are for whoever builds the model to complain about.
    """
    import torch

    before = torch.get_num_threads()
    if isinstance(units, int) and units <= SMALL:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
