"""How smoothly a playback runs, in a real browser: `python -m tests.benchmarks.playback_frames`.

Starts `streamlit run app.py`, opens the run's playback in Chromium, plays it at speed 1 and
measures in the browser the time between the frames that were drawn. Software WebGL is part of the
figures: a graphics card has less to do.
"""

import argparse
import statistics
from typing import Any

from playwright.sync_api import Page, sync_playwright

from explorer.cli.output import say, table
from tests.benchmarks.click import PATIENCE, server
from tests.browser.browsing import CHROMIUM, SWITCHES

# Counts only frames in which the player drew something.
_MEASURE = """(map, seconds) => new Promise((resolve) => {
  const gaps = [];
  const start = performance.now();
  let [before, drawn] = [start, map.state.drawn];
  const frame = (now) => {
    const { drawn: latest } = map.state;
    if (latest !== drawn) {
      gaps.push(now - before);
      [before, drawn] = [now, latest];
    }
    if (now - start < 1000 * seconds) requestAnimationFrame(frame);
    else resolve(gaps.slice(1));
  };
  requestAnimationFrame(frame);
})"""


def measure(page: Page, seconds: float, pinned: bool) -> list[float]:
    """Milliseconds between the frames of a play from the start."""
    player: Any = page.get_by_test_id("playback-map")
    player.focus()
    page.keyboard.press("Home")
    if pinned:
        page.keyboard.press("Enter")  # the sentence in the middle, with its trail
    page.wait_for_timeout(1500)
    page.keyboard.press(" ")
    gaps = player.evaluate(_MEASURE, seconds)
    page.keyboard.press(" ")
    return gaps


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(description="How smoothly a playback runs.")
    parser.add_argument("--run", required=True, help="a run that has a playback.parquet")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each play")
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    args = parser.parse_args()
    rows = []
    with server(1, args.port) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.set_default_timeout(PATIENCE)
        page.goto(f"{address}/playback?run={args.run}")
        page.locator("[data-loaded]").first.wait_for()
        page.wait_for_timeout(3000)
        for name, pinned in (("all sentences", False), ("with a trail", True)):
            gaps = measure(page, args.seconds, pinned)
            slow = sorted(gaps)[int(0.95 * (len(gaps) - 1))]
            figures = (1000 * len(gaps) / sum(gaps), statistics.median(gaps), slow, len(gaps))
            rows.append((name, *(f"{figure:.0f}" for figure in figures)))
            page.wait_for_timeout(1500)
        points = page.get_by_test_id("playback-map").evaluate("map => map.state.points")
        browser.close()
    head = (f"{points:,} sentences", "frames a second", "median, ms", "95 % below, ms", "frames")
    say(table(head, rows, right=(1, 2, 3, 4)))


if __name__ == "__main__":
    main()
