"""Tests with the lowest version of every dependency that `pyproject.toml` allows.

    pip install uv
    python -m tests.benchmarks.lowest_versions                  the tests of the core
    python -m tests.benchmarks.lowest_versions tests/text       others

Makes a virtual environment with them, beside the CPU build of PyTorch, and runs tests in it. The
tools of the tests themselves are as new as elsewhere.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests import records

COMMAND = "python -m tests.benchmarks.lowest_versions"
ROOT = Path(__file__).resolve().parents[2]
CORE = ("tests/system", "tests/runs", "tests/models", "tests/latent_space", "tests/test_config.py")
UNCHECKED = 'addopts=-q --strict-markers -m "not slow and not soak"'
"""One process; the lowest jaxtyping cannot check the types of what `tests` has imported."""
TOOLS = ("pytest", "pytest-timeout", "pytest-xdist", "hypothesis", "beartype", "httpx2")


def uv(*words: str) -> None:
    found = shutil.which("uv")
    subprocess.run([*([found] if found else [sys.executable, "-m", "uv"]), *words], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("tests", nargs="*", default=CORE)
    parser.add_argument("--find-links", default=os.environ.get("PIP_FIND_LINKS", ""))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = folder / "venv" / "bin" / "python"
        links = ["--find-links", args.find_links] if args.find_links else []
        pins = folder / "lowest.txt"
        uv("pip", "compile", "-q", "--resolution", "lowest-direct", *links, "-o", str(pins),
           str(ROOT / "pyproject.toml"))  # fmt: skip
        uv("venv", "-q", "--python", sys.executable, str(folder / "venv"))
        uv("pip", "install", "-q", "--python", str(python), *links, "-r", str(pins))
        uv("pip", "install", "-q", "--python", str(python), *links, "-c", str(pins), *TOOLS)
        command = [str(python), "-m", "pytest", "-p", "no:cacheprovider", "-o", UNCHECKED]
        done = subprocess.run(
            [*command, *args.tests], cwd=ROOT, capture_output=True, text=True, check=False
        )
    sys.stdout.write(done.stdout[-4000:])
    counts = {
        what: int(number) for number, what in re.findall(r"(\d+) (passed|failed)", done.stdout)
    }
    failed = counts.get("failed", 0)
    if not counts:
        raise SystemExit(done.stderr)
    tests = " ".join(args.tests)
    passed = counts.get("passed", 0)
    records.write("lowest_versions", COMMAND, passed=passed, failed=failed, tests=tests)
    raise SystemExit(done.returncode)


if __name__ == "__main__":
    main()
