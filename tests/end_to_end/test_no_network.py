"""No host is asked for anything: commands and page work without a network, and never call one.

`pytest -m soak tests/end_to_end/test_no_network.py`: each runs in a network namespace with nothing
but the loopback, under strace, which lists every address that a process connects to.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from explorer.runs import lock
from tests import records, tiny

pytestmark = pytest.mark.soak

ROOT = Path(__file__).resolve().parents[2]
COMMAND = "pytest -m soak tests/end_to_end/test_no_network.py"
COMMANDS = (
    "new mine --corpus corpus.csv --text-column text --set training.epochs=1",
    "train mine --device cpu",
    "evaluate tiny --samples 3 --limit 6 --device cpu",
    "encode tiny corpus.csv --text-column text --out points.csv",
    "sample tiny",
    "export tiny --out map.html",
    "pack tiny",
    "runs",
)
_CONNECT = re.compile(r'connect\(\d+, \{sa_family=AF_INET6?, .*?"([^"]+)"')

PAGE = """
import asyncio, sys
from tests.benchmarks.click import server
from tests.benchmarks.crowd import warm
with server(0, 0) as address:
    assert asyncio.run(warm(address))
"""


@pytest.fixture
def place(tiny_run: Path, tmp_path: Path) -> Path:
    ignored = shutil.ignore_patterns(lock.FILE)
    shutil.copytree(tiny_run, tmp_path / "checkpoints" / "tiny", ignore=ignored)
    tiny.write_corpus(tmp_path / "corpus.csv", 60)
    return tmp_path


def run(place: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "EXPLORER_HOME": str(place / "home"),
        "EXPLORER_RUNS": str(place / "checkpoints"),
        "PYTHONPATH": str(ROOT),
    }
    environment.pop("EXPLORER_MIRROR", None)
    return subprocess.run(
        command, cwd=place, env=environment, capture_output=True, text=True, check=False
    )


def work(place: Path, *wrapped: str) -> list[str]:
    """All commands and a visit of the page, each wrapped in another command; what failed."""
    failed = []
    for words in COMMANDS:
        done = run(place, *wrapped, sys.executable, "-m", "explorer", *words.split())
        failed += [f"{words}: {done.stderr}"] if done.returncode else []
    done = run(place, *wrapped, sys.executable, "-c", PAGE)
    return [*failed, *([f"the page: {done.stderr}"] if done.returncode else [])]


@pytest.mark.timeout(0)
def test_everything_works_without_a_network_and_no_process_asks_for_one(place: Path) -> None:
    alone = ["unshare", "-rn", "sh", "-c", 'ip link set lo up 2>/dev/null; exec "$@"', "sh"]
    if run(place, *alone, "true").returncode or not shutil.which("strace"):
        pytest.skip("no network namespaces here, or no strace")
    trace = place / "trace"
    traced = [
        "strace",
        "-f",
        "--seccomp-bpf",
        "-qq",
        "-A",
        "-e",
        "trace=connect",
        "-o",
        str(trace),
    ]
    assert not work(place, *alone, *traced)
    hosts = set(_CONNECT.findall(trace.read_text("utf-8", "replace")))
    others = sorted(host for host in hosts if not host.startswith("127.") and host != "::1")
    records.write("hosts", COMMAND, commands=len(COMMANDS), pages=1, contacted=others)
    assert not others
