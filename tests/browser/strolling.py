"""Random actions of a person on the pages, and a digest of what a page shows."""

import random
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.browser.browsing import PATIENCE

PAGES = ("Map", "Paths", "Arithmetic", "Compare", "Collapse", "Playback", "Prior", "Model card")
WORDS = ("a dog sleeps in the park", "two cats sing on a boat", "an old man waits", "the robot")

DIGEST = """() => {
  const shown = (node) => node.checkVisibility();
  const all = (selector) => [...document.querySelectorAll(selector)].filter(shown);
  const label = (node) => node.getAttribute("aria-label")
    || node.closest("[data-testid=stElementContainer]")?.querySelector("label")?.innerText || "";
  const values = all("[data-testid=stMain] input:not([type=checkbox])").map(
    (node) => `${label(node)}: ${node.value}`);
  const sliders = [...document.querySelectorAll("[data-testid=stMain] input[type=range]")].map(
    (node) => `${label(node)}: ${node.value}`);
  const marked = all("[aria-checked=true], [aria-selected=true], [aria-pressed=true], :checked")
    .map((node) => node.innerText || label(node));
  const boxes = all("[data-testid=stSelectbox], [data-testid=stMultiSelect]").map(
    (node) => node.innerText);
  const maps = all("[data-testid=latent-map]").map((map) => {
    const { selected, focus, view } = map.state ?? {};
    const short = (number) => Number(number).toPrecision(3);
    const at = selected && [short(selected.x), short(selected.y)];
    return JSON.stringify([at ?? null, focus ?? null, view && short(view.zoom)]);
  });
  const answers = all("[data-testid=stMain] h3, p.words, .path-slider .end, .path-slider .words")
    .map((node) => node.innerText);
  return { title: document.title, values, sliders, marked, boxes, maps, answers };
}"""
"""Values of all widgets, the picked point, and what is said of it."""

WAIT = """() => {
  const app = document.querySelector("[data-testid=stApp]");
  const quiet = app?.dataset.testScriptState === "notRunning"
    && app.dataset.testConnectionState === "CONNECTED"
    && !document.querySelector("[data-testid=stSkeleton], [data-testid=stSpinner]")
    && [...document.querySelectorAll("[data-testid=latent-map]")].every(
      (map) => map.closest("[data-loaded]"));
  const key = location.href + document.querySelector("[data-testid=stMain]")?.innerText;
  const now = performance.now();
  if (!quiet || window.calmKey !== key) { window.calmKey = key; window.calmSince = now; }
  return quiet && now - window.calmSince > 700;
}"""


def settle(page) -> None:
    """Waits until nothing has changed for a while: the script, the maps, the address."""
    for _ in range(PATIENCE // 150):
        page.wait_for_timeout(150)
        if page.evaluate(WAIT):
            return
    raise AssertionError("the page did not come to rest")


def address(page) -> tuple[str, list[tuple[str, str]]]:
    """Path and parameters, without the camera, which is written with few digits."""
    parts = urlsplit(page.url)
    items = parse_qsl(parts.query, keep_blank_values=True)
    return parts.path, sorted(item for item in items if item[0] != "view")


def digest(page) -> dict[str, Any]:
    """What a settled page shows, with its address."""
    settle(page)
    return {**page.evaluate(DIGEST), "address": address(page)}


def _any(page, chance: random.Random, selector: str):
    shown = [item for item in page.locator(selector).all() if item.is_visible()]
    return chance.choice(shown) if shown else None


def _click(selector: str) -> Callable:
    def act(page, chance: random.Random) -> str | None:
        item = _any(page, chance, f"[data-testid=stMain] {selector}")
        if item is None:
            return None
        name = item.inner_text() or item.get_attribute("aria-label")
        item.click()
        return f"click {name!r}"

    return act


def _slide(page, chance: random.Random) -> str | None:
    item = _any(page, chance, "[data-testid=stMain] input[type=range]")
    if item is None:
        return None
    key = chance.choice(["ArrowRight", "ArrowLeft"])
    item.focus()
    item.press(key)
    return f"slide {key}"


def _type(page, chance: random.Random) -> str | None:
    item = _any(page, chance, "[data-testid=stTextInput] input")
    if item is None:
        return None
    text = chance.choice(WORDS)
    item.fill(text)
    item.press("Enter")
    return f"type {text!r} into {item.get_attribute('aria-label')!r}"


def _choose(page, chance: random.Random) -> str | None:
    item = _any(page, chance, "[data-testid=stMain] [data-testid=stSelectbox] input")
    if item is None:
        return None
    item.click()
    for _ in range(chance.randrange(1, 4)):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    return f"choose in {item.get_attribute('aria-label')!r}"


def _decode(page, chance: random.Random) -> str | None:
    button = page.get_by_role("button", name="Decoding")
    if not button.count():
        return None
    button.first.click()
    page.get_by_label("Strategy").last.click()
    for _ in range(chance.randrange(1, 3)):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    settle(page)
    page.keyboard.press("Escape")
    return "choose a strategy"


def _pick(page, chance: random.Random) -> str | None:
    canvas = _any(page, chance, "[data-testid=latent-map]")
    if canvas is None:
        return None
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    x, y = (chance.uniform(0.35, 0.65) for _ in range(2))
    page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    return f"click the map at {x:.2f}, {y:.2f}"


def visit(page, chance: random.Random) -> str:
    """Follows a link of the top bar to another page."""
    here = page.title().split(" · ")[0]
    name = chance.choice([name for name in PAGES if name != here])
    page.get_by_test_id("stTopNavLink").filter(has_text=name).first.click()
    page.wait_for_function("(name) => document.title.startsWith(name)", arg=name, timeout=PATIENCE)
    return f"visit {name}"


ACTIONS = (
    *(_click("[data-testid=stButtonGroup] button"), _click("[role=tab]")),
    *(_click("[data-testid=stCheckbox] label"), _click("li > button:first-child")),
    *(_slide, _type, _choose, _decode, _pick, _pick),
)


def act(page, chance: random.Random) -> str:
    """One random action on the page."""
    while True:
        done = chance.choice(ACTIONS)(page, chance)
        if done is not None:
            settle(page)
            return done
