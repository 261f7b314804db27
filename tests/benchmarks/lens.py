"""How quickly the lens reads the map: `python -m tests.benchmarks.lens`.

Starts `streamlit run app.py` with its default settings, opens the run's map in Chromium, moves the
pointer over empty locations once a frame, and reports

- answers a second while moving;
- question to answer: from the request for a location to its words, in milliseconds;
- click to words: from the pointer's release to the answer pinned beside it, in milliseconds.

Software WebGL and the browser itself are part of the figures.
"""

import argparse
import statistics

from playwright.sync_api import Page, sync_playwright

from explorer.cli.output import say, table
from tests.benchmarks.click import PATIENCE, server
from tests.browser.browsing import CHROMIUM, SWITCHES

# Zoomed in between the points, so that most positions are empty.
_MOVE = """(map, seconds) => new Promise((resolve) => {
  const box = map.getBoundingClientRect();
  const began = performance.now();
  const before = map.state.lensAnswers;
  const step = (now) => {
    const passed = (now - began) / 1000;
    if (passed > seconds) {
      const answers = map.state.lensAnswers - before;
      resolve({ rate: answers / passed, times: map.state.lensTimes });
      return;
    }
    map.dispatchEvent(new PointerEvent("pointermove", {
      clientX: box.left + box.width * (0.5 + 0.45 * Math.sin(1.7 * passed)),
      clientY: box.top + box.height * (0.5 + 0.45 * Math.cos(2.3 * passed)),
      pointerType: "mouse", pointerId: 1, button: -1,
    }));
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})"""
_PINNED = """(map) => new Promise((resolve, reject) => {
  const pin = map.parentElement.querySelector(".pin");
  setTimeout(() => reject(new Error("no words within 60 s")), 60000);
  map.addEventListener("pointerup", () => {
    const began = performance.now();
    const look = () => {
      if (!pin.hidden) resolve(performance.now() - began);
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, { once: true });
})"""


def clicks(page: Page, count: int) -> list[float]:
    """Milliseconds from the release of the pointer to the pinned words.

    Clicks are in the middle of the map: controls and the legend lie on its edges.
    """
    canvas = page.get_by_test_id("latent-map")
    box = canvas.bounding_box()
    assert box is not None
    found = []
    for number in range(count):
        place = (
            box["x"] + box["width"] * (0.1 + 0.7 * (number % 7) / 7),
            box["y"] + box["height"] * (0.3 + 0.4 * number / count),
        )
        page.mouse.move(*place)
        page.wait_for_timeout(300)
        page.evaluate("map => { window.pinned = null; }")
        waiting = f"map => {{ window.pinned = ({_PINNED})(map); }}"
        canvas.evaluate(waiting)
        page.mouse.click(*place)
        found.append(page.evaluate("() => window.pinned"))
        canvas.press("Escape")
        page.wait_for_timeout(500)
    return found


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(description="How quickly the lens reads the map.")
    parser.add_argument("--run", default="captions-smooth")
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--clicks", type=int, default=12)
    args = parser.parse_args()
    with server(0, 0) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(PATIENCE)
        page.goto(f"{address}/?run={args.run}")
        page.locator("[data-loaded]").first.wait_for()
        page.wait_for_timeout(8000)  # the model is opened
        canvas = page.get_by_test_id("latent-map")
        for _ in range(6):
            canvas.press("+")
        page.wait_for_timeout(1000)
        moved = canvas.evaluate(_MOVE, args.seconds)
        pinned = clicks(page, args.clicks)
        browser.close()
    rows = [("answers a second", f"{moved['rate']:.1f}", "")]
    for name, values in (("question to answer", moved["times"]), ("click to words", pinned)):
        high = sorted(values)[int(0.95 * (len(values) - 1))]
        rows.append((f"{name}, ms", f"{statistics.median(values):.0f}", f"{high:.0f}"))
    say(table(["", "median", "p95"], rows))
    say(f"{len(moved['times'])} answers, {len(pinned)} clicks")


if __name__ == "__main__":
    main()
