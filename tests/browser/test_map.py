"""The map in a real Chromium, on a real server: gestures in, events out, text as text."""

import os
import re
import time
from pathlib import Path

import pytest

from explorer.ui.map import scripts
from tests.browser.browsing import MARKS, PATIENCE, listening, new_page, sync_api

pytestmark = MARKS

APP = Path(__file__).parent / "map_app"


@pytest.fixture(scope="module")
def address():
    options = ["--browser.gatherUsageStats=false", "--runner.postScriptGC=false"]
    options += ["--server.fileWatcherType=none"]
    paths = [str(APP.parent.parent), os.environ.get("PYTHONPATH", "")]
    variables = {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    with listening(APP, variables, options) as address:
        yield address


class Driver:
    """The page with the map, and the questions the tests ask of it."""

    def __init__(self, page):
        self.page = page
        self.map = page.get_by_test_id("latent-map")
        self.errors = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.set_default_timeout(PATIENCE)

    def open(self, address, loaded=True):
        self.page.goto(address)
        self.page.locator("[data-loaded]" if loaded else "text=last:").first.wait_for()
        self.page.get_by_text("runs: ").wait_for()
        return self

    def state(self):
        return self.map.evaluate("map => map.state")

    def screen(self, x, y):
        self.map.scroll_into_view_if_needed()
        box = self.map.bounding_box()
        left, top = self.map.evaluate("(map, [x, y]) => map.toScreen(x, y)", [x, y])
        return box["x"] + left, box["y"] + top

    def click(self, x, y, **options):
        self.page.mouse.click(*self.screen(x, y), **options)

    def says(self, pattern):
        self.page.get_by_text(re.compile(pattern)).first.wait_for()

    def runs(self):
        return int(self.page.get_by_text("runs: ").inner_text().split("runs: ")[1])

    def settle(self):
        """Time enough for a rerun to show, had one been started."""
        self.page.wait_for_timeout(700)


@pytest.fixture
def page(visitor):
    driver = Driver(new_page(visitor, 1000, 900))
    yield driver
    driver.page.close()
    assert driver.errors == []


def test_a_click_on_a_point_tells_python_its_row(page, address):
    page.open(address).click(5, 3)
    page.says(r"kind='point', index=41, x=5\.0, y=3\.0, shift=False")
    page.says("known at the start: True")
    assert page.state()["selected"] == {"x": 5, "y": 3, "kind": "point", "row": 41}


def test_the_same_point_can_be_picked_again(page, address):
    page.open(address).click(5, 3)
    page.says("index=41")
    runs = page.runs()
    page.settle()
    page.click(5, 3, button="left")
    page.says(f"runs: {runs + 1}")


def test_a_click_on_an_empty_place_tells_python_where(page, address):
    page.open(address).click(6.5, 2.5)
    at_once = page.state()["selected"]
    assert at_once["kind"] == "place"
    page.says("kind='place', index=-1")
    text = page.page.get_by_text("kind='place'").inner_text()
    x, y = (float(re.search(rf"\b{name}=([-\d.]+)", text)[1]) for name in "xy")
    assert (x, y) == pytest.approx((6.5, 2.5), abs=0.05)
    assert (at_once["x"], at_once["y"]) == pytest.approx((x, y))


def test_shift_is_reported(page, address):
    page.open(address)
    page.page.keyboard.down("Shift")
    page.click(2, 2)
    page.says("index=26.*shift=True")


def test_zoom_and_pan_start_no_run_survive_one_and_travel_in_the_address(page, address):
    page.open(address)
    before, runs = page.state()["view"], page.runs()
    page.page.mouse.move(*page.screen(4, 2))
    page.page.mouse.wheel(0, -400)
    left, top = page.screen(6.5, 2.5)
    page.page.mouse.move(left, top)
    page.page.mouse.down()
    page.page.mouse.move(left + 60, top + 30, steps=4)
    page.page.mouse.up()
    page.settle()
    view = page.state()["view"]
    assert view["zoom"] > 1.5 * before["zoom"]
    assert page.runs() == runs
    page.page.get_by_role("button", name="Again").click()
    page.says(f"runs: {runs + 1}")
    assert page.state()["view"] == view
    assert "view=" in page.page.url
    page.open(page.page.url)
    assert page.state()["view"] == pytest.approx(view, rel=1e-3)


def test_points_travel_once_and_recolouring_keeps_the_view(page, address):
    asked = []
    page.page.on("request", lambda request: asked.append(request.url))
    page.open(address)
    page.page.get_by_role("button", name="Zoom in").click()
    view = page.state()["view"]
    page.page.get_by_text("rate", exact=True).click()
    page.page.locator(".ramp-bar").wait_for()
    page.settle()
    assert page.state()["view"] == view
    assert sum("/points?" in url for url in asked) == 1
    assert sum("/colours?" in url for url in asked) == 2
    assert sum("/bundle.js" in url for url in asked) == 1


def test_a_hovered_sentence_shows_as_typed(page, address):
    page.open(address)
    left, top = page.screen(0, 0)
    page.page.mouse.move(left - 3, top)
    page.page.mouse.move(left, top)
    tip = page.page.get_by_test_id("latent-map-tip")
    tip.wait_for(state="visible")
    assert "<script>window.hacked = 1</script> <b>bold</b> $x^2$ [a](b) =1+1" in tip.inner_text()
    assert tip.locator("script, b, a").count() == 0
    assert page.page.evaluate("window.hacked") is None


def test_without_webgl_python_is_told(page, address):
    page.open(f"{address}/?webgl=off", loaded=False)
    page.says("kind='no_webgl'")
    page.says("has no WebGL2")


def test_a_lost_drawing_context_comes_back(page, address):
    page.open(address)
    page.page.locator("canvas").first.evaluate(
        """canvas => new Promise((done) => {
            const loss = canvas.getContext("webgl2").getExtension("WEBGL_lose_context");
            canvas.addEventListener("webglcontextrestored", () => setTimeout(done, 50));
            loss.loseContext();
            setTimeout(() => loss.restoreContext(), 100);
        })"""
    )
    assert page.state()["webgl"] is True
    page.click(5, 3)
    page.says("index=41")


def test_the_keyboard_pans_zooms_picks_and_clears(page, address):
    page.open(address)
    keys = page.page.keyboard
    page.map.focus()
    before = page.state()["view"]
    keys.press("ArrowRight")
    keys.press("+")
    view = page.state()["view"]
    assert view["x"] > before["x"]
    assert view["zoom"] > before["zoom"]
    keys.press("0")
    assert page.state()["view"] == before
    keys.press("Enter")
    page.says("kind='p(oint|lace)'")
    keys.press("Escape")
    page.says("kind='clear'")
    assert page.state()["selected"] is None


def test_the_map_has_a_description_and_speaks(page, address):
    page.open(address)
    assert page.map.get_attribute("aria-label") == "72 sentences on a grid."
    page.click(5, 3)
    spoken = page.page.get_by_test_id("latent-map-live")
    sync_api.expect(spoken).to_have_text("sentence 41")


def test_a_legend_entry_brings_out_its_class(page, address):
    page.open(address)
    chip = page.page.get_by_role("button", name="region 1")
    chip.click()
    assert page.state()["focus"] == 1
    assert chip.get_attribute("aria-pressed") == "true"
    chip.click()
    assert page.state()["focus"] is None


def test_scrubbing_a_path_needs_no_server(page, address):
    page.open(address)
    slider = page.page.get_by_test_id("path-slider")
    slider.scroll_into_view_if_needed()
    box, runs = slider.bounding_box(), page.runs()
    middle = box["y"] + box["height"] / 2
    mouse = page.page.mouse
    mouse.move(box["x"] + 8, middle)
    mouse.down()
    mouse.move(box["x"] + box["width"] / 2, middle, steps=5)
    sentence = page.page.get_by_test_id("path-sentence")
    sync_api.expect(sentence).to_have_text("a dog runs")
    assert sentence.locator("mark").all_inner_texts() == ["dog"]
    assert page.state()["positions"] == {"path": 1}
    page.settle()
    assert page.runs() == runs
    mouse.up()
    page.says(f"position: 1 runs: {runs + 1}")


def test_a_tap_on_a_phone_picks(chromium, address):
    phone = {"width": 390, "height": 844}
    context = chromium.new_context(viewport=phone, has_touch=True, is_mobile=True)
    page = Driver(context.new_page()).open(address)
    page.page.touchscreen.tap(*page.screen(5, 3))
    page.says("index=41")
    page.page.locator(".tip-text").first.wait_for()  # the answer stands below the screen
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


def test_on_a_phone_the_tools_fold_away(visitor, address):
    page = Driver(new_page(visitor, 390, 844)).open(address).page
    shown = page.locator(".buttons button:visible")
    assert shown.count() == 4
    page.get_by_role("button", name="Tools").click()
    assert (opened := shown.count()) > 6
    page.get_by_role("button", name="Density contours").click()
    assert shown.count() == 4
    assert page.evaluate("document.activeElement.shadowRoot.activeElement.className") == "opener"
    page.set_viewport_size({"width": 1000, "height": 844})
    assert not page.get_by_role("button", name="Tools").is_visible()
    assert shown.count() == opened - 1
    page.close()


def test_a_run_that_comes_while_points_are_loading_loses_nothing(page, address):
    def late(route):
        time.sleep(1.5)
        route.continue_()

    page.page.route("**/points?*", late)
    page.page.goto(address)
    page.page.get_by_role("button", name="Again").click()
    page.page.locator("[data-loaded]").wait_for()
    page.click(5, 3)
    page.says("index=41")


@pytest.mark.parametrize("view", ["5e16,0,0.4", "0,-1e17,0.4", "1e300,0,4000"])
def test_a_link_to_a_view_that_is_nobodys_opens_the_whole_map(page, address, view):
    everything = page.open(address).state()["view"]
    assert page.open(f"{address}/?view={view}").state()["view"] == everything


def test_ticks_and_places_of_a_view_end_where_numbers_have_no_next_one(page, address):
    page.open(address)
    counts = page.page.evaluate(
        """async (base) => {
            const [{ ticks }, { cellsOf }] = await Promise.all(
                ["axes", "lattice"].map((name) => import(`${base}/${name}.js`)));
            const inset = { top: 0, bottom: 0 };
            const view = (x) => ({ scale: 1, width: 800, height: 600, x, y: x, inset,
                toData: (left, top) => [x + left - 400, x - (top - 300)] });
            return [0, 1e15, 1e17, 1e300, NaN].map((x) => (
                [ticks(x - 400, x + 400, 800).length, cellsOf(view(x)).length]));
        }""",
        f"/api/ui/{scripts.version()}",
    )
    near, *far = counts
    assert near == [9, near[1]]
    assert near[1] > 20
    assert all(ticks <= 200 and cells <= 200**2 for ticks, cells in far)


def test_a_finger_that_rests_reads_and_picks_where_it_is_lifted(page, address):
    page.open(address)
    at = """(map, [x, y, type]) => {
        const [left, top] = map.toScreen(x, y);
        const box = map.getBoundingClientRect();
        map.setPointerCapture = () => {};
        const place = { clientX: box.left + left, clientY: box.top + top };
        map.dispatchEvent(new PointerEvent(type, {
            ...place, pointerId: 7, pointerType: "touch", button: type === "pointermove" ? -1 : 0,
        }));
    }"""
    page.map.evaluate(at, [2, 2, "pointerdown"])
    tip = page.page.get_by_test_id("latent-map-tip")
    sync_api.expect(tip).to_contain_text("sentence 26", timeout=PATIENCE)
    view = page.state()["view"]
    page.map.evaluate(at, [5, 3, "pointermove"])
    sync_api.expect(tip).to_contain_text("sentence 41", timeout=PATIENCE)
    page.map.evaluate(at, [5, 3, "pointerup"])
    page.says("index=41")
    assert page.state()["view"] == view, "reading does not pan"
