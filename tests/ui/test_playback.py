"""Laws of the playback's page, routes and tables."""

import dataclasses
import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest
from starlette.applications import Starlette
from streamlit.testing.v1 import AppTest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of httpx, which the client stands on
    from starlette.testclient import TestClient

from explorer.explore import playback_story
from explorer.explore.run import open_run
from explorer.map_component.player_spec import Moment, read_moment
from explorer.runs import folder as folders
from explorer.ui.http import routes
from explorer.ui.map import urls
from explorer.ui.playback import charts
from explorer.ui.session import open_runs
from explorer.ui.session.url import page_file
from tests.browser.filmed import SNAPSHOTS, TOLD, film

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def folder(tiny_run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("filmed") / "tiny"
    shutil.copytree(tiny_run, folder)
    return film(folder)


@pytest.fixture
def run(folder):
    run = open_run(folder)
    open_runs.remember(run)
    return run


@pytest.fixture
def app(monkeypatch, tmp_path, folder):
    """Opens the playback's page: on the filmed run, or on another."""
    monkeypatch.setattr(folders, "checkpoints", lambda: tmp_path / "none")
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))

    def start(runs=folder, session=None, **address):
        monkeypatch.setenv("EXPLORER_RUNS", str(runs))
        at = AppTest.from_file(ROOT / "app.py", default_timeout=60)
        for key, value in address.items():
            at.query_params[key] = value
        for key, value in (session or {}).items():
            at.session_state[key] = value
        at.run()
        at.switch_page(str(page_file("playback"))).run()
        assert not at.exception
        return at

    return start


def said(at):
    kinds = ("markdown", "caption", "info", "error", "title", "code")
    return "\n".join(str(item.value) for kind in kinds for item in at.get(kind))


def test_a_run_with_snapshots_is_played(app):
    at = app()
    assert not at.error
    assert "playback" in at.title[0].value
    assert "widest" in said(at)


def test_a_run_without_snapshots_says_how_to_get_them(app, tiny_run, tmp_path):
    bare = tmp_path / "bare"
    shutil.copytree(tiny_run, bare)
    (bare / folders.PLAYBACK).unlink(missing_ok=True)
    folders.write_checksums(bare)
    at = app(bare)
    assert "no playback" in at.info[0].value
    assert at.code[0].value == "explorer train bare --restart"


def test_a_damaged_playback_is_an_error_that_names_it(app, folder, tmp_path):
    bad = tmp_path / "bad"
    shutil.copytree(folder, bad)
    (bad / folders.PLAYBACK).write_bytes(b"PAR1")
    at = app(bad)
    assert "checksum" in at.error[0].value


def test_a_link_reopens_the_moment_and_the_pinned_sentence(app, run):
    row = int(run.playback.row[2])
    at = app(epoch="1.5", row=str(row))
    assert at.session_state["_playback_epoch"] == 1.5
    assert f"(row {row})" in at.expander[0].label


@pytest.mark.parametrize(
    "address",
    [
        {"epoch": "nan", "row": "-1"},
        {"epoch": "1e999", "row": "99999999999"},
        {"epoch": "<b>", "row": "²"},
        {"epoch": "", "row": "../x"},
    ],
)
def test_a_broken_link_starts_at_the_end_with_nothing_pinned(app, run, address):
    at = app(**address)
    assert not at.error
    assert at.session_state["_playback_epoch"] == run.playback.epoch[-1]
    assert not any("trail" in item.label for item in at.expander)


def test_what_is_picked_on_the_map_is_pinned(app, run):
    from explorer.ui.session.picks import SentencePick

    at = app(session={"_pick": SentencePick(4)})
    assert f"(row {int(run.playback.row[4])})" in at.expander[0].label


def test_a_sentence_kept_with_its_words_can_be_pinned_by_them(app, run):
    at = app()
    chooser = next(box for box in at.selectbox if "Pin one" in box.label)
    assert len(chooser.options) == TOLD
    chooser.select_index(3).run()
    assert not at.exception
    assert at.session_state["_playback_asked"].index == 3


