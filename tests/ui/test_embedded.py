"""The map of somebody else's page: what is picked reaches the page, whatever rerun is lost."""

from pathlib import Path

import pytest
import streamlit as st

from explorer.explore.run import open_run
from explorer.ui.map import embedded

KEY = "latent_map"


@pytest.fixture
def reruns(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The reruns of the page that are asked for; none is carried out."""
    asked: list[str] = []
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(st, "fragment", lambda draw: draw)
    monkeypatch.setattr(st, "rerun", lambda: asked.append("page"))
    monkeypatch.setattr(embedded, "_bundle_url", lambda key: "")
    monkeypatch.setattr(embedded, "_component", lambda address: lambda **_: None)
    return asked


def test_a_pick_asks_for_a_rerun_of_the_page_until_the_page_has_returned_it(
    reruns: list[str], tiny_run: Path
) -> None:
    run = open_run(tiny_run)
    assert embedded.st_latent_map(run).pick is None
    assert reruns == []
    point = {"kind": "point", "index": 3, "x": 0.0, "y": 0.0, "shift": False, "serial": 1}
    st.session_state[KEY] = {"message": {"event": point}}
    embedded._draw(KEY)
    assert len(reruns) == 1
    st.session_state[KEY] = {"message": {"questions": []}}  # the rerun was lost to this one
    embedded._draw(KEY)
    assert len(reruns) == 2
    st.session_state[KEY] = {}
    shown = embedded.st_latent_map(run)
    assert shown.pick is not None
    embedded._draw(KEY)
    assert len(reruns) == 2
