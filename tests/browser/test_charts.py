"""Figures of the runs that ship, read off the pages in a real Chromium: those that were measured.

What `explorer evaluate` printed is printed again from the run's `metrics.json`.
"""

import json
import re
import shutil

import numpy as np
import pytest

from explorer.cli.evaluate import print_metrics
from explorer.evaluation.metrics import METRICS, written
from explorer.evaluation.verdict import uses_z
from explorer.explore.run import open_run
from explorer.runs import folder as folders
from explorer.ui.components.escaping import minus
from explorer.ui.prior.scene import MOST_DOTS, MOST_NAMED
from tests.browser.browsing import MARKS, ROOT, a_page, served

pytestmark = MARKS

RUNS = ("captions-collapsed", "captions-floor")
READ = ("rate", "mutual_information", "shuffled_z_gap", "prior_z_gap")
BESIDE = {"Rate": "rate", "Mutual info.": "mutual_information", "BLEU": "bleu"}


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """A run that ships, as if its prior had been fitted after training."""
    folder = tmp_path_factory.mktemp("runs") / "fitted"
    shutil.copytree(folder_of("captions-floor"), folder)
    entry = {"value": 0.8376, "low": 0.8124, "high": 0.8629, "unit": "nats", "n": 5000}
    metrics = folders.read_metrics(folder) | {"prior_gain": entry | {"samples": 10}}
    (folder / folders.METRICS).write_text(json.dumps(metrics), encoding="utf-8")
    folders.write_checksums(folder)
    return folder


@pytest.fixture(scope="module")
def address(tmp_path_factory, fitted):
    with served(fitted.parent, tmp_path_factory.mktemp("home")) as address:
        yield address


@pytest.fixture(scope="module")
def page():
    with a_page() as page:
        yield page


def folder_of(name):
    return ROOT / "checkpoints" / name


def printed(folder, capsys):
    """What `explorer evaluate` printed for a run: each figure's digits."""
    print_metrics(folder)
    lines = capsys.readouterr().out.splitlines()
    return dict(re.match(r"(\w+) +(\S+)", line).groups() for line in lines[1:-1])


def drawn(page, chart):
    """The traces of a Plotly chart, as they stand in the page."""
    page.locator(f".st-key-{chart} svg.main-svg").first.wait_for()
    return page.locator(f".st-key-{chart} .js-plotly-plot").evaluate(
        "plot => plot._fullData.map(({ name, x, y, base }) => ({ name, x: Array.from(x),"
        " y: Array.from(y), base: base === undefined ? null : Array.from(base) }))"
    )


def metrics_shown(page, where):
    """The figures in large print, by their labels."""
    page.locator(f"[data-testid={where}] [data-testid=stMetric]").first.wait_for()
    found = {}
    for item in page.locator(f"[data-testid={where}] [data-testid=stMetric]").all():
        label = item.locator("[data-testid=stMetricLabel]").inner_text().split("\n")[0]
        shown = item.locator("[data-testid=stMetricValue]").inner_text()
        found[label] = shown.removesuffix(" nats").replace("−", "-")
    return found


@pytest.mark.parametrize("name", RUNS)
def test_collapse_shows_the_figures_that_evaluate_printed(page, address, capsys, name):
    page.goto(f"{address}/collapse?run={name}")
    page.get_by_role("heading", name=re.compile(f"^{name}: ")).wait_for()
    metrics, told = folders.read_metrics(folder_of(name)), printed(folder_of(name), capsys)
    shown = metrics_shown(page, "stMain")
    for key in READ:
        assert shown[METRICS[key].title] == told[key]
    units = metrics["active_units"]
    assert shown["Active units"] == f"{told['active_units']} / {units['of']}"
    page.get_by_role("button", name="Scores").click()
    beside = metrics_shown(page, "stPopoverBody")
    assert {label: beside[label] for label in BESIDE} == {
        label: told[key] for label, key in BESIDE.items()
    }
    page.get_by_role("heading", name=f"{name}: {uses_z(metrics).word}").wait_for()
    page.get_by_text(metrics["verdict_in_words"]).first.wait_for()
    entry = metrics["mutual_information"]
    between = f"between {written(entry['low'])} and {written(entry['high'])} nats"
    page.get_by_text(f"{minus(between).capitalize()} of the rate identify the sentence").wait_for()


