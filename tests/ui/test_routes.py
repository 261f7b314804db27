"""Laws of the HTTP routes: right bytes for an opened run, a clear refusal for everything else."""

import warnings
from pathlib import Path
from threading import RLock
from types import SimpleNamespace

import numpy as np
import pytest
from starlette.applications import Starlette

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of httpx, which the client stands on
    from starlette.testclient import TestClient

from explorer.errors import ExplorerError
from explorer.explore.aligned_maps import aligned
from explorer.explore.map_views import opacity, relative_distance, view_of
from explorer.explore.point_colours import colours
from explorer.explore.run import Run
from explorer.latent_space.neighbours import LatentIndex
from explorer.latent_space.projections import PCA
from explorer.models.decoding_settings import Decoding
from explorer.runs import folder as folders
from explorer.ui.http import routes
from explorer.ui.map import scripts, urls
from explorer.ui.session import open_runs

SCRIPT = "<script>alert(1)</script> & $x^2$"


class FakeRun(Run):
    texts, texts_are_real = (), False
    config = SimpleNamespace(corpus=SimpleNamespace(name="test", tokens="words"))

    def __init__(self, stamp="captions-12ab", n=30):
        rng = np.random.default_rng(0)
        self.stamp, self.name = stamp, "captions"
        self.folder, self._lock = Path("runs/captions"), RLock()
        self.texts = [SCRIPT] + [f"sentence {i}" for i in range(1, n)]
        region = np.arange(n, dtype=np.int32) % 2
        names = [SimpleNamespace(id=i, name=f"region {i}", x=0.0, y=0.0, size=9) for i in (0, 1)]
        mean = rng.normal(size=(n, 5)).astype(np.float32)
        self.atlas = SimpleNamespace(
            xy=rng.normal(size=(n, 2)).astype(np.float32),
            mean=mean,
            index=LatentIndex(mean),
            scale=np.ones((n, 5), np.float32),
            corpus_checksum="same",
            row=np.arange(n),
            cluster=region,
            regions=lambda level: region,
            levels=[names],
            split=["train"] * n,
            label=None,
            tokens=np.arange(n, dtype=np.int16),
            rate=np.arange(n, dtype=np.float32),
            distortion=np.arange(n, dtype=np.float32),
        )

    has_latent = True

    def decode(self, z, decoding=None):
        if decoding.label == "nobody's":
            raise ExplorerError("there is no such label")
        label = f" {decoding.label} {decoding.strength}" if decoding.label else ""
        return [f"decoded {row[0]:.3f}{label}" for row in z]


@pytest.fixture
def run():
    run = FakeRun()
    open_runs.remember(run)
    return run


@pytest.fixture(scope="module")
def client():
    with TestClient(Starlette(routes=routes.routes())) as client:
        yield client


def test_points_are_the_atlas_places_as_floats(client, run):
    answer = client.get(urls.points_url(run))
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert np.array_equal(np.frombuffer(answer.content, "<f4").reshape(-1, 2), run.atlas.xy)


def test_the_second_view_is_pca_in_units_of_the_latents(client, run):
    xy = np.frombuffer(client.get(urls.points_url(run, "pca")).content, "<f4").reshape(-1, 2)
    assert xy.shape == run.atlas.xy.shape
    whole = ((run.atlas.mean - run.atlas.mean.mean(0)) ** 2).sum()
    assert 0 < (xy**2).sum() < whole


def test_a_view_is_computed_once_and_is_that_of_the_page(client, run, monkeypatch):
    fitted, fit = [], PCA.fit
    monkeypatch.setattr(PCA, "fit", lambda mean: fitted.append(mean) or fit(mean))
    for _ in range(3):
        answer = client.get(urls.points_url(run, "pca"))
    assert len(fitted) == 1
    assert answer.content == view_of(run, "pca").xy.astype("<f4").tobytes()


@pytest.mark.parametrize("by", ["cluster", "length", "split", "rate"])
def test_colours_are_those_of_the_legend(client, run, by):
    answer = client.get(urls.colours_url(run, by))
    assert answer.content == colours(run.atlas, by).ids.tobytes()


def test_hover_gives_the_sentence_as_it_is(client, run):
    answer = client.get(urls.hover_url(run), params={"i": 0})
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["text"] == SCRIPT
    assert "its reconstruction" in answer.json()["note"]


