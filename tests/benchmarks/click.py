"""How long a click on the map takes, as a person meets it: `python -m tests.benchmarks.click`.

Starts `streamlit run app.py` with its default settings and threads, opens the run's map in
Chromium and measures, in the browser,

- point, empty place: pointer released → the answer's column shows another text;
- first words: the same click → a first decode has arrived;
- sentence: the same click → the decode that stays has arrived: the nearest of the candidates;
- typed: Enter → the typed sentence is selected, and so marked, on the map;
- read: the wheel rests → every place of the new view has its sentence ("Read the map").

Clicks on points and on empty places alternate; the answer's heading says which one it was. The
first clicks of the session count too, and stand first in the list of `--verbose`. Software WebGL
is part of the figures: a browser with a graphics card has less to do.
"""

import argparse
import os
import random
import socket
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from explorer.cli.output import say, table
from tests.browser.browsing import CHROMIUM, SWITCHES, await_health

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60_000  # milliseconds
SENTENCES = (
    "a dog runs through the snow",
    "two men play guitar on a stage",
    "a woman in a red coat waits for the bus",
    "children play in the water",
    "a man rides a bicycle down a hill",
    "people sit at a long table",
)
"""Typed; invented."""
VIEWS = 8
"""That are read, each closer than the one before."""
CORNERS = ((0.05, 0.08), (0.95, 0.9), (0.06, 0.9), (0.92, 0.2), (0.1, 0.5))
"""Where a map is empty, as shares of its width and height."""

# Text of the page without the map: what the map draws is on a canvas or in a shadow tree.
_WATCH = """(map, [event, done]) => {
  const main = document.querySelector('[data-testid=stMain]');
  const said = (kind) =>
    [...main.querySelectorAll(kind)].map((words) => words.textContent).join('|');
  const sentence = () => said('p.words:has(mark)');
  const first = () => said('p.draft, p.words:has(mark)');
  const before = [main.textContent, sentence(), first()];
  const marked = JSON.stringify(map.state.selected);
  window.measured = new Promise((resolve) => {
    window.addEventListener(event, () => {
      const start = performance.now();
      const times = {};
      const look = () => {
        const now = performance.now() - start;
        if (main.textContent !== before[0]) times.text ??= now;
        if (sentence() !== before[1]) times.sentence ??= now;
        if (first() !== before[2]) times.first ??= now;
        if (JSON.stringify(map.state.selected) !== marked) times.marker ??= now;
        if (done in times || now > 10000) {
          observer.disconnect();
          clearInterval(timer);
          resolve(times);
        }
      };
      const observer = new MutationObserver(look);
      observer.observe(main, { childList: true, subtree: true, characterData: true });
      const timer = setInterval(look, 4);
    }, { once: true, capture: true });
  });
}"""


@contextmanager
def server(threads: int, port: int) -> Iterator[str]:
    """The app on a port of its own; gives its address."""
    if not port:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
    environment = {key: value for key, value in os.environ.items() if key != "OMP_NUM_THREADS"}
    if threads:
        environment["OMP_NUM_THREADS"] = str(threads)
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true"]
    command += [f"--server.port={port}", "--server.address=127.0.0.1"]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=quiet, stderr=quiet)
    try:
        await_health(process, f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def _timed(page: Page, event: str, done: str, act: Any) -> Mapping[str, float]:
    page.get_by_test_id("latent-map").evaluate(_WATCH, [event, done])
    act()
    times = page.evaluate("() => window.measured")
    page.wait_for_timeout(700)  # a person reads; the rest of the answer arrives
    return times


def clicks(page: Page, count: int, seed: int) -> dict[str, list[float]]:
    """Milliseconds of each click, by what was measured."""
    chance = random.Random(seed)
    box = page.get_by_test_id("latent-map").bounding_box()
    assert box is not None
    found: dict[str, list[float]] = {}
    for number in range(count):
        if number % 2:
            across, down = chance.choice(CORNERS)
            across += 0.02 * chance.random()
        else:
            across, down = (0.3 + 0.4 * chance.random() for _ in range(2))
        place = box["x"] + box["width"] * across, box["y"] + box["height"] * down
        page.mouse.move(*place)
        page.wait_for_timeout(100)
        times = _timed(page, "pointerup", "sentence", lambda at=place: page.mouse.click(*at))
        empty = page.get_by_text("Empty location", exact=True).count() > 0
        found.setdefault("empty place" if empty else "point", []).append(times["text"])
        found.setdefault("first words", []).append(times["first"])
        found.setdefault("sentence", []).append(times["sentence"])
    return found


def typed(page: Page) -> list[float]:
    """Milliseconds from Enter to the marker, of each of `SENTENCES`."""
    found = []
    for sentence in SENTENCES:
        field = page.get_by_label("Type a sentence")
        field.fill(sentence)
        times = _timed(page, "keydown", "marker", lambda box=field: box.press("Enter"))
        found.append(times["marker"])
    return found


_READ = """(map) => new Promise((resolve) => {
  const start = performance.now();
  const timer = setInterval(() => {
    // The wheel is heard before the view is drawn, and only then it is known what is unread.
    const waited = performance.now() - start;
    if (waited < 60 || map.state.missing) return;
    clearInterval(timer);
    resolve([waited, map.state.decoded.length]);
  }, 4);
})"""


def read(page: Page, count: int) -> tuple[list[float], list[int]]:
    """Milliseconds until each of several views is read, and how many places each has."""
    canvas = page.get_by_test_id("latent-map")
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.55 * box["width"], box["y"] + 0.6 * box["height"])
    found = []
    for _ in range(count):
        page.mouse.wheel(0, -250)
        found.append(canvas.evaluate(_READ))
        page.wait_for_timeout(300)
    return [waited for waited, _ in found], [int(places) for _, places in found]


def main() -> None:
    """Measures and prints a table, in milliseconds."""
    parser = argparse.ArgumentParser(description="How long a click on the map takes.")
    parser.add_argument("--run", default="captions-smooth")
    parser.add_argument("--clicks", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0, help="OMP_NUM_THREADS; 0: not set")
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    parser.add_argument("--verbose", action="store_true", help="list every click")
    args = parser.parse_args()
    with server(args.threads, args.port) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.set_default_timeout(PATIENCE)
        page.goto(f"{address}/?run={args.run}")
        page.locator("[data-loaded]").first.wait_for()
        page.wait_for_timeout(3000)
        found = clicks(page, args.clicks, args.seed)
        found["point or empty place"] = found["point"] + found.get("empty place", [])
        found["typed, on the map"] = typed(page)
        page.goto(f"{address}/?run={args.run}&read=true")
        page.locator("[data-loaded]").first.wait_for()
        page.wait_for_timeout(3000)
        views, places = read(page, VIEWS)
        found[f"read, {statistics.median(places):.0f} places"] = views
        browser.close()
    if args.verbose:
        for name, values in found.items():
            say(f"{name}: {' '.join(f'{value:.0f}' for value in values)}")
    rows = [
        (name, f"{statistics.median(values):.0f}", f"{min(values):.0f}–{max(values):.0f}",
         str(len(values)))
        for name, values in found.items()
    ]  # fmt: skip
    say(table(("what", "median, ms", "range", "n"), rows, right=(1, 2, 3)))


if __name__ == "__main__":
    main()
