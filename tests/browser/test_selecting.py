"""Selecting sentences on the map in a real Chromium: from a drag to a table, and from its link."""

import csv
import re

import numpy as np

from explorer.explore.run import open_run
from explorer.system.table_writers import guard
from tests.browser.browsing import MARKS, PATIENCE, downloaded, sync_api

pytestmark = MARKS

COUNT = re.compile(r"([\d,]+) of ([\d,]+) sentences")


def count(page):
    """The number of selected sentences that the panel states."""
    shown = page.get_by_text(COUNT).first
    shown.wait_for()
    return int(COUNT.search(shown.inner_text())[1].replace(",", ""))


def expect_count(page, number):
    sync_api.expect(
        page.get_by_text(re.compile(rf"^{number:,} of [\d,]+ sentences$"))
    ).to_be_visible(timeout=PATIENCE)


def drag(page, corners, shift=False):
    """Drags over the map through corners, in map coordinates."""
    canvas = page.get_by_test_id("latent-map")
    box = canvas.bounding_box()
    corners = [canvas.evaluate("(map, at) => map.toScreen(...at)", list(at)) for at in corners]
    at = [(box["x"] + left, box["y"] + top) for left, top in corners]
    if shift:
        page.keyboard.down("Shift")
    page.mouse.move(*at[0])
    page.mouse.down()
    for left, top in at[1:]:
        page.mouse.move(left, top, steps=8)
    page.mouse.up()
    if shift:
        page.keyboard.up("Shift")


def test_a_lasso_selects_lists_and_reopens(page, address, chromium, tiny_run):
    run = open_run(tiny_run)
    page.goto(f"{address}/?run=tiny")
    page.locator("[data-loaded]").first.wait_for()
    view = page.get_by_test_id("latent-map").evaluate("map => map.state.view")
    (left, bottom), (right, top) = np.quantile(run.needed_atlas.xy, [0.2, 0.9], axis=0).tolist()
    drag(page, [(left, bottom), (right, bottom), (right, top), (left, top)], shift=True)
    lassoed = count(page)
    assert 0 < lassoed < len(run.texts)
    state = page.get_by_test_id("latent-map").evaluate("map => map.state")
    assert state["view"] == view, "a lasso does not pan"
    assert state["standing"] == lassoed
    page.wait_for_url(re.compile("select=area"))
    text = page.evaluate("new URLSearchParams(location.search).get('select')")
    assert len(run.select(text)) == lassoed
    table = page.get_by_test_id("stDataFrame")
    table.wait_for()
    csv_file = downloaded(page, page.get_by_role("button", name="CSV", exact=True))
    with csv_file.open(encoding="utf-8", newline="") as file:
        assert sorted(row["sentence"] for row in csv.DictReader(file)) == sorted(
            guard(run.texts[row]) for row in run.select(text)
        )

    other = chromium.new_page(viewport={"width": 1280, "height": 900})
    other.set_default_timeout(PATIENCE)
    other.goto(page.url)
    assert count(other) == lassoed
    other.close()

    # A search narrows it: by the button below its matches.
    page.get_by_text("Narrow", exact=True).click()
    page.get_by_placeholder(re.compile("^Find sentences")).fill("dog")
    page.keyboard.press("Enter")
    page.get_by_role("button", name=re.compile("^Select th")).click()
    expect_count(page, len(run.select(f"{text} and words:dog")))

    # The rectangle is a tool; the region of a sentence needs no pointer; Escape clears.
    page.get_by_text("Replace", exact=True).click()
    page.get_by_role("button", name=re.compile("^Select with a rectangle")).click()
    (left, bottom), (right, top) = np.quantile(run.needed_atlas.xy, [0, 1], axis=0).tolist()
    drag(page, [(left - 0.05, bottom - 0.05), (right + 0.05, top + 0.05)])
    expect_count(page, len(run.texts))
    page.get_by_test_id("latent-map").focus()
    page.keyboard.press("Escape")
    page.get_by_text(COUNT).wait_for(state="detached")
    page.wait_for_url(lambda url: "select=" not in url)


def test_what_an_outline_encloses_stands_out_before_python_answers(page, address, tiny_run):
    run = open_run(tiny_run)
    page.goto(f"{address}/?run=tiny")
    page.locator("[data-loaded]").first.wait_for()
    (left, bottom), (right, top) = np.quantile(run.needed_atlas.xy, [0.2, 0.9], axis=0).tolist()
    page.evaluate("WebSocket.prototype.send = () => {}")
    drag(page, [(left, bottom), (right, bottom), (right, top), (left, top)], shift=True)
    standing = page.get_by_test_id("latent-map").evaluate("map => map.state.standing")
    assert 0 < standing < len(run.texts)


