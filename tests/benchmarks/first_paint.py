"""What a visitor waits for: `python -m tests.benchmarks.first_paint`.

Starts `streamlit run app.py`, visits it once so that it is warm, then opens it in new browsers,
and reports seconds to the first paint and to the map, and how much the page shifts until two
seconds later (cumulative layout shift).
"""

import argparse
import statistics

from playwright.sync_api import sync_playwright

from explorer.cli.output import say
from tests.benchmarks.click import server
from tests.browser.browsing import CHROMIUM, PATIENCE, SWITCHES

_WATCH = """
window.shift = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
_SECONDS = """() => {
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return [paint.startTime / 1000, performance.now() / 1000];
}"""


def main() -> None:
    """Prints the medians and maxima of several visits, each in a new browser."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=5)
    args = parser.parse_args()
    with server(0, 0) as address:
        _visit(address)
        visits = [_visit(address) for _ in range(args.visits)]
    names = ("first paint, s", "map, s", "layout shift")
    for name, values in zip(names, zip(*visits, strict=True), strict=True):
        say(f"{name:>16}  median {statistics.median(values):.3f}  max {max(values):.3f}")


def _visit(address: str) -> tuple[float, float, float]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.add_init_script(_WATCH)
        page.goto(address, wait_until="commit")
        page.locator("[data-loaded]").wait_for(timeout=PATIENCE)
        first, seen = page.evaluate(_SECONDS)
        page.wait_for_timeout(2000)
        shift = page.evaluate("window.shift")
        browser.close()
    return first, seen, shift


if __name__ == "__main__":
    main()
