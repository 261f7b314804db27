"""What tests of pages share: an empty folder of runs, and the app opened on the tiny run."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from explorer.explore import text_points
from explorer.runs import folder as folders
from explorer.ui.session.url import page_file

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True, scope="module")
def few_candidates() -> Iterator[None]:
    """Three decodes of a point: the tiny run hits none, so each page would take all sixteen."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_points, "_CANDIDATES", 6)
        yield


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder, the only one where runs are looked for."""
    monkeypatch.setattr(folders, "checkpoints", lambda: tmp_path / "checkpoints")
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("EXPLORER_RUNS", str(tmp_path / "runs"))
    (tmp_path / "runs").mkdir()
    return tmp_path / "runs"


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, runs: Path, tiny_run: Path) -> Callable[..., AppTest]:
    """Opens the app on the tiny run: a page, what is picked, parameters of the address."""
    monkeypatch.setenv("EXPLORER_RUNS", str(tiny_run))

    def start(page: str = "map", pick: object = None, **address: str) -> AppTest:
        at = AppTest.from_file(ROOT / "app.py", default_timeout=60)
        for key, value in address.items():
            at.query_params[key] = value
        if pick is not None:
            at.session_state["_pick"] = pick
        at.run()
        if page != "map":
            at.switch_page(str(page_file(page))).run()
        assert not at.exception
        return at

    return start
