"""The map on a page of somebody else's Streamlit app, in Chromium."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from explorer import open_run
from tests.browser import strolling
from tests.browser.browsing import PATIENCE, QUICK_MARKS, ROOT, a_page, listening, sync_api

pytestmark = QUICK_MARKS
APP = """
import streamlit as st
import explorer

@st.cache_resource
def run():
    return explorer.open_run({run!r})

st.session_state["runs"] = st.session_state.get("runs", 0) + 1
first, second = st.columns(2)
with first:
    shown = explorer.st_latent_map(run(), height=400)
with second:
    other = explorer.st_latent_map(run(), view="pca", height=300, key="other")
st.text(f"pick {{shown.pick}}")
st.text(f"query {{shown.query or None}}")
st.text(f"selected {{len(shown.selection)}}")
st.text(f"other {{other.pick}} {{len(other.selection)}}")
st.text(f"run {{st.session_state['runs']}}")
"""


@pytest.fixture(scope="module")
def address(tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("app")
    (folder / "app.py").write_text(APP.format(run=str(tiny_run)), encoding="utf-8")
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    with listening(folder, {"PYTHONPATH": os.pathsep.join(filter(None, paths))}) as address:
        yield address


def test_it_decodes_without_a_rerun_of_the_page_and_its_pick_is_returned(
    address: str, tiny_run: Path
) -> None:
    run = open_run(tiny_run)
    with a_page() as page:
        page.goto(address)
        maps = page.get_by_test_id("latent-map")
        sync_api.expect(page.locator("[data-loaded]")).to_have_count(2, timeout=PATIENCE)
        for number in (0, 1):
            state = maps.nth(number).evaluate("map => map.state")
            assert state["points"] == len(run.needed_atlas)
        first = maps.first
        first.hover(position={"x": 200, "y": 60})
        page.get_by_test_id("latent-map-tip").first.wait_for(state="visible")
        assert page.get_by_text("run 1", exact=True).is_visible()
        assert page.get_by_title("Copy a link to this view").first.is_hidden()

        first.click(position={"x": 40, "y": 40})
        page.get_by_text("pick None").wait_for(state="hidden")
        page.get_by_text("run 2", exact=True).wait_for()
        assert page.get_by_text("other None 0").is_visible()

        strolling.settle(page)  # the camera goes to what was picked
        page.get_by_label("Select with a rectangle").first.click()
        box = first.bounding_box()
        page.mouse.move(box["x"] + 5, box["y"] + 5)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] - 60, box["y"] + box["height"] - 5, steps=5)
        page.mouse.up()
        page.get_by_text("query area:").wait_for()
        query = page.get_by_text("query area:").inner_text().removeprefix("query ")
        expected = len(run.select(query))
        assert expected > 1 and page.get_by_text(f"selected {expected}", exact=True).is_visible()
        assert page.get_by_text("other None 0").is_visible()
        assert page.get_by_test_id("stException").count() == 0
