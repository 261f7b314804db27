"""Lecture mode in Chromium: keys move through the scenes, Escape leaves, the type is large."""

import re

import pytest

from tests.browser.browsing import MARKS, PATIENCE, ROOT, listening, new_page, sync_api

pytestmark = MARKS
SCENES = """\
[[scene]]
title = "First"
see = "The card of the run."
page = "model"
run = "tiny"

[[scene]]
title = "Second"
see = "A path."
page = "paths"
run = "tiny"
address = { steps = "5" }
"""


@pytest.fixture(scope="module")
def address(tiny_run, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    (home / "mine.toml").write_text(SCENES)
    variables = {
        "EXPLORER_RUNS": str(tiny_run),
        "EXPLORER_HOME": str(home),
        "EXPLORER_SCENES": str(home / "mine.toml"),
    }
    with listening(ROOT, variables) as address:
        yield address


@pytest.fixture
def page(visitor):
    page = new_page(visitor, 1440, 900)
    sync_api.expect.set_options(timeout=PATIENCE)
    yield page
    page.close()


def press(page, key):
    """Presses a key once the scene listens to it."""
    page.wait_for_function("window.lectureKeys && document.querySelector('.lecture nav')")
    page.keyboard.press(key)


def test_keys_move_through_the_scenes_and_escape_leaves(page, address):
    page.goto(f"{address}/lecture?run=tiny")
    page.get_by_role("link", name="First").click()
    see = page.locator(".lecture .see")
    sync_api.expect(see).to_have_text("The card of the run.")
    assert not page.get_by_test_id("stHeader").is_visible()
    assert see.evaluate("(node) => parseFloat(getComputedStyle(node).fontSize)") >= 24
    press(page, "ArrowRight")
    page.wait_for_url(re.compile(r"/paths\?.*scene=2"))
    sync_api.expect(see).to_have_text("A path.")
    sync_api.expect(page.get_by_role("slider", name="Steps")).to_have_value("5")
    press(page, "PageUp")
    page.wait_for_url(re.compile(r"/model\?.*scene=1"))
    sync_api.expect(see).to_have_text("The card of the run.")
    press(page, "PageDown")
    page.wait_for_url(re.compile(r"/paths\?.*scene=2"))
    sync_api.expect(see).to_have_text("A path.")
    press(page, "Escape")
    page.wait_for_url(lambda url: "/paths" in url and "scene=" not in url)
    page.get_by_test_id("stHeader").wait_for()
    sync_api.expect(see).to_have_count(0)
