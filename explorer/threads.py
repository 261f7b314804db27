"""How many threads a process computes with, chosen before the libraries start theirs."""

import os

_SETTING = "OMP_NUM_THREADS"


def limit(threads: int) -> None:
    """Computes with so many threads, unless `OMP_NUM_THREADS` says otherwise.

    Works only before torch is imported: OpenMP reads its environment once.
    """
    os.environ.setdefault(_SETTING, str(threads))
