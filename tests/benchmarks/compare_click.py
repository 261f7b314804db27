"""How long a click on one of several maps takes: `python -m tests.benchmarks.compare_click`.

Copies shipped runs into a folder of its own, cuts their maps to the same 3,000 sentences, opens
*Compare* with four of them in Chromium and measures, in the browser, from the pointer's release
on the first map to the moment when

- maps: every map marks the sentence;
- columns: every column shows another text as well.

Software WebGL and whatever else the machine does are part of the figures.
"""

import argparse
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

from explorer.cli.output import say, table
from explorer.latent_space.atlas import Atlas
from explorer.runs import folder as folders
from tests.browser.browsing import CHROMIUM, SWITCHES, await_health

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("captions-smooth", "captions-faithful")
PATIENCE = 60_000  # milliseconds

_WATCH = """(maps, count) => {
  const marks = () => maps.map((map) => JSON.stringify(map.state.selected));
  const told = () =>
    [...document.querySelectorAll('[data-run]')].map((column) => column.textContent);
  const before = { marks: marks(), told: told() };
  const all = (now, then) => now.length === count && now.every((item, i) => item !== then[i]);
  window.measured = new Promise((resolve) => {
    window.addEventListener('pointerup', () => {
      const start = performance.now();
      const times = {};
      const timer = setInterval(() => {
        const now = performance.now() - start;
        if (all(marks(), before.marks)) times.maps ??= now;
        if (times.maps && all(told(), before.told)) times.columns ??= now;
        if (times.columns || now > 10000) {
          clearInterval(timer);
          resolve(times);
        }
      }, 4);
    }, { once: true, capture: true });
  });
}"""


def cut(atlas: Atlas, points: int) -> Atlas:
    """The first `points` sentences of an atlas."""
    rows = slice(points)
    columns = ("row", "mean", "scale", "tokens", "distortion", "rate", "xy", "cluster")
    lists = ("split", "reconstruction")
    kept = {name: np.ascontiguousarray(getattr(atlas, name)[rows]) for name in columns}
    return replace(atlas, **kept, **{name: getattr(atlas, name)[rows] for name in lists})


def make_runs(where: Path, count: int, points: int) -> list[str]:
    """Copies of shipped runs with maps of the same few sentences; gives their names."""
    names = []
    for number in range(count):
        source = folders.find(SOURCES[number % len(SOURCES)])
        target = where / f"run-{number}"
        shutil.copytree(source, target)
        cut(Atlas.load(target / folders.ATLAS), points).save(target / folders.ATLAS)
        folders.write_checksums(target)
        names.append(target.name)
    return names


@contextmanager
def server(runs: Path, port: int) -> Iterator[str]:
    """The app on a port of its own, showing the runs of a folder; gives its address."""
    if not port:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
    environment = {**os.environ, "EXPLORER_RUNS": str(runs), "EXPLORER_HOME": str(runs / "home")}
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


def clicks(page: Page, runs: int, count: int, seed: int) -> list[Mapping[str, float]]:
    """Milliseconds of each click on a sentence; the first one, which opens things, is left out."""
    chance = random.Random(seed)
    canvas = page.get_by_test_id("latent-map").first
    found = []
    for _ in range(count + 1):
        place = canvas.evaluate(
            """async (map, share) => {
              const url = performance.getEntriesByType('resource').map((item) => item.name)
                .find((name) => name.includes('/points?') && !name.includes('onto'));
              const xy = new Float32Array(await (await fetch(url)).arrayBuffer());
              const i = Math.floor(share * xy.length / 2);
              return map.toScreen(xy[2 * i], xy[2 * i + 1]);
            }""",
            chance.random(),
        )
        box = canvas.bounding_box()
        assert box is not None
        at = box["x"] + place[0], box["y"] + place[1]
        page.mouse.move(*at)
        page.wait_for_timeout(100)
        page.get_by_test_id("latent-map").evaluate_all(_WATCH, runs)
        page.mouse.click(*at)
        found.append(page.evaluate("() => window.measured"))
        page.wait_for_timeout(700)  # a person reads; the rest of the answer arrives
    return found[1:]


def main() -> None:
    """Measures and prints a table, in milliseconds."""
    parser = argparse.ArgumentParser(description="How long a click on one of several maps takes.")
    parser.add_argument("--runs", type=int, default=4)
    parser.add_argument("--points", type=int, default=3000)
    parser.add_argument("--clicks", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        names = make_runs(Path(folder), args.runs, args.points)
        with server(Path(folder), args.port) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
            page = browser.new_page(viewport={"width": 1440, "height": 1200})
            page.set_default_timeout(PATIENCE)
            page.goto(f"{address}/compare?runs={','.join(names)}&section=Maps")
            page.locator("[data-loaded]").nth(args.runs - 1).wait_for()
            page.get_by_text("Changed neighbourhoods", exact=True).wait_for()
            page.wait_for_timeout(3000)
            found = clicks(page, args.runs, args.clicks, args.seed)
            browser.close()
    rows = []
    for name in ("maps", "columns"):
        values = [times[name] for times in found if name in times]
        middle = f"{statistics.median(values):.0f}" if values else "–"
        ends = f"{min(values):.0f}–{max(values):.0f}" if values else "–"
        rows.append((name, middle, ends, str(len(values))))
    say(table(("updated", "median, ms", "range", "n"), rows, right=(1, 2, 3)))


if __name__ == "__main__":
    main()