@pytest.mark.parametrize("key", ["playback_trail", "playback_numbers", "playback_picture"])
def test_tables_and_picture_are_there_when_opened(app, run, key):
    at = app(row=str(int(run.playback.row[0])), session={key: True})
    assert not at.error
    assert len(at.dataframe) == (0 if key == "playback_picture" else 1)


def test_the_trail_is_the_places_and_the_words_of_the_sentence(run):
    table = playback_story.trail_table(run, 1)
    xy = np.stack([table["x"], table["y"]], axis=1)
    np.testing.assert_allclose(xy, run.playback.xy[:, 1], atol=1e-4)
    assert table["reconstruction"] == run.playback.reconstruction[int(run.playback.row[1])]
    assert "reconstruction" not in playback_story.trail_table(run, TOLD)
    assert len(playback_story.snapshot_table(run)["rate (nats)"]) == SNAPSHOTS


def test_the_texts_are_the_corpus_and_without_it_the_models_own(run, folder, tmp_path):
    text, is_real = playback_story.text_of(run, 0)
    assert is_real and text == run.corpus.sentences[int(run.playback.row[0])]
    away = tmp_path / "away"
    shutil.copytree(folder, away)
    recipe = away / folders.CONFIG
    recipe.write_text(recipe.read_text("utf-8").replace("corpus.csv", "gone.csv"), "utf-8")
    other = open_run(away)
    assert playback_story.text_of(other, 0) == (other.atlas.reconstruction[0], False)
    assert "not installed" in playback_story.sentence(other, 0)["note"]


def test_points_are_coloured_by_the_regions_of_the_map_or_else_by_split(run, folder):
    assert playback_story.colour_choices(run)[0] == "cluster"
    assert playback_story.colours_of(run, "cluster").ids.tolist() == run_colours(run)
    bare = open_run(folder)
    vars(bare)["atlas"] = None
    assert playback_story.colour_choices(bare) == ["split"]
    assert len(playback_story.colours_of(bare, "split").ids) == len(bare.playback.row)
    assert (playback_story.atlas_rows(bare) == -1).all()


def run_colours(run):
    from explorer.explore.point_colours import colours

    return colours(run.atlas, "cluster").ids.tolist()


def test_regions_of_a_map_that_is_noise_do_not_come_first(folder):
    run = open_run(folder)
    vars(run)["atlas"] = dataclasses.replace(run.atlas, layout_is_noise=True)
    assert playback_story.colour_choices(run)[0] == "length"


def test_the_story_tells_a_cloud_that_collapsed_from_one_that_did_not(run):
    playback = run.playback

    def told(variance):
        return playback_story.story(dataclasses.replace(playback, variance=np.float32(variance)))

    assert "collapses" in told([0.5, 1.0, 0.2, 0.1, 0.0001])
    assert "never spreads" in told([0.001] * SNAPSHOTS)
    assert "widest in the end" in told([0.1, 0.2, 0.3, 0.4, 0.5])
    assert "ends at 0.4" in told([0.1, 0.9, 0.5, 0.4, 0.4])


def test_a_figure_that_nobody_reported_at_a_snapshot_is_left_out(run):
    epochs = run.playback.epoch.tolist()
    run.history = {"epoch": epochs[1:], "rate": [float(k) for k in range(1, SNAPSHOTS)]}
    assert playback_story.snapshot_table(run)["rate (nats)"] == [None, *run.history["rate"]]
    assert playback_story.snapshot_table(run)["mutual information (nats)"] == [None] * SNAPSHOTS


def test_a_training_that_went_on_without_snapshots_says_so(run):
    end = float(run.playback.epoch[-1])
    run.history = {"epoch": [end], "beta": [1.0]}
    assert playback_story.ending(run) == ""
    run.history = {"epoch": [end, end + 3], "beta": [1.0, 1.0]}
    assert "the last 3 epochs of the training recorded none" in playback_story.ending(run)


