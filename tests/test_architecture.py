"""The house stands: imports go downwards only, files stay small, nothing heavy loads early."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "explorer"
FLOORS = [
    {"errors", "files", "registry", "config", "toml", "threads", "processes"},
    {"text"},
    {"models"},
    {"training"},
    {"space"},
    {"evaluation"},
    {"contents", "run", "groups", "card", "stages", "thought", "tables", "export"},
    {"cli", "ui"},
]
LEVEL = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}
FILES = sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    """The rooms a file imports from anywhere in it, functions included."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "explorer":
                names |= {f"explorer.{alias.name}" for alias in node.names}
            else:
                names.add(node.module)
    return {name.split(".")[1] for name in names if name.startswith("explorer.")}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_downwards_only(path: Path) -> None:
    here = room(path)
    if here in ("__init__", "__main__"):
        return
    assert here in LEVEL, f"{here}: give this room a floor in FLOORS"
    for other in imported_rooms(path) - {here}:
        assert LEVEL[other] <= LEVEL[here], f"{here} imports {other}, which stands above it"
        same_floor = LEVEL[other] == LEVEL[here]
        assert not (same_floor and {here, other} == {"cli", "ui"}), "cli and ui stay apart"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_stay_small(path: Path) -> None:
    limit = 80 if path.parent.name == "pages" else 400
    assert len(path.read_text(encoding="utf-8").splitlines()) <= limit


def test_the_top_level_is_as_agreed() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=PACKAGE.parent, capture_output=True, text=True, check=False
    )
    if tracked.returncode:
        pytest.skip("not a git checkout")
    top = {name.split("/")[0] for name in tracked.stdout.splitlines()}
    agreed = {"pyproject.toml", "README.md", "app.py", "explorer", "checkpoints", "tests"}
    agreed |= {"CHANGELOG.md", "CONTRIBUTING.md", "LICENSE"}
    assert {name for name in top if not name.startswith(".")} <= agreed


@pytest.mark.parametrize("module", ["explorer", "explorer.cli.main", "explorer.training.folder"])
def test_nothing_heavy_is_imported_before_it_is_needed(module: str) -> None:
    heavy = {"torch", "numpy", "umap", "sklearn", "plotly", "streamlit", "pandas", "scipy"}
    code = f"import sys, {module}; print(*(sys.modules.keys() & {heavy!r}))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PACKAGE.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == []
