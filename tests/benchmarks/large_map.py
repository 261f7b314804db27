"""How a map of very many sentences answers: `python -m tests.benchmarks.large_map`.

Draws the sentences of a shipped map again and again, each with noise and a number of its own, and
measures

- in this process: reading the map, the first and a later decode of an empty location, neighbours
  of a sentence, and a search, the first of which builds the index; peak memory above the model;
- in Chromium, with software WebGL, on `streamlit run app.py`: navigation → the picture of the map
  is painted, → its points are there; wheel → the next frame; a click → decoded words.
"""

import argparse
import dataclasses
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, sync_playwright

from explorer.cli.output import say, table
from explorer.explore import map_answers
from explorer.explore.map_views import view_of
from explorer.explore.run import Run, open_run
from explorer.latent_space.atlas import Atlas
from explorer.models.decoding_settings import Decoding
from explorer.runs import folder as folders
from tests.benchmarks.click import ROOT, server
from tests.browser.browsing import CHROMIUM, SWITCHES

_FRAME = """() => new Promise((resolve) => {
  const start = performance.now();
  requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - start)));
})"""
_PAINTED = """() => performance.getEntriesByType("paint").find(
  ({ name }) => name === "first-contentful-paint")?.startTime"""


def build(source: Path, target: Path, points: int) -> None:
    """Copies a run whose map holds its sentences, with a map of `points` noisy copies of them."""
    target.mkdir()
    for path in source.iterdir():
        if path.name != folders.ATLAS:
            (target / path.name).write_bytes(path.read_bytes())
    atlas, random = Atlas.load(source / folders.ATLAS), np.random.default_rng(0)
    assert atlas.text is not None
    of = np.sort(np.r_[np.arange(len(atlas)), random.integers(0, len(atlas), points - len(atlas))])
    noise = random.standard_normal((points, atlas.latent_dim)).astype(np.float32)
    arrays = {
        name: value[of] for name, value in vars(atlas).items() if isinstance(value, np.ndarray)
    }
    texts = {
        name: [f"{value[row]} {number}" for number, row in enumerate(of.tolist())]
        for name, value in (("text", atlas.text), ("reconstruction", atlas.reconstruction))
    }
    shared = {
        name: [value[row] for row in of.tolist()]
        for name, value in (("split", atlas.split), ("label", atlas.label))
        if value is not None
    }
    arrays["row"] = np.arange(points, dtype=np.int32)
    arrays["mean"] = arrays["mean"] + 0.3 * noise * arrays["scale"]
    arrays["xy"] = arrays["xy"] + 0.15 * random.standard_normal((points, 2)).astype(np.float32)
    dataclasses.replace(atlas, **arrays, **texts, **shared, total=points).save(
        target / folders.ATLAS
    )
    folders.write_checksums(target)


def answers(run: Run) -> list[tuple[str, float]]:
    """Seconds of what the server does for a page."""
    sentence = run.decode(np.zeros((1, run.config.model.latent_dim), np.float32))[0]
    results = []

    def timed(name: str, act: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        value = act()
        results.append((name, time.perf_counter() - start))
        return value

    timed("read the map", lambda: run.texts)
    view = timed("points and view", lambda: view_of(run))

    def decode(x: float) -> Any:
        return map_answers.decoded(run, view, np.array([[x, 0.0]]), Decoding())

    timed("first decode of a location", lambda: decode(0.0))
    timed("a later decode", lambda: decode(0.5))
    timed("neighbours of a sentence", lambda: run.neighbours(sentence))
    timed("first search", lambda: run.search("time"))
    timed("a later search", lambda: run.search("the time"))
    return results


def page_times(page: Page, address: str, run: str) -> list[tuple[str, float]]:
    """Seconds that a visitor waits; the server has read the map before."""
    page.goto(f"{address}/?run={run}")
    page.locator("[data-loaded]").first.wait_for()
    start = time.perf_counter()
    page.goto(f"{address}/?run={run}&words=false")
    page.locator("[data-loaded]").first.wait_for()
    results = [("points on the page", time.perf_counter() - start)]
    results.insert(0, ("first paint", page.evaluate(_PAINTED) / 1000))
    page.wait_for_timeout(5000)
    canvas = page.get_by_test_id("latent-map")
    box = canvas.bounding_box()
    assert box is not None
    middle = box["x"] + 0.45 * box["width"], box["y"] + 0.5 * box["height"]
    page.mouse.move(*middle)
    frames = []
    for _ in range(12):
        page.mouse.wheel(0, -60)
        frames.append(page.evaluate(_FRAME) / 1000)
    results.append(("a frame while zooming, median", statistics.median(frames)))
    page.wait_for_timeout(3000)
    start = time.perf_counter()
    page.mouse.click(*middle)
    page.locator("p.draft, p.words:has(mark)").first.wait_for()
    results.append(("click → decoded words", time.perf_counter() - start))
    return results


def main() -> None:
    """Measures and prints a table, in seconds."""
    parser = argparse.ArgumentParser(description="How a map of very many sentences answers.")
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--run", default="everyday", help="a run whose map holds its sentences")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        source, folder = folders.find(args.run), Path(temporary) / "large"
        # In a process of its own, whose memory is not the map's.
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            pool.submit(build, source, folder, args.points).result()
        run = open_run(folder)
        run.model  # noqa: B018 - loaded, so that its memory is not the map's
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        rows = answers(run)
        more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 2**20
        del run
        os.environ["EXPLORER_RUNS"] = temporary
        with server(0, 0) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.set_default_timeout(300_000)
            rows += page_times(page, address, folder.name)
            browser.close()
    say(f"{args.points:,} sentences of {ROOT.name}/{args.run}; peak memory {more:.2f} GiB more")
    say(table(("what", "seconds"), [(name, f"{value:.3f}") for name, value in rows], right=(1,)))


if __name__ == "__main__":
    main()
