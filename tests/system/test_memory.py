"""Laws of memory that runs out: one line, whichever library noticed."""

import numpy as np
import pytest
import torch

from explorer.cli import main as command_line
from explorer.system import memory

TOO_MUCH = 2**60


def exhausted_by_torch() -> None:
    torch.empty(TOO_MUCH, dtype=torch.uint8)


def exhausted_by_numpy() -> None:
    np.empty(TOO_MUCH, dtype=np.uint8)


def exhausted_by_onednn() -> None:
    raise RuntimeError("could not create a primitive")


def exhausted_on_a_gpu() -> None:
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


WORK = [exhausted_by_torch, exhausted_by_numpy, exhausted_by_onednn, exhausted_on_a_gpu]


@pytest.mark.parametrize("work", WORK)
def test_memory_that_runs_out_is_one_line(work, monkeypatch, capsys) -> None:
    monkeypatch.setattr(command_line, "_dispatch", lambda arguments: work())
    assert command_line.main([]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "training.batch_size" in error


def test_another_fault_is_not_taken_for_one_of_memory() -> None:
    assert not memory.is_exhausted(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    assert not memory.is_exhausted(ValueError("out of memory"))
