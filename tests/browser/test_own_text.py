"""From a dropped file to a map whose lens answers, in a real Chromium."""

import re

import pytest

from tests import tiny
from tests.browser.browsing import MARKS, a_page, served

pytestmark = MARKS
DRAWN = 240_000
"""Milliseconds a busy machine may take to draw a map, UMAP imported."""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with served(tmp_path_factory.mktemp("runs"), tmp_path_factory.mktemp("home")) as address:
        yield address


@pytest.fixture
def page():
    with a_page() as page:
        yield page


def test_a_dropped_file_becomes_a_map_whose_lens_answers(page, address, tmp_path):
    path = tmp_path / "My notes.csv"
    rows = "".join(f'"{text}",{n % 2}\n' for n, text in enumerate(tiny.sentences(120)[5:]))
    path.write_text(f"text;n\n{rows}".replace('",', '";') + '"two";1;many\n', encoding="utf-8")
    page.goto(f"{address}/text")
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_text("120 sentences").wait_for()
    page.get_by_text("1 row that cannot be read, and why").click()
    page.get_by_role("button", name="Download these rows").wait_for()
    page.get_by_role("button", name="Draw the map").click()
    page.get_by_role("button", name="Cancel").wait_for()
    page.get_by_role("link", name="Open the map").wait_for(timeout=DRAWN)
    page.get_by_text(re.compile(r"of your words")).first.wait_for()
    page.get_by_role("link", name="Open the map").click()

    page.get_by_role("heading", name="Map of sentences").wait_for()
    page.wait_for_url(re.compile("run=my-notes"))
    page.locator("[data-loaded]").first.wait_for()
    latent_map = page.get_by_test_id("latent-map")
    box = latent_map.bounding_box()
    page.wait_for_timeout(1000)
    tip = page.get_by_test_id("latent-map-tip").filter(has_text=re.compile(r"\w")).first
    for step in range(60):  # where words stand on the map, the lens is silent
        page.mouse.move(box["x"] + box["width"] / 2 + 7 * step, box["y"] + box["height"] / 2)
        page.wait_for_timeout(300)
        if tip.is_visible():
            break
    tip.wait_for()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.get_by_test_id("latent-map-pin").filter(has_text=re.compile(r"\w")).first.wait_for()
