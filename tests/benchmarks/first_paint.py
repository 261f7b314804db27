"""What a visitor waits for: `python -m tests.benchmarks.first_paint`.

Starts `streamlit run app.py`, visits it once so that it is warm, then opens it in new browsers,
and reports seconds to the first paint, to the picture of the map and to the map that answers, and
how much the page shifts until two seconds later (cumulative layout shift). On a machine that
others use, `--beside FOLDER` visits another checkout in turns, and reports the ratio.
"""

import argparse
import statistics
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import sync_playwright

from explorer.cli.output import say, table
from tests.browser.browsing import CHROMIUM, PATIENCE, ROOT, SWITCHES, listening

NAMES = ("first paint, s", "picture of the map, s", "map, s", "layout shift")

_WATCH = """
window.shift = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
window.pictured = NaN;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.pictured = entry.renderTime || entry.loadTime;
}).observe({ type: "element", buffered: true });
"""
_SECONDS = """() => {
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return [paint.startTime, window.pictured, performance.now()].map((time) => time / 1000);
}"""


def main() -> None:
    """Prints the medians and maxima of several visits, each in a new browser."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=5)
    parser.add_argument("--beside", type=Path, metavar="FOLDER", help="another checkout")
    args = parser.parse_args()
    folders = [ROOT] + ([args.beside.resolve()] if args.beside else [])
    visits: list[list[Sequence[float]]] = [[] for _ in folders]
    with ExitStack() as stack:
        addresses = [stack.enter_context(listening(folder, {})) for folder in folders]
        for address in addresses:
            _visit(address)
        for _ in range(args.visits):
            for address, seen in zip(addresses, visits, strict=True):
                seen.append(_visit(address))
    say(table(*_report(visits)))


def _report(visits: Sequence[Sequence[Sequence[float]]]) -> tuple[list[str], list[list[str]]]:
    head, rows = ["", "median", "max"], [[name] for name in NAMES]
    if len(visits) > 1:
        head += ["beside: median", "max", "ratio"]
    for seen in visits:
        for row, values in zip(rows, zip(*seen, strict=True), strict=True):
            row += [f"{statistics.median(values):.3f}", f"{max(values):.3f}"]
    for row in rows if len(visits) > 1 else ():
        row.append(f"{float(row[1]) / max(float(row[3]), 1e-4):.2f}")
    return head, rows


def _visit(address: str) -> tuple[float, float, float, float]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.add_init_script(_WATCH)
        page.goto(address, wait_until="commit")
        page.locator("[data-loaded]").wait_for(timeout=3 * PATIENCE)
        first, pictured, seen = page.evaluate(_SECONDS)
        page.wait_for_timeout(2000)
        shift = page.evaluate("window.shift")
        browser.close()
    return first, pictured, seen, shift


if __name__ == "__main__":
    main()
