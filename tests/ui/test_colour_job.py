"""Colours that are fitted first leave the page responsive, and can be cancelled."""

from dataclasses import replace
from threading import Event

import pytest

from explorer.explore import colourings
from explorer.explore.colourings import COLOURINGS
from explorer.system.cache import Cache
from explorer.ui.components import colour_job
from tests.ui.test_pages import Open


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Event:
    """K-means colours that are ready after the event is set."""
    go, item = Event(), COLOURINGS["k-means"]

    def draw(run):
        go.wait(60)
        return item.draw(run)

    monkeypatch.setitem(COLOURINGS, "k-means", replace(item, draw=draw))
    monkeypatch.setattr(colour_job, "_jobs", {})
    monkeypatch.setattr(colourings, "_fitted", Cache(8))
    return go


def test_the_page_shows_the_former_colours_while_others_are_fitted(app: Open, slow: Event) -> None:
    at = app(colour="K-means")
    assert not at.error and "colour_stop" in [button.key for button in at.button]
    (job,) = colour_job._jobs.values()
    assert not job.is_done
    slow.set()
    assert job.wait(60) and job.error is None
    at.run()
    assert not at.exception and "colour_stop" not in [button.key for button in at.button]
    assert at.selectbox(key="colour").value == "k-means"


def test_cancel_returns_to_the_former_colours(app: Open, slow: Event) -> None:
    at = app()
    at.selectbox(key="colour").set_value("k-means").run()
    at.button(key="colour_stop").click().run()
    assert not at.exception
    assert at.selectbox(key="colour").value == "cluster"
    assert "colour_stop" not in [button.key for button in at.button]
    slow.set()
