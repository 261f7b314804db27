"""A student's way through the pages, by clicks on what is visible alone: why a run collapsed."""

import re

import pytest

from explorer.explore.run import open_run
from tests.browser.browsing import QUICK_MARKS, ROOT, a_page, served

pytestmark = QUICK_MARKS


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The page on the runs that ship."""
    nothing = tmp_path_factory.mktemp("runs")
    with served(nothing, tmp_path_factory.mktemp("home")) as address:
        yield address


@pytest.fixture
def page():
    with a_page() as page:
        yield page


def test_from_why_a_run_failed_to_the_map_of_one_that_did_not(page, address):
    page.goto(f"{address}/collapse")
    page.get_by_text("The same sentences, reconstructed").wait_for()
    page.get_by_role("button", name=re.compile("^Train the four toy models")).wait_for()
    page.get_by_role("heading", name="captions-collapsed: collapsed").wait_for()
    page.get_by_text("passes through z, so the decoder is a language").wait_for()
    page.get_by_text("What to try next").wait_for()

    told = page.get_by_text(re.compile("captions-collapsed collapsed .*uses z")).first.inner_text()
    other = re.search(r"(\S+) uses z", told)[1]
    page.get_by_role("link", name="Compare these two runs").click()
    sentence = page.get_by_text("so its decoder is a language model").first
    sentence.wait_for()
    assert re.match(rf"captions-collapsed collapsed .*; {other} uses z", sentence.inner_text())

    page.get_by_role("tab", name="Maps").click()
    moved = page.get_by_role(
        "list", name=re.compile("Sentences with the (least|most) changed neighbours")
    ).get_by_role("button")
    moved.first.wait_for()
    moved.first.click()
    page.locator(f'[data-run="{other}"]').wait_for()
    page.get_by_role("link", name="Open on this map").nth(1).click()

    page.get_by_role("heading", name="Map of sentences").wait_for()
    page.get_by_text(re.compile(r"^row [\d,]+ ·|· row [\d,]+ ·")).first.wait_for()
    page.wait_for_url(re.compile(rf"run={other}.*at=\d+"))
    index = int(re.search(r"at=(\d+)", page.url)[1])
    row = int(open_run(ROOT / "checkpoints" / other).atlas.row[index])
    assert f"row {row:,}" in page.get_by_test_id("stMain").inner_text()


@pytest.mark.soak
@pytest.mark.usefixtures("mirror")
def test_a_click_while_the_page_still_reads_the_corpus_leaves_nothing_dead(page, tmp_path):
    """A fresh server reads 155,070 sentences for its first page, and the click overtakes that."""
    with served(tmp_path / "runs", tmp_path / "home") as address:
        page.goto(f"{address}/compare?run=captions-collapsed")
        page.get_by_role("heading", name="Recipe differences").wait_for()
        page.get_by_role("tab", name="Maps").click()
        moved = page.get_by_role(
            "list", name=re.compile("Sentences with the (least|most) changed neighbours")
        ).get_by_role("button")
        moved.first.wait_for()
        page.wait_for_timeout(3000)  # the overtaken run ends within this time
        moved.first.click()
        page.locator("[data-run]").first.wait_for()


def test_the_list_of_examples_is_as_high_as_its_sentences_in_a_low_window(page, address):
    page.set_viewport_size({"width": 1280, "height": 420})
    page.goto(f"{address}/?run=captions-smooth")  # whose sentences are long
    examples = page.locator(".st-key-examples")
    examples.get_by_role("button").first.wait_for()
    shown, needed = examples.evaluate("box => [box.clientHeight, box.scrollHeight]")
    assert needed <= shown + 1
