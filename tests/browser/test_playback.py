"""The playback in a real Chromium: it runs in the browser, and can be held, steered and linked."""

import re
import shutil

import pytest

from explorer.explore.run import open_run
from tests import tiny
from tests.browser.browsing import MARKS, PATIENCE, downloaded, new_page, served, sync_api
from tests.browser.filmed import SNAPSHOTS, TOLD, film

pytestmark = MARKS

LAST = SNAPSHOTS - 1


@pytest.fixture(scope="module")
def folder(tiny_run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("filmed") / "tiny"
    shutil.copytree(tiny_run, folder)
    return film(folder)


@pytest.fixture(scope="module")
def address(folder, tmp_path_factory):
    with served(folder, tmp_path_factory.mktemp("home")) as address:
        yield f"{address}/playback?run=tiny"


class Viewer:
    """The page with the player, and the questions the tests ask of it."""

    def __init__(self, page):
        self.page, self.sent, self.errors = page, [], []
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("websocket", self.listen)
        self.map = page.get_by_test_id("playback-map")
        self.play = page.get_by_test_id("playback-play")
        self.words = page.get_by_test_id("playback-words")

    def listen(self, socket):
        socket.on("framesent", lambda frame: self.sent.append(frame))

    def open(self, address):
        self.page.goto(address)
        self.page.locator("[data-loaded]").first.wait_for()
        self.page.get_by_text("Table of all snapshots").wait_for()
        return self

    def state(self):
        return self.map.evaluate("map => map.state")

    def until(self, condition):
        self.page.wait_for_function(
            "([map, condition]) => new Function('state', 'return ' + condition)(map.state)",
            arg=[self.map.element_handle(), condition],
        )

    def into_view(self, element):
        """Scrolls, and waits for the event of it: a list that opens before that closes again."""
        element.scroll_into_view_if_needed()
        self.page.evaluate(
            "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )

    def click(self, index):
        self.map.scroll_into_view_if_needed()
        box = self.map.bounding_box()
        left, top = self.map.evaluate("(map, i) => map.toScreen(...map.placeOf(i))", index)
        self.page.mouse.click(box["x"] + left, box["y"] + top)


@pytest.fixture
def viewer(visitor):
    viewer = Viewer(new_page(visitor, 1200, 1000))
    yield viewer
    viewer.page.close()
    assert viewer.errors == []


def test_it_plays_to_the_end_without_asking_the_server_anything(viewer, address):
    viewer.open(address).until(f"state.position === {LAST}")
    viewer.page.wait_for_timeout(1000)
    viewer.page.get_by_label("Speed").select_option("4")
    before, asked = viewer.state(), len(viewer.sent)
    viewer.play.click()
    viewer.until("state.playing && state.position > 0.5")
    assert len(viewer.sent) == asked
    viewer.until(f"!state.playing && state.position === {LAST}")
    after = viewer.state()
    assert after["ticks"] - before["ticks"] > 10
    assert after["drawn"] - before["drawn"] > 10


def test_space_and_arrows_steer_it(viewer, address):
    viewer.open(address)
    viewer.map.focus()
    for key, position in (("Home", 0), ("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1)):
        viewer.page.keyboard.press(key)
        assert viewer.state()["position"] == position
    viewer.page.keyboard.press(" ")
    viewer.until("state.playing && state.position > 1.02")
    viewer.page.keyboard.press(" ")
    assert not viewer.state()["playing"]
    viewer.page.get_by_test_id("playback-scrub").focus()
    viewer.page.keyboard.press("ArrowRight")
    assert viewer.state()["position"] == 2


def test_dragging_along_the_time_line_scrubs(viewer, address, folder):
    viewer.open(address)
    line = viewer.page.get_by_test_id("playback-timeline")
    line.scroll_into_view_if_needed()
    box = line.bounding_box()
    viewer.page.mouse.move(box["x"] + box["width"] - 4, box["y"] + 20)
    viewer.page.mouse.down()
    viewer.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20, steps=4)
    viewer.page.mouse.up()
    assert viewer.state()["position"] == pytest.approx(LAST / 2, abs=0.3)
    middle = open_run(folder).playback.epoch[-1] / 2
    viewer.page.wait_for_url(lambda url: abs(_epoch_of(url) - middle) < 0.3)


def _epoch_of(url):
    found = re.search(r"epoch=([\d.]+)", url)
    return float(found[1]) if found else -1.0


def test_a_pinned_sentence_is_read_at_every_snapshot_and_a_link_reopens_it(
    viewer, address, folder, visitor
):
    playback = open_run(folder).playback
    row = int(playback.row[1])
    viewer.open(address).click(1)
    viewer.until("state.pinned === 1")
    viewer.words.get_by_text(playback.reconstruction[row][-1].split()[-1]).first.wait_for()
    viewer.map.focus()
    viewer.page.keyboard.press("Home")
    assert viewer.words.inner_text() == playback.reconstruction[row][0]
    viewer.page.get_by_text(f"Table of the pinned sentence (row {row:,})").wait_for()
    viewer.page.wait_for_url(re.compile(f"row={row}"))
    viewer.page.wait_for_url(re.compile(r"epoch=0\.000"))
    other = Viewer(new_page(visitor, 1280, 900))
    other.open(viewer.page.url).until("state.position === 0 && state.pinned === 1")
    assert other.words.inner_text() == playback.reconstruction[row][0]
    other.page.close()


def test_a_sentence_is_pinned_by_its_words_and_the_box_follows_the_pin(viewer, address, folder):
    texts = open_run(folder).texts
    viewer.open(address)
    box = viewer.page.get_by_role("combobox", name=re.compile("Pin one of"))
    viewer.into_view(box)
    box.click()
    viewer.page.get_by_role("option", name=texts[2], exact=True).first.click()
    viewer.until("state.pinned >= 0")
    assert viewer.state()["pinned"] in told_as(folder, texts[2])
    viewer.page.get_by_text("Table of the pinned sentence").wait_for()
    viewer.map.focus()
    viewer.page.keyboard.press("Escape")
    viewer.until("state.pinned === -1")
    viewer.page.get_by_text("Table of the pinned sentence").wait_for(state="detached")
    sync_api.expect(box).to_have_value("", timeout=PATIENCE)


def told_as(folder, text):
    run = open_run(folder)
    return [index for index in range(TOLD) if run.texts[index] == text]


def test_a_sentence_whose_words_were_not_kept_says_so(viewer, address):
    viewer.open(address).click(TOLD + 3)
    viewer.page.get_by_text("Its reconstructions were not recorded").wait_for()
    viewer.page.keyboard.press("Escape")
    viewer.until("state.pinned === -1")


def test_markup_in_the_models_words_is_shown_as_typed(viewer, address):
    viewer.open(address).click(0)
    viewer.until("state.pinned === 0")
    viewer.map.focus()
    viewer.page.keyboard.press("Home")
    viewer.page.get_by_text("At epoch 0.00").wait_for()
    assert viewer.words.inner_text() == tiny.AWKWARD[0]
    assert viewer.words.locator("b, script").count() == 0


def test_where_motion_is_unwelcome_it_goes_from_snapshot_to_snapshot(viewer, address):
    viewer.page.emulate_media(reduced_motion="reduce")
    viewer.open(address)
    drawn = viewer.state()["drawn"]
    viewer.page.get_by_label("Speed").select_option("4")
    viewer.play.click()
    viewer.until(f"!state.playing && state.position === {LAST}")
    assert viewer.state()["drawn"] - drawn <= 3 * SNAPSHOTS


def test_keys_before_the_places_are_there_do_nothing(viewer, address):
    held = []
    viewer.page.route("**/playback/*/places*", lambda route: held.append(route))
    viewer.page.goto(address)
    viewer.page.get_by_text("Table of all snapshots").wait_for()
    for key in ("Enter", "Escape"):
        viewer.map.press(key)
    viewer.page.wait_for_timeout(200)
    assert viewer.errors == []
    held[0].continue_()
    viewer.until("state.points > 0")


def test_without_webgl_a_film_stands_in(visitor, address):
    page = new_page(visitor, 1280, 900)
    page.goto(f"{address}&webgl=off")
    page.get_by_text("a simpler animation").wait_for()
    page.locator(".js-plotly-plot").first.wait_for()
    chart = page.get_by_test_id("stPlotlyChart").first
    told = chart.evaluate('chart => chart.parentElement.innerHTML.match(/aria-label=.([^"]*)/)[1]')
    assert told
    assert "\\" not in told, "a name is plain text"
    page.close()


def test_the_tables_and_the_picture_can_be_taken_along(viewer, address):
    viewer.open(address)
    viewer.page.get_by_text("Table of all snapshots").click()
    csv = viewer.page.get_by_role("button", name="CSV", exact=True)
    csv.wait_for()
    lines = downloaded(viewer.page, csv).read_text("utf-8").splitlines()
    assert len(lines) == SNAPSHOTS + 1
    viewer.page.get_by_text(re.compile("Picture of epoch")).click()
    viewer.page.locator("svg.main-svg").first.wait_for()
    picture = downloaded(viewer.page, viewer.page.get_by_role("button", name=re.compile("as SVG")))
    assert picture.read_text("utf-8").startswith("<svg")


def test_a_phone_needs_no_sideways_scrolling(viewer, address):
    viewer.page.set_viewport_size({"width": 390, "height": 844})
    viewer.open(address)
    width = viewer.page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert width <= 390


def test_a_drag_with_shift_moves_the_view_as_any_other(viewer, address):
    viewer.open(address).until("state.follows")
    viewer.map.scroll_into_view_if_needed()
    box = viewer.map.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    viewer.page.keyboard.down("Shift")
    viewer.page.mouse.move(x, y)
    viewer.page.mouse.down()
    viewer.page.mouse.move(x + 60, y + 30, steps=4)
    viewer.page.mouse.up()
    viewer.page.keyboard.up("Shift")
    viewer.until("!state.follows")


def test_the_view_follows_the_cloud_until_it_is_moved(viewer, address):
    viewer.open(address).until("state.follows")
    viewer.map.focus()
    viewer.page.keyboard.press("Home")
    viewer.until("state.position === 0")
    first = viewer.state()["scale"]
    viewer.page.keyboard.press("End")
    viewer.until(f"state.position === {LAST} && state.scale !== {first}")
    last = viewer.state()["scale"]
    viewer.page.keyboard.press("+")
    viewer.until("!state.follows")
    moved = viewer.state()["scale"]
    assert moved > last
    viewer.page.keyboard.press("Home")
    viewer.until("state.position === 0")
    assert viewer.state()["scale"] == moved
    viewer.page.get_by_role("button", name="Follow the cloud").click()
    viewer.until(f"state.follows && state.scale === {first}")