def until(page, state):
    """Waits until a condition of the map's element holds."""
    canvas, waits = page.get_by_test_id("latent-map"), iter(range(PATIENCE // 200))
    while not canvas.evaluate(state):
        assert next(waits, None) is not None, state
        page.wait_for_timeout(200)


def test_picks_leave_a_trail_and_the_keys_of_the_map_do_what_its_help_says(page, address):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{address}/?run=tiny&words=false&at=3")
    page.locator("[data-loaded]").first.wait_for()
    canvas = page.get_by_test_id("latent-map")
    page.locator("p.words .copy-words").first.click()
    page.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator("p.words").first.inner_text().strip()

    canvas.click(position={"x": 420, "y": 420})
    page.get_by_text("Recent · 2").wait_for()
    until(page, "map => map.state.trail.length === 2")
    canvas.press("z")
    page.wait_for_url(re.compile(r"at=3(&|$)"))

    canvas.press("d")
    assert canvas.evaluate("map => map.state.contours") == 4
    page.wait_for_url(re.compile("contours=true"))
    canvas.press("t")
    zoom = canvas.evaluate("map => map.state.view.zoom")
    page.get_by_test_id("latent-map-regions").get_by_role("listitem").first.wait_for()
    page.locator(".region").first.click()
    until(page, f"map => map.state.view.zoom > {zoom}")


def test_what_a_selection_is_is_said_in_words_and_applied(page, address, tiny_run):
    run = open_run(tiny_run)
    page.goto(f"{address}/?run=tiny&select=words:robot")
    assert count(page) == len(run.select("words:robot"))
    page.get_by_text("What is this selection?").click()
    sync_api.expect(page.locator("dl.terms dt").first).to_contain_text("robot", timeout=PATIENCE)
    page.get_by_text("Separation").wait_for()
    page.get_by_role("textbox", name="Sentence that the direction").fill("a girl sings")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("applied=a"))
    page.get_by_text("3×").wait_for()


def test_a_link_to_what_is_not_there_says_so(page, address):
    page.goto(f"{address}/?run=tiny&select=region:<b>nowhere</b>")
    page.get_by_text("this map has no region '<b>nowhere</b>'").wait_for()
    page.get_by_role("button", name="Clear").click()
    page.wait_for_url(lambda url: "select=" not in url)
    page.goto(f"{address}/?run=tiny&select=nonsense")
    page.get_by_text("'nonsense' cannot be read as a selection").wait_for()


def test_columns_filter_by_a_brush_by_keys_and_by_a_press(page, address, tiny_run):
    run = open_run(tiny_run)
    page.goto(f"{address}/?run=tiny")
    assert not page.get_by_test_id("columns").count(), "nothing is counted before it is asked for"
    page.get_by_text("Columns", exact=True).click()
    page.get_by_role("group", name="Length, tokens").wait_for()
    page.wait_for_url(re.compile("columns=true"))

    page.get_by_role("button", name="animal").click()
    expect_count(page, len(run.select("label:animal")))

    first = page.get_by_role("slider", name="From: Length, tokens")
    first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("length"))
    text = page.evaluate("new URLSearchParams(location.search).get('select')")
    assert re.fullmatch(r"label:animal and length:\d+\.\.", text)
    expect_count(page, len(run.select(text)))
    sync_api.expect(first).to_be_focused()

    page.get_by_role("button", name="animal").click()
    expect_count(page, len(run.select(text.removeprefix("label:animal and "))))
    chart = page.get_by_role("group", name="stars").locator("svg")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 20, steps=4)
    page.mouse.up()
    page.wait_for_url(re.compile("stars"))
    text = page.evaluate("new URLSearchParams(location.search).get('select')")
    assert text.endswith("column:stars=2..4")
    expect_count(page, len(run.select(text)))


def test_two_selections_are_compared_and_a_link_reopens_it(page, address, tiny_run, chromium):
    run = open_run(tiny_run)
    page.goto(f"{address}/?run=tiny&select=words:robot")
    page.get_by_text("Compare with another selection").click()
    page.get_by_role("button", name="Hold as A").click()
    page.wait_for_url(re.compile("held=words"))
    page.get_by_placeholder(re.compile("^Find sentences")).fill("nurse")
    page.keyboard.press("Enter")
    page.get_by_role("button", name=re.compile("^Select th")).click()
    compared = run.compare_selections("words:robot", "words:nurse")
    lists = page.locator("dl.terms")
    sync_api.expect(lists.first.locator("dt").first).to_have_text("robot", timeout=PATIENCE)
    sync_api.expect(lists.last.locator("dt").first).to_have_text("nurse")
    page.get_by_text(f"A {compared.sizes[0]}").wait_for()
    page.get_by_text("3×").wait_for()

    other = chromium.new_page(viewport={"width": 1280, "height": 900})
    other.set_default_timeout(PATIENCE)
    other.goto(page.url)
    other.get_by_text("Apply the direction from A to B").wait_for()
    other.close()

    page.get_by_role("button", name="Swap A and B").click()
    sync_api.expect(lists.first.locator("dt").first).to_have_text("nurse", timeout=PATIENCE)
    page.get_by_role("button", name="Forget A").click()
    page.wait_for_url(lambda url: "held=" not in url)
