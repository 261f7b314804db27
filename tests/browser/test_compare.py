"""Runs side by side in a real Chromium: one selection for all maps, figures as measured."""

import re

import numpy as np
import pytest

from explorer.explore.aligned_maps import aligned
from explorer.explore.run import open_run
from tests import tiny_pair
from tests.browser.browsing import MARKS, PATIENCE, a_page, served

pytestmark = MARKS


@pytest.fixture(scope="module")
def pair(tiny_run, tmp_path_factory):
    return tiny_pair.build(tmp_path_factory.mktemp("pair"), tiny_run)


@pytest.fixture(scope="module")
def address(pair, tmp_path_factory):
    with served(pair[0].parent, tmp_path_factory.mktemp("home")) as address:
        yield f"{address}/compare?runs=one,two"


@pytest.fixture
def page():
    with a_page() as page:
        yield page


def open_maps(page, address):
    page.goto(f"{address}&section=Maps")
    page.locator("[data-loaded]").nth(1).wait_for()
    page.get_by_text("Click a sentence on one map").wait_for()
    return page.get_by_test_id("latent-map").nth(0), page.get_by_test_id("latent-map").nth(1)


def on_screen(canvas, place):
    canvas.scroll_into_view_if_needed()
    left, top = canvas.evaluate("(map, at) => map.toScreen(...at)", place)
    box = canvas.bounding_box()
    return box["x"] + left, box["y"] + top


def test_every_map_reads_what_its_own_run_says_there(page, address, pair):
    page.goto(f"{address}&section=Maps&read=true")
    page.locator("[data-loaded]").nth(1).wait_for()
    one, two = (open_run(folder) for folder in pair)
    frames = {one, two}
    for number, run in enumerate((one, two)):
        canvas = page.get_by_test_id("latent-map").nth(number)
        found = None
        for _ in range(PATIENCE // 100):
            found = canvas.evaluate("(map) => map.state.decoded")
            if found:
                break
            page.wait_for_timeout(100)
        xy = np.array([[item["x"], item["y"]] for item in found])
        said = [item["text"] for item in found]
        # Both maps are aligned to one of them.
        frames &= {frame for frame in frames if said == run.decode(decoded_at(run, frame, xy))}
    assert frames


def decoded_at(run, frame, xy):
    return aligned(run, frame, "umap").latents(xy)[0]


def selected(page, canvas):
    for _ in range(PATIENCE // 100):
        found = canvas.evaluate("(map) => map.state.selected")
        if found is not None:
            return found
        page.wait_for_timeout(100)
    return pytest.fail("nothing was selected")


def test_a_click_on_one_map_lights_up_the_other_and_updates_all_columns(page, address, pair):
    one, two = (open_run(folder) for folder in pair)
    left, right = open_maps(page, address)
    common = [row for row in one.atlas.row.tolist() if row in set(two.atlas.row.tolist())]
    xy = aligned(one, two, "umap").xy  # the second uses z best: the first map is aligned to it
    x, y = xy[one.atlas.row.tolist().index(common[40])].tolist()
    page.mouse.click(*on_screen(left, [x, y]))
    page.locator("[data-run]").nth(1).wait_for()
    row = int(one.atlas.row[selected(page, left)["row"]])
    assert row in common
    assert int(two.atlas.row[selected(page, right)["row"]]) == row
    for run in (one, two):
        column = page.locator(f'[data-run="{run.name}"]').inner_text()
        index = run.atlas.row.tolist().index(row)
        assert f"rate {run.atlas.rate[index]:.1f} nats" in column
    page.wait_for_url(re.compile(f"row={row}"))


def test_a_rectangle_on_one_map_lights_up_the_same_sentences_on_the_other(page, address, pair):
    left, _ = open_maps(page, address)
    one, two = (open_run(folder) for folder in pair)
    xy = aligned(one, two, "umap").xy
    low, high = xy.min(axis=0).tolist(), xy.max(axis=0).tolist()
    start, end = on_screen(left, low), on_screen(left, high)
    page.keyboard.down("Shift")
    page.mouse.move(start[0] - 6, start[1] + 6)
    page.mouse.down()
    page.mouse.move(end[0] + 6, end[1] - 6, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    page.get_by_text(f"{len(one.atlas)} sentences").first.wait_for()


def test_a_rectangle_whose_pointer_is_taken_away_is_gone_and_selects_nothing(page, address, pair):
    left, _ = open_maps(page, address)
    drawn = page.locator(".drawn-box").nth(0)
    x, y = on_screen(left, open_run(pair[0]).atlas.xy.mean(axis=0).tolist())
    page.keyboard.down("Shift")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 40, steps=4)
    drawn.wait_for(state="visible")
    left.evaluate("""map => {
        const told = { pointerId: 1, bubbles: true };
        map.dispatchEvent(new PointerEvent("pointercancel", told));
    }""")
    drawn.wait_for(state="hidden")
    page.mouse.move(x + 90, y + 70, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    page.wait_for_timeout(700)
    assert drawn.is_hidden()
    assert page.get_by_text("in the rectangle").count() == 0


def test_every_figure_read_off_the_page_is_the_one_that_was_measured(page, address, pair):
    page.goto(f"{address}&section=Figures")
    page.locator("[data-value]").first.wait_for()
    for folder in pair:
        wanted = {name: entry["value"] for name, entry in tiny_pair.metrics(folder).items()}
        cells = page.locator(f'[data-run="{folder.name}"]').all()
        found = {
            cell.get_attribute("data-figure"): (
                float(cell.get_attribute("data-value")), cell.inner_text()
            )
            for cell in cells
        }  # fmt: skip
        assert {name: value for name, (value, _) in found.items()} == wanted
        for name, (value, shown) in found.items():
            written = float(re.search(r"-?[\d,.]+", shown.replace("−", "-"))[0].replace(",", ""))
            assert written == pytest.approx(value, abs=0.051, rel=0), name


@pytest.mark.soak
def test_a_chart_is_taken_along_as_svg_and_png(page, address, tmp_path):
    page.goto(f"{address}&section=Figures")
    page.locator(".st-key-rate_distortion svg.main-svg").first.wait_for()
    for kind, start in (("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        with page.expect_download() as waiting:
            page.get_by_label(f"Download rate-distortion as {kind}").click()
        waiting.value.save_as(tmp_path / kind)
        assert (tmp_path / kind).read_bytes().startswith(start)


def test_a_phone_needs_no_sideways_scrolling(page, address):
    page.set_viewport_size({"width": 390, "height": 844})
    for section in ("In words", "Sentences", "Maps", "Figures"):
        page.goto(f"{address}&section={section}")
        page.get_by_role("tabpanel").wait_for()
        page.wait_for_timeout(1500)
        width = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
        assert width <= 390, section
