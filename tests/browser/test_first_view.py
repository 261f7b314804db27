"""Laws of the first view of a map in a real browser, before and after its scripts come."""

from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from explorer.latent_space.home_box import MIN_GAIN, HomeBox, home_box
from explorer.ui.components.style import STYLE
from explorer.ui.http import still_frame
from tests.browser.browsing import QUICK_MARKS
from tests.browser.test_map import address, page  # noqa: F401  (the map on a server of its own)

pytestmark = QUICK_MARKS

ASSETS = Path(__file__).parents[2] / "explorer/map_component/assets"
STILL = (
    "<style>html body {{ {style} }} {frame}</style><div class='still-map'>"
    "<div class='still-room'><div class='still-frame'><img src='{pixel}'></div></div></div>"
)
PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="
WINDOWS = [(1440, 900), (1000, 900), (760, 1200), (2400, 700), (390, 844)]

AS_SCRIPTED = """async ([source, whole, home, minGain, width, height, inset]) => {
    const { View } = await import(`data:text/javascript;base64,${source}`);
    const view = new View();
    view.inset = inset;
    view.resize(width, height);
    view.setBounds(whole, home, minGain);
    view.reset();
    return [...view.toScreen(whole.left, whole.top), ...view.toScreen(whole.right, whole.bottom)];
}"""


def points(*islands: tuple[float, float]) -> np.ndarray:
    """A wide rectangle of points, and one more for each island."""
    grid = np.array([(x / 2, y / 2) for x in range(40) for y in range(20)], np.float32)
    return np.concatenate([grid, *(np.array([island], np.float32) for island in islands)])


@pytest.mark.parametrize("size", WINDOWS)
@pytest.mark.parametrize("islands", [(), ((5, 16),), ((-9, 3),), ((5, 16), (40, 3)), ((5, 11.9),)])
def test_the_still_picture_lies_where_the_map_will_show_its_points(visitor, size, islands):
    xy = points(*islands)
    home = home_box(xy)
    window = visitor.new_page()
    window.set_viewport_size({"width": size[0], "height": size[1]})
    frame = still_frame.style(xy, home)
    window.set_content(STILL.format(style=STYLE.read_text("utf-8"), frame=frame, pixel=PIXEL))
    inner = "e => [e.clientLeft, e.clientTop, e.clientWidth, e.clientHeight]"
    left, top, width, height = window.locator(".still-map").evaluate(inner)
    outer = window.locator(".still-map").bounding_box()
    picture = window.locator("img").bounding_box()
    inset = {"top": 60, "bottom": 66} if size[0] > 640 else {"top": 0, "bottom": 0}
    whole = {"left": float(xy[:, 0].min()), "right": float(xy[:, 0].max())}
    whole |= {"bottom": float(xy[:, 1].min()), "top": float(xy[:, 1].max())}
    source = b64encode((ASSETS / "view.js").read_bytes()).decode()
    given = [source, whole, vars(home), MIN_GAIN, width, height, inset]
    x0, y0, x1, y1 = window.evaluate(AS_SCRIPTED, given)
    window.close()
    corner = (picture["x"] - outer["x"] - left, picture["y"] - outer["y"] - top)
    assert corner == pytest.approx((x0, y0), abs=1)
    assert (picture["width"], picture["height"]) == pytest.approx((x1 - x0, y1 - y0), abs=1)


def test_a_map_without_islands_has_a_still_picture_of_all(visitor):
    box = home_box(points())
    assert box == HomeBox(0, 19.5, 0, 9.5)
    assert "@container" not in still_frame.style(points(), box)
    assert "@container" in still_frame.style(points((5, 16)), replace(box, islands=((5, 16),)))


def visible(state: dict, driver, y: float) -> bool:
    left, top = driver.map.evaluate("(map, y) => map.toScreen(6, y)", y)
    return 0 <= top <= driver.map.bounding_box()["height"] and left >= 0


def test_an_island_far_away_is_outside_the_first_view_and_can_be_reached(page, address):  # noqa: F811
    page.open(f"{address}/?island=1")
    page.settle()  # drawn
    first = page.state()
    assert not visible(first, page, 20) and visible(first, page, 5) and visible(first, page, 0)
    (arrow,) = first["arrows"]
    assert arrow["top"] < 30 and arrow["angle"] == pytest.approx(-np.pi / 2, abs=0.01)
    page.map.focus()
    page.page.keyboard.press("0")
    page.settle()
    everything = page.state()
    assert visible(everything, page, 20) and everything["view"]["zoom"] == 1
    assert everything["arrows"] == []
    page.page.keyboard.press("0")
    assert page.state()["view"] == first["view"]


def test_a_link_with_a_camera_opens_as_before_there_were_first_views(page, address):  # noqa: F811
    page.open(f"{address}/?island=1&view=5.5,10,1")
    assert page.state()["view"] == {"x": 5.5, "y": 10, "zoom": 1}
    box = page.map.bounding_box()
    _, top = page.map.evaluate("map => map.toScreen(6, 20)")
    assert top == pytest.approx(0.06 * box["height"], abs=1), "zoom 1 shows every point"


def test_the_first_view_follows_the_shape_of_the_window(page, address):  # noqa: F811
    page.open(f"{address}/?island=1")
    wide = page.state()["view"]
    page.page.set_viewport_size({"width": 390, "height": 844})
    page.settle()
    narrow = page.state()["view"]
    assert wide["zoom"] > narrow["zoom"] >= 1
    page.page.set_viewport_size({"width": 1000, "height": 900})
    page.settle()
    assert page.state()["view"] == wide
