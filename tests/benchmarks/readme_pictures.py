"""Takes the README's pictures again: the page in Chromium, light and dark, as it is now.

    python -m tests.benchmarks.readme_pictures [map] [compare]

No corpus is used: the maps show what they show on any machine.
"""

import io
import itertools
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from tests.browser.browsing import CHROMIUM, ROOT, SWITCHES, served, sync_api

SIZE = {"width": 1280, "height": 760}
STEP = 110  # milliseconds between two frames
CURSOR = """
const cursor = document.createElement("div");
cursor.innerHTML = '<svg width="22" height="22" viewBox="0 0 22 22"><path d="M3 2 L3 18 L7.5 14' +
  ' L10.5 20.5 L13.5 19 L10.5 13 L16.5 13 Z" fill="#111" stroke="#fff" stroke-width="1.5"/></svg>';
const style = { position: "fixed", zIndex: 1e7, pointerEvents: "none", left: "-50px" };
Object.assign(cursor.style, style);
document.body.append(cursor);
addEventListener("pointermove", (event) => {
  cursor.style.left = `${event.clientX - 3}px`;
  cursor.style.top = `${event.clientY - 2}px`;
}, { capture: true, passive: true });
"""


def lens(page: Any) -> Iterator[tuple[Image.Image, int]]:
    """Frames of the map and their milliseconds: the lens, then a click on an empty location."""
    box = page.get_by_test_id("latent-map").bounding_box()

    def move(x: float, y: float) -> None:
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])

    yield frame(page), 1600
    corners = [(0.56, 0.40), (0.70, 0.47), (0.60, 0.62), (0.42, 0.66), (0.30, 0.52), (0.24, 0.33)]
    for (x, y), (to_x, to_y) in itertools.pairwise(corners):
        for part in range(12):
            move(x + (to_x - x) * part / 12, y + (to_y - y) * part / 12)
            page.wait_for_timeout(220)  # the answer of a slow machine
            yield frame(page), STEP
    page.wait_for_timeout(800)
    yield frame(page), 700
    page.mouse.down()
    page.mouse.up()
    page.wait_for_timeout(4000)
    yield frame(page), 3500


def frame(page: Any) -> Image.Image:
    """What the page shows."""
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def settled(page: Any, address: str) -> None:
    """Opens an address and waits until its maps are drawn and read."""
    page.goto(address)
    page.locator("[data-loaded]").first.wait_for()
    page.wait_for_timeout(9000)


def map_picture(page: Any, address: str, scheme: str) -> None:
    """`map-SCHEME.webp`, a moving picture of the lens."""
    settled(page, address)
    page.evaluate(CURSOR)
    images, times = zip(*lens(page), strict=True)
    images[0].save(
        ROOT / ".github" / f"map-{scheme}.webp",
        save_all=True,
        append_images=images[1:],
        duration=list(times),
        loop=0,
        quality=72,
        method=4,
        minimize_size=True,
    )


def compare_picture(page: Any, address: str, scheme: str) -> None:
    """`compare-SCHEME.png`: a collapsed run beside one that uses z, both maps read."""
    runs = "captions-smooth,captions-collapsed"
    settled(page, f"{address}/compare?runs={runs}&section=Maps&read=true")
    page.set_viewport_size(SIZE | {"height": 1000})
    maps = page.get_by_test_id("latent-map")
    maps.first.scroll_into_view_if_needed()
    page.mouse.wheel(0, 400)
    page.wait_for_timeout(5000)
    boxes = [maps.nth(index).bounding_box() for index in range(2)]
    left, top = boxes[0]["x"] - 16, boxes[0]["y"] - 56
    width, height = boxes[1]["x"] + boxes[1]["width"] + 16 - left, boxes[0]["height"] + 72
    clip = {"x": left, "y": top, "width": width, "height": height}
    page.screenshot(path=ROOT / ".github" / f"compare-{scheme}.png", clip=clip)


PICTURES = {"map": map_picture, "compare": compare_picture}


def main(names: list[str]) -> None:
    os.environ.pop("EXPLORER_MIRROR", None)
    with (
        tempfile.TemporaryDirectory() as runs,
        tempfile.TemporaryDirectory() as home,
        served(Path(runs), Path(home)) as address,
        sync_api.sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        for scheme in ("light", "dark"):
            page = browser.new_page(viewport=SIZE, color_scheme=scheme)
            page.set_default_timeout(120_000)
            for name in names or PICTURES:
                PICTURES[name](page, address, scheme)
            page.close()
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
