"""What an installed package brings: the page, its settings, the runs that ship, nothing else."""

import json
import os
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from explorer import config as configs
from explorer.evaluation import published
from tests.ui.test_access import free_port, listens_on, status

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that `pip install .` installed the package to, without its dependencies."""
    site = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    command += ["--no-build-isolation", "--no-index", "--target", str(site), str(ROOT)]
    subprocess.run(command, check=True)
    return site


def environment(installed: Path, here: Path) -> dict[str, str]:
    variables = os.environ | {"PYTHONPATH": str(installed), "EXPLORER_HOME": str(here / "home")}
    variables.pop("EXPLORER_RUNS", None)
    return variables


def explorer(installed: Path, here: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "explorer", *arguments],
        cwd=here,
        env=environment(installed, here),
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def served(installed: Path, here: Path, port: int) -> Iterator[str]:
    """`explorer app` in a folder; yields its first line with an address."""
    server = subprocess.Popen(
        [sys.executable, "-m", "explorer", "app", "--port", str(port), "--theme", "dark"],
        cwd=here,
        env=environment(installed, here) | {"STREAMLIT_SERVER_HEADLESS": "true"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    try:
        yield next(line for line in server.stdout if "http" in line)
    finally:
        server.terminate()
        server.stdout.close()
        server.wait(30)


@pytest.mark.slow
def test_the_shipped_runs_are_those_of_the_repository(installed: Path, tmp_path: Path) -> None:
    done = explorer(installed, tmp_path, "runs", "--json")
    assert done.returncode == 0, done.stderr
    listed = {row["name"]: row for row in json.loads(done.stdout)}
    assert listed["captions-smooth"]["verdict"] == "healthy"
    assert all(Path(row["where"]).is_relative_to(installed) for row in listed.values())
    assert not any(row["error"] for row in listed.values())
    tracked = subprocess.run(
        ["git", "ls-files", "checkpoints"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if tracked.returncode == 0:
        assert set(listed) == {name.split("/")[1] for name in tracked.stdout.splitlines()}


@pytest.mark.slow
def test_a_run_of_this_folder_hides_no_shipped_run(
    installed: Path, tmp_path: Path, tiny_run: Path
) -> None:
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "mine").symlink_to(tiny_run)
    names = {
        row["name"] for row in json.loads(explorer(installed, tmp_path, "runs", "--json").stdout)
    }
    assert {"captions-smooth", tiny_run.name} <= names
    refused = explorer(installed, tmp_path, "train", "nobody")
    assert refused.returncode == 1
    for root in (tmp_path / "checkpoints", installed / "explorer/shipped/checkpoints"):
        assert str(root) in refused.stderr


@pytest.mark.slow
def test_the_page_starts_in_any_folder_for_this_machine_alone(
    installed: Path, tmp_path: Path
) -> None:
    port = free_port()
    with served(installed, tmp_path, port) as line:
        assert f"http://127.0.0.1:{port}/" in line
        assert listens_on(port) <= {"0100007F"}
        assert status(port, Host=f"127.0.0.1:{port}") == 200
        assert status(port, Host="evil.example") == 403
        with urllib.request.urlopen(
            f"http://127.0.0.1:{port}/_stcore/health", timeout=20
        ) as answer:
            assert answer.status == 200
    settings = installed / "explorer/shipped/.streamlit/config.toml"
    assert settings.read_bytes() == (ROOT / ".streamlit/config.toml").read_bytes()


def test_what_a_shipped_run_starts_from_can_be_trained_again() -> None:
    """By a recipe that ships, or one that `explorer benchmark --make` writes."""
    shipped = Path(__file__).parents[1] / "checkpoints"
    starts = {
        path.parent.name: str(config.training.start["run"])
        for path in shipped.glob("*/config.toml")
        if "run" in (config := configs.read(path)).training.start
    }
    assert "everyday" in starts
    recipes = {path.parent.name for path in shipped.glob("*/config.toml")} | set(published.PTB)
    assert set(starts.values()) <= recipes


def test_metadata_names_authors_licence_and_types() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["authors"] == [{"name": "Text Latent Explorer contributors"}]
    assert "Typing :: Typed" in project["classifiers"]
    assert (ROOT / "explorer/py.typed").is_file()
    citation = (ROOT / "CITATION.cff").read_text("utf-8")
    assert f'version: "{project["version"]}"' in citation


def test_the_exact_versions_are_ones_that_the_ranges_allow() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = (ROOT / ".ci/constraints.txt").read_text("utf-8").splitlines()
    exact = dict(line.split("==") for line in lines if not line.startswith("#"))
    asked = map(Requirement, [*project["dependencies"], *project["optional-dependencies"]["test"]])
    for requirement in asked:
        version = exact[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), requirement
