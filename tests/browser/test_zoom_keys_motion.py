"""Pages at 200 % zoom and at phone width, the Tab key, still maps, and the choice of a theme."""

import re

import pytest

from tests.browser import strolling
from tests.browser.browsing import MARKS, PATIENCE
from tests.browser.test_accessibility import BEYOND, PAGES

pytestmark = MARKS
MOST_TABS = 8
FOCUSED = """() => {
  let node = document.activeElement;
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  return node?.dataset.testid;
}"""


@pytest.fixture(scope="module")
def address(pair_address):
    return pair_address


@pytest.fixture
def opened(chromium):
    """A function that opens a page in a context with the given options."""
    contexts = []

    def open_page(**options):
        contexts.append(chromium.new_context(**options))
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE)
        return page

    yield open_page
    for context in contexts:
        context.close()


def go(page, link):
    page.goto(f"{link}{'&' if '?' in link else '?'}run=one")
    strolling.settle(page)


@pytest.mark.soak
@pytest.mark.parametrize(
    "options",
    [
        pytest.param(
            {"viewport": {"width": 720, "height": 450}, "device_scale_factor": 2}, id="zoomed"
        ),
        pytest.param({"viewport": {"width": 390, "height": 844}}, id="phone"),
    ],
)
def test_no_page_is_wider_than_the_window(opened, address, options):
    page = opened(**options)
    wide = {}
    for name, link in (PAGES | {"selection": "?select=words:robot"}).items():
        go(page, f"{address}/{link}")
        wide[name] = page.evaluate(BEYOND)
    assert {name: found for name, found in wide.items() if found} == {}


SHIFTS = """
window.shifted = [];
new PerformanceObserver((list) => {
  for (const { value, hadRecentInput, sources } of list.getEntries()) {
    if (hadRecentInput) continue;
    const moved = sources.map(({ node, previousRect, currentRect }) =>
      `${(node?.className || "").match?.(/st-key-[^ ]+/) ?? node?.dataset?.testid}: `
      + `${previousRect.y} to ${currentRect.y}`);
    window.shifted.push([value, moved]);
  }
}).observe({ type: "layout-shift", buffered: true });
"""


def test_nothing_moves_while_a_page_loads(opened, address):
    page = opened(viewport={"width": 1440, "height": 900})
    page.add_init_script(SHIFTS)
    shifted = {}
    for name in ("map", "paths", "arithmetic", "compare", "text", "notes"):
        go(page, f"{address}/{'' if name == 'map' else name}")
        shifted[name] = page.evaluate("window.shifted")
    total = {name: sum(value for value, _ in moves) for name, moves in shifted.items()}
    assert {name: shifted[name] for name, value in total.items() if value > 0.05} == {}


def test_at_200_percent_map_and_answer_are_in_view_together(opened, address):
    page = opened(viewport={"width": 720, "height": 450}, device_scale_factor=2)
    go(page, f"{address}/?at=3")
    latent_map = page.get_by_test_id("latent-map").bounding_box()
    answer = page.locator("p.words").first.bounding_box()
    assert latent_map["width"] >= 280
    assert latent_map["x"] + latent_map["width"] <= answer["x"] + 1
    assert answer["y"] < 450
    assert latent_map["y"] < 225


def test_on_a_phone_what_is_selected_follows_the_map(opened, address):
    page = opened(viewport={"width": 390, "height": 844})
    go(page, f"{address}/?select=words:robot")
    count = page.get_by_text(re.compile(r"^[\d,]+ of [\d,]+ sentences")).first.bounding_box()
    latent_map = page.get_by_test_id("latent-map").bounding_box()
    assert latent_map["y"] + latent_map["height"] <= count["y"]
    assert count["y"] + count["height"] < 844


@pytest.mark.parametrize("width", [1440, 390])
def test_the_tab_key_reaches_the_map_soon(opened, address, width):
    page = opened(viewport={"width": width, "height": 900})
    go(page, f"{address}/")
    page.locator("[data-loaded]").first.wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) == "stSkipToContent"
    page.keyboard.press("Enter")
    for presses in range(2, MOST_TABS + 1):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED) == "latent-map":
            return
        assert page.evaluate(
            "document.activeElement.checkVisibility({ visibilityProperty: true })"
        ), f"Tab {presses} goes to nothing that is seen"
    pytest.fail(f"the map is not reached with {MOST_TABS} Tabs")


def test_nothing_moves_where_motion_is_unwelcome(opened, address):
    page = opened(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    go(page, f"{address}/")
    latent_map = page.get_by_test_id("latent-map")
    latent_map.hover()
    for _ in range(12):
        page.mouse.wheel(0, -240)
    strolling.settle(page)
    latent_map.evaluate("""(map) => {
      window.views = [];
      const note = () => {
        const view = JSON.stringify(map.state.view);
        if (window.views.at(-1) !== view) window.views.push(view);
        requestAnimationFrame(note);
      };
      note();
    }""")
    page.get_by_placeholder(re.compile("^Type a sentence")).fill("a girl sings")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("text="))
    strolling.settle(page)
    assert page.evaluate("window.views.length") == 2, "the camera flies"
    moving = page.evaluate("""() => [...document.querySelectorAll("*")].filter((node) => {
      const { transitionDuration: shift, animationDuration: play, animationName } =
        getComputedStyle(node);
      const lasts = (text) => text.split(",").some((part) => parseFloat(part) > 0.01);
      return lasts(shift) || (animationName !== "none" && lasts(play));
    }).length""")
    assert moving == 0


def test_a_theme_that_is_chosen_in_the_menu_holds_for_every_page(opened, address):
    page = opened(viewport={"width": 1440, "height": 900}, color_scheme="light")
    scheme = "getComputedStyle(document.querySelector('[data-testid=stApp]')).colorScheme"
    go(page, f"{address}/")
    assert page.evaluate(scheme) == "light"
    page.get_by_role("button", name="Main menu").click()
    page.get_by_role("button", name="Dark").or_(page.get_by_role("radio", name="Dark")).or_(
        page.get_by_role("menuitemradio", name="Dark")
    ).first.click()
    page.wait_for_function(f"{scheme} === 'dark'")
    page.goto(f"{address}/paths?scene=3")
    page.locator(".lecture .see").wait_for()
    assert page.evaluate(scheme) == "dark"
    light = page.locator(".lecture").evaluate("(node) => getComputedStyle(node).backgroundColor")
    assert max(map(int, re.findall(r"\d+", light)[:3])) < 60