@pytest.mark.parametrize("view", ["umap", "pca"])
def test_places_say_what_a_click_there_says(client, run, view):
    there = view_of(run, view)
    asked = [(0.5, 0.25), (-3.0, 40.0), tuple(there.xy[3].tolist())]
    at = ";".join(f"{x},{y}" for x, y in asked)
    answer = client.get(f"{urls.decode_url(run, view, Decoding())}&at={at}").json()
    clicked = [there.at(x, y) for x, y in asked]
    assert [item["text"] for item in answer] == run.decode(
        np.stack([place.z for place in clicked]), Decoding()
    )
    seen = [item["opacity"] for item in answer]
    assert seen == pytest.approx([opacity(place.distance, run) for place in clicked], abs=0.006)
    assert seen[2] == 1.0, "a sentence's own place is as clear as can be"
    gaps = [relative_distance(place.distance, run) for place in clicked]
    assert [item["distance"] for item in answer] == pytest.approx(gaps, abs=0.006)


def test_a_map_laid_onto_another_says_what_it_says_where_its_sentences_went(client, run):
    other = FakeRun("other-34cd")
    turn = np.array([[0.0, 2.0], [-2.0, 0.0]], np.float32)
    other.atlas.xy = (run.atlas.xy @ turn + np.array([5.0, 1.0])).astype(np.float32)
    open_runs.remember(other)
    x, y = aligned(other, run, "umap").xy[7]
    assert (x, y) == pytest.approx(tuple(run.atlas.xy[7]), abs=1e-4)
    url = urls.decode_url(other, "umap", Decoding(), run)
    (answer,) = client.get(f"{url}&at={x},{y}").json()
    assert answer["text"] == f"decoded {other.atlas.mean[7, 0]:.3f}"


def test_a_conditional_model_is_told_the_label(client, run):
    url = urls.decode_url(run, "umap", Decoding(label="a & b", strength=1.5))
    assert client.get(f"{url}&at=0,0").json()[0]["text"].endswith(" a & b 1.5")


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("nobody/points", 404),
        ("..%2F..%2Fetc%2Fpasswd/points", 404),
        ("captions-12ab/points?view=3d", 400),
        ("captions-12ab/colours?by=label", 400),
        ("captions-12ab/colours?by=__class__", 400),
        ("captions-12ab/hover", 400),
        ("captions-12ab/hover?i=x", 400),
        ("captions-12ab/hover?i=-1", 404),
        ("captions-12ab/hover?i=30", 404),
        ("captions-12ab/decode", 400),
        ("captions-12ab/decode?at=1", 400),
        ("captions-12ab/decode?at=1,2;", 400),
        ("captions-12ab/decode?at=1,2,3", 400),
        ("captions-12ab/decode?at=nan,0", 400),
        ("captions-12ab/decode?at=1,inf", 400),
        ("captions-12ab/decode?at=1e160,0", 400),
        ("captions-12ab/decode?at=0,-1000001", 400),
        ("captions-12ab/decode?at=" + ";".join(["0,0"] * 65), 400),
        ("captions-12ab/decode?at=0,0&view=3d", 400),
        ("captions-12ab/decode?at=0,0&onto=nobody", 404),
        ("captions-12ab/decode?at=0,0&label=nobody%27s", 422),
        ("captions-12ab/decode?at=0,0&label=x&strength=nan", 422),
        ("captions-12ab/decode?at=0,0&strength=much", 400),
    ],
)
def test_what_cannot_be_answered_is_refused_in_one_line(client, run, address, status):
    answer = client.get(f"/api/runs/{address}")
    assert answer.status_code == status
    if answer.headers["content-type"] == "application/json":
        assert answer.json()["error"]
        assert answer.headers["cache-control"] == "no-store"


def test_other_sites_are_refused(client, run):
    answer = client.get(urls.points_url(run), headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


def test_a_run_without_a_map_says_which_command_makes_one(client):
    run = FakeRun("bare-1")
    run.atlas = None
    open_runs.remember(run)
    answer = client.get(urls.points_url(run))
    assert answer.status_code == 404
    assert answer.json()["error"] == folders.no_map(run.folder)


def test_a_stamp_with_a_slash_or_space_is_one_part_of_the_address(run):
    assert urls.points_url(FakeRun("my run-1")).startswith("/api/runs/my%20run-1/")


def test_scripts_are_served_under_their_version_only(client):
    good = client.get(f"/api/ui/{scripts.version()}/map.js")
    assert good.headers["content-type"].startswith("text/javascript")
    assert client.get("/api/ui/000000000000/map.js").status_code == 404
    assert client.get(f"/api/ui/{scripts.version()}/..%2Fscripts.py").status_code == 404


def test_nothing_but_get_is_answered(client, run):
    assert client.post(urls.points_url(run)).status_code == 405
