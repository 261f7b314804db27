"""Pins in a real Chromium: from a selection to a note that another browser reopens and edits."""

import re

import pytest

from explorer.explore.run import open_run
from tests.browser import strolling
from tests.browser.browsing import MARKS, PATIENCE, downloaded, sync_api

pytestmark = MARKS


def a_tab(chromium, address):
    page = chromium.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    return page


def pin(page, note, *tags):
    strolling.settle(page)
    page.get_by_role("button", name="Pin", exact=True).press("Enter")
    page.get_by_role("textbox", name="Note").fill(note)
    page.keyboard.press("Tab")
    for tag in tags:
        page.get_by_role("combobox", name="Tags").fill(tag)
        page.keyboard.press("Enter")
        page.get_by_text(tag, exact=True).first.wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Pin this").click()
    page.get_by_text("Pinned: see the page").wait_for()


@pytest.mark.soak
def test_a_pin_is_reopened_edited_deleted_and_restored_in_another_browser(
    chromium, address, tiny_run
):
    run = open_run(tiny_run)
    first = a_tab(chromium, f"{address}/?run=tiny&select=words:robot")
    pin(first, "these <b>robots</b>", "machines")

    other = a_tab(chromium, f"{address}/notes?run=tiny")
    other.get_by_text("these <b>robots</b>").wait_for()
    other.get_by_role("link", name="words “robot”").click()
    count = len(run.select("words:robot"))
    other.get_by_text(re.compile(rf"^{count} of \d+ sentences$")).wait_for()
    assert "select=words" in other.url

    # A selection of its own, by the tag of the first one.
    other.goto(f"{address}/?run=tiny&select=tag:machines&colour=Tag")
    other.get_by_text(re.compile(rf"^{count} of \d+ sentences$")).wait_for()
    assert "machines" not in first.url

    other.goto(f"{address}/notes?run=tiny")
    other.get_by_role("button", name="Edit").click()
    other.get_by_role("textbox", name="Note").fill("changed")
    other.get_by_role("button", name="Save").click()
    other.get_by_text("changed", exact=True).wait_for()
    other.get_by_role("button", name="Delete").click()
    other.get_by_text("There are no notes yet").wait_for()
    other.get_by_role("button", name="Undo").click()
    other.get_by_role("link", name="words “robot”").wait_for()
    file = downloaded(other, other.get_by_role("button", name="Markdown"))
    assert "\nchanged" in file.read_text("utf-8")
    sync_api.expect(other.get_by_text("1 note", exact=True)).to_be_visible()
