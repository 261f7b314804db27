"""The house stands: rooms in one strict order, no circle of files, small files, lazy imports."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "explorer"
ROOMS = (
    *("errors", "system", "config", "registry", "text", "models", "latent_space", "runs"),
    *("training", "evaluation", "pipeline", "explore", "experiments", "workspace"),
    *("map_component", "notebook", "ui", "cli"),
)
"""Each room imports only from rooms before it."""
UI_ROOMS = ("session", "components", "map", "http")
"""Rooms of `ui` that pages share, in order; a page's own room imports these and no other page."""


def modules() -> dict[str, Path]:
    """Every module by its dotted name below `explorer`; a package is its `__init__`."""
    named = {
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
        for path in sorted(PACKAGE.rglob("*.py"))
    }
    return {name: path for name, path in named.items() if name not in ("__init__", "__main__")}


MODULES = modules()


def imported_names(path: Path) -> Iterator[tuple[str, str]]:
    """Every import in a file, functions included, as a module and a name in it (or "")."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)


def imports(name: str) -> set[str]:
    """The modules of the package that a module imports."""
    full = {f"{module}.{symbol}".strip(".") for module, symbol in imported_names(MODULES[name])}
    below = {item.removeprefix("explorer.") for item in full if item.startswith("explorer.")}
    found = {item if item in MODULES else item.rpartition(".")[0] for item in below}
    return found - {name, ""}


IMPORTS = {name: imports(name) for name in MODULES}


def room(name: str) -> str:
    return name.split(".")[0]


def ui_room(name: str) -> str:
    """The room inside `ui`; `app` and the page scripts stand above all."""
    return [*name.split("."), ""][1]


@pytest.mark.parametrize("name", MODULES)
def test_rooms_are_in_one_strict_order(name: str) -> None:
    assert room(name) in ROOMS, f"{name}: give this room a place in ROOMS"
    for other in IMPORTS[name]:
        if room(other) != room(name):
            assert ROOMS.index(room(other)) < ROOMS.index(room(name)), f"{name} imports {other}"


@pytest.mark.parametrize("name", [name for name in MODULES if room(name) == "ui"])
def test_a_page_imports_shared_rooms_only(name: str) -> None:
    here = ui_room(name)
    if here in ("", "app", "pages"):
        return
    for other in IMPORTS[name]:
        there = ui_room(other)
        if room(other) != "ui" or there == here:
            continue
        assert there in UI_ROOMS, f"{name} imports {other}"
        if here in UI_ROOMS:
            assert UI_ROOMS.index(there) < UI_ROOMS.index(here), f"{name} imports {other}"


def test_no_circle_of_files() -> None:
    graph = {name: IMPORTS[name] & MODULES.keys() for name in MODULES}
    list(TopologicalSorter(graph).static_order())  # raises CycleError, which names the circle


@pytest.mark.parametrize("name", MODULES)
def test_streamlit_is_a_matter_of_the_ui_and_computing_is_not(name: str) -> None:
    heads = {module.split(".")[0] for module, _ in imported_names(MODULES[name])}
    refused = {"torch", "sklearn", "umap"} if room(name) == "ui" else {"streamlit"}
    assert not heads & refused


@pytest.mark.parametrize("name", MODULES)
def test_files_stay_small(name: str) -> None:
    limit = 80 if ui_room(name) == "pages" else 400
    assert len(MODULES[name].read_text(encoding="utf-8").splitlines()) <= limit


def test_the_top_level_is_as_agreed() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=PACKAGE.parent, capture_output=True, text=True, check=False
    )
    if tracked.returncode:
        pytest.skip("not a git checkout")
    top = {name.split("/")[0] for name in tracked.stdout.splitlines()}
    agreed = {"pyproject.toml", "README.md", "app.py", "explorer", "checkpoints", "tests"}
    agreed |= {"CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "CITATION.cff"}
    assert {name for name in top if not name.startswith(".")} <= agreed


@pytest.mark.parametrize("module", ["explorer", "explorer.cli.main", "explorer.runs.folder"])
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
