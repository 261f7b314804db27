"""How processes share the cores: politely, and as a person's environment says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from explorer.system import cpu_threads

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def environment(monkeypatch):
    for name in ("OMP_WAIT_POLICY", "OMP_NUM_THREADS"):
        monkeypatch.setenv(name, "")  # so that it is put back afterwards
        monkeypatch.delenv(name)
    return os.environ


def test_threads_wait_asleep_and_their_number_is_torchs(environment):
    cpu_threads.share_cores()
    assert environment["OMP_WAIT_POLICY"] == "passive"
    assert "OMP_NUM_THREADS" not in environment


def test_what_a_person_sets_is_left_alone(environment):
    environment.update(OMP_WAIT_POLICY="active", OMP_NUM_THREADS="7")
    cpu_threads.share_cores(1)
    assert environment["OMP_WAIT_POLICY"] == "active"
    assert environment["OMP_NUM_THREADS"] == "7"


def test_torch_computes_with_the_threads_asked_for(environment):
    code = "from explorer.system.cpu_threads import share_cores; share_cores(1); import torch; "
    code += "print(torch.get_num_threads())"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "1"


def test_a_small_model_trains_on_one_thread_and_the_rest_gets_its_threads_back() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with cpu_threads.enough_for(cpu_threads.SMALL):
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 2
        for units in (cpu_threads.SMALL + 1, None, "128"):
            with cpu_threads.enough_for(units):
                assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