def test_a_picture_is_as_wide_as_its_moment_and_the_priors_circles(run):
    playback = run.playback
    reach = [
        charts.moment(run, epoch, "length").layout.xaxis.range[1]
        for epoch in playback.epoch.tolist()
    ]
    circle = max(abs(item.x) + item.rx for item in playback_story.ellipses(run))
    assert reach[0] < reach[-1]
    for xy, seen in zip(playback.xy, reach, strict=True):
        assert seen >= max(np.abs(xy).max(), circle)


def test_a_moment_between_snapshots_lies_on_the_line_between_them(run):
    playback = run.playback
    middle = (playback.epoch[1] + playback.epoch[2]) / 2
    expected = (playback.xy[1] + playback.xy[2]) / 2
    np.testing.assert_allclose(playback.positions(float(middle)), expected, atol=1e-5)
    np.testing.assert_array_equal(playback.positions(-5), playback.xy[0])
    np.testing.assert_array_equal(playback.positions(99), playback.xy[-1])


def test_the_picture_and_the_film_hold_every_sentence(run):
    picture = charts.moment(run, 1.2, "cluster", 0)
    clouds = [trace for trace in picture.data if trace.mode == "markers"]
    assert sum(len(trace.x) for trace in clouds) == len(run.playback.row)
    assert {trace.type for trace in picture.data} == {"scatter"}
    film_ = charts.film(run, "length")
    assert len(film_.frames) == SNAPSHOTS
    assert len({len(frame.data) for frame in film_.frames}) == 1


@pytest.mark.parametrize("payload", [None, 3, {}, {"epoch": "1", "index": 0}, {"epoch": 1.0}])
def test_what_no_player_sends_is_no_moment(payload):
    assert read_moment(payload) is None
    assert read_moment({"epoch": 1, "index": 2}) == Moment(1.0, 2)


@pytest.mark.parametrize("text", ["", "nan", "x", "1,5", "inf"])
def test_an_epoch_that_is_no_number_means_the_end(text):
    assert playback_story.read_epoch(text) == float("inf")
    assert playback_story.read_epoch("1.5") == 1.5


# Routes.


@pytest.fixture(scope="module")
def client():
    with TestClient(Starlette(routes=routes.routes())) as client:
        yield client


def test_the_places_are_those_of_all_snapshots_and_kept_for_good(client, run):
    answer = client.get(urls.playback_url(run, "places"))
    found = np.frombuffer(answer.content, "<f4").reshape(run.playback.xy.shape)
    np.testing.assert_array_equal(found, run.playback.xy)
    assert "immutable" in answer.headers["cache-control"]
    colours = client.get(f"{urls.playback_url(run, 'colours')}?by=length")
    assert len(colours.content) == len(run.playback.row)


def test_a_sentence_comes_with_its_reconstructions_where_it_has_them(client, run):
    address = urls.playback_url(run, "sentence")
    first = client.get(f"{address}?i=0").json()
    assert first["text"] == run.corpus.sentences[int(run.playback.row[0])]
    assert len(first["reconstructions"]) == SNAPSHOTS
    assert client.get(f"{address}?i={TOLD}").json()["reconstructions"] is None


@pytest.mark.parametrize(
    ("what", "status"),
    [
        ("sentence?i=-1", 404),
        ("sentence?i=999999", 404),
        ("sentence?i=x", 400),
        ("colours?by=nothing", 400),
        ("colours", 400),
    ],
)
def test_what_is_not_there_is_refused(client, run, what, status):
    answer = client.get(urls.playback_url(run, what))
    assert answer.status_code == status
    assert answer.json()["error"]


def test_a_playback_that_is_not_the_runs_is_refused(client, run):
    address = urls.playback_url(run, "places").replace(run.playback.mark, "0" * 12)
    assert client.get(address).status_code == 404
    assert client.get(address.replace(run.stamp, "other")).status_code == 404