@pytest.mark.parametrize("name", RUNS)
def test_the_bars_and_curves_of_collapse_are_those_of_the_files(page, address, name):
    page.goto(f"{address}/collapse?run={name}")
    metrics = folders.read_metrics(folder_of(name))
    for chart, (key, part) in {
        "rate_bars": ("rate", "by_dimension"),
        "variance_bars": ("active_units", "variances"),
    }.items():
        (bars,) = drawn(page, chart)
        assert bars["y"] == sorted(metrics[key][part], reverse=True)
    (bar,) = drawn(page, "information")
    entry = metrics["mutual_information"]
    assert bar["base"][0] == entry["low"]
    assert bar["x"][0] == pytest.approx(max(entry["high"] - entry["low"], 0.01))
    history = open_run(folder_of(name)).history
    curves = {curve["name"]: curve for curve in drawn(page, "collapse_history")}
    for label, column in {
        "β": "beta",
        "rate": "validation_rate",
        "mutual information": "validation_mutual_information",
        "shuffled-z gap": "validation_shuffled_z_gap",
        "active units": "validation_active_units",
    }.items():
        pairs = zip(history["epoch"], history[column], strict=True)
        kept = [(epoch, value) for epoch, value in pairs if value is not None]
        assert list(zip(curves[label]["x"], curves[label]["y"], strict=True)) == kept


@pytest.mark.parametrize("name", (*RUNS, "captions-smooth"))
def test_the_prior_page_shows_the_marginal_kl_with_its_interval(page, address, capsys, name):
    page.goto(f"{address}/prior?run={name}")
    entry = folders.read_metrics(folder_of(name))["marginal_kl"]
    heading = page.get_by_text("Marginal KL: between").first
    heading.wait_for()
    low, high = re.search(r"between (\S+) and (\S+) nats", heading.inner_text()).groups()
    assert (low, high) == (minus(written(entry["low"])), written(entry["high"]))
    page.get_by_text("Not comparable between runs of different rate").wait_for()
    unclear = page.get_by_text("A KL divergence is at least 0").count()
    assert unclear == written(entry["low"]).startswith("-")
    told = printed(folder_of(name), capsys)
    assert told["marginal_kl"] == (high if entry["resolved"] else "not")  # "not resolved (…)"


def test_the_prior_page_shows_what_a_fitted_prior_saves(page, address, capsys, fitted):
    page.goto(f"{address}/prior?run=fitted")
    told = printed(fitted, capsys)["prior_gain"]
    page.get_by_text(f"this prior saves {told} nats of the rate (95% 0.812 to 0.863)").wait_for()


@pytest.mark.parametrize("name", RUNS)
def test_the_plane_of_the_prior_shows_the_sentences_where_the_map_has_them(page, address, name):
    page.goto(f"{address}/prior?run={name}&dots=posterior+means")
    page.get_by_text("Marginal KL: between").first.wait_for()
    sentences = next(item for item in drawn(page, "prior_plane") if item["name"] == "sentences")
    mean = open_run(folder_of(name)).atlas.mean.astype(np.float64)
    centred = mean - mean.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    named = np.linspace(0, len(mean) - 1, min(len(mean), MOST_NAMED)).astype(int)
    shown = named[np.linspace(0, len(named) - 1, min(len(named), MOST_DOTS)).astype(int)]
    along = centred[shown] @ axes[:2].T
    for way, found in ((along[:, 0], sentences["x"]), (along[:, 1], sentences["y"])):
        assert abs(np.corrcoef(way, found)[0, 1]) > 0.999
        assert np.std(found) == pytest.approx(np.std(way), rel=0.02)


@pytest.mark.parametrize("name", RUNS)
def test_the_time_line_of_the_playback_shows_the_history(page, address, name):
    page.goto(f"{address}/playback?run={name}")
    page.locator("[data-loaded]").first.wait_for()
    page.get_by_text("Table of all snapshots").wait_for()
    run = open_run(folder_of(name))
    playback = run.playback
    player = page.get_by_test_id("playback-map")
    player.focus()
    for snapshot, key in ((len(playback) - 1, "End"), (0, "Home"), (1, "ArrowRight")):
        page.keyboard.press(key)
        assert player.evaluate("map => map.state.position") == snapshot
        epoch = float(playback.epoch[snapshot])
        columns = ("beta", "validation_rate", "validation_mutual_information")
        wanted = [short(at(run.history, column, epoch)) for column in columns]
        values = page.get_by_test_id("playback-timeline").locator(".panel-value")
        assert values.all_inner_texts() == wanted
        told = f"variance of the means {short(float(playback.variance[snapshot]))} per dimension"
        page.get_by_text(told).first.wait_for()


def at(history, column, epoch):
    """A figure of the history at an epoch, on the line between two reports; None outside."""
    pairs = zip(history["epoch"], history[column], strict=True)
    known = [(when, value) for when, value in pairs if value is not None]
    if not known[0][0] - 1e-4 <= epoch <= known[-1][0] + 1e-4:
        return None
    return float(np.interp(epoch, *zip(*known, strict=True)))


def short(value):
    """A number as the player writes it."""
    if value is None or value == 0:
        return "" if value is None else "0"
    if abs(value) < 0.001:
        mantissa, power = f"{value:.0e}".split("e")
        return f"{mantissa}e{int(power):+d}".replace("-", "−")
    size = abs(value)
    digits = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 0.1 else 3
    return f"{value:.{digits}f}".replace("-", "−")
