"""Laws of the HTTP routes: right bytes for an opened run, a clear refusal for everything else."""

import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from starlette.applications import Starlette

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of httpx, which the client stands on
    from starlette.testclient import TestClient

from explorer.errors import ExplorerError
from explorer.run import Run
from explorer.space.projections import PCA
from explorer.training import folder as folders
from explorer.ui import opened, routes
from explorer.ui.layouts import layout_of
from explorer.ui.map import scripts
from explorer.ui.map.colours import colours

SCRIPT = "<script>alert(1)</script> & $x^2$"


class FakeRun(Run):
    texts, texts_are_real = (), False

    def __init__(self, stamp="captions-12ab", n=30):
        rng = np.random.default_rng(0)
        self.stamp, self.name = stamp, "captions"
        self.folder = Path("runs/captions")
        self.texts = [SCRIPT] + [f"sentence {i}" for i in range(1, n)]
        region = np.arange(n, dtype=np.int32) % 2
        names = [SimpleNamespace(id=i, name=f"region {i}", x=0.0, y=0.0, size=9) for i in (0, 1)]
        self.atlas = SimpleNamespace(
            xy=rng.normal(size=(n, 2)).astype(np.float32),
            mean=rng.normal(size=(n, 5)).astype(np.float32),
            cluster=region,
            regions=lambda level: region,
            levels=[names],
            split=["train"] * n,
            label=None,
            tokens=np.arange(n, dtype=np.int16),
            rate=np.arange(n, dtype=np.float32),
        )

    def at(self, x, y):
        if x > 100:
            raise ExplorerError("that is too far out")
        z = np.array([x, y], np.float32)
        return SimpleNamespace(z=z, nearest=2, distance=0.5, density=40.0)

    def decode(self, z):
        return [f"decoded {row[0]:.1f} {row[1]:.1f}" for row in z]


@pytest.fixture
def run():
    run = FakeRun()
    opened.remember(run)
    return run


@pytest.fixture(scope="module")
def client():
    with TestClient(Starlette(routes=routes.routes())) as client:
        yield client


def test_points_are_the_atlas_places_as_floats(client, run):
    answer = client.get(routes.points_url(run))
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert np.array_equal(np.frombuffer(answer.content, "<f4").reshape(-1, 2), run.atlas.xy)


def test_the_second_view_is_pca_in_units_of_the_latents(client, run):
    xy = np.frombuffer(client.get(routes.points_url(run, "pca")).content, "<f4").reshape(-1, 2)
    assert xy.shape == run.atlas.xy.shape
    whole = ((run.atlas.mean - run.atlas.mean.mean(0)) ** 2).sum()
    assert 0 < (xy**2).sum() < whole


def test_a_view_is_computed_once_and_is_that_of_the_page(client, run, monkeypatch):
    fitted, fit = [], PCA.fit
    monkeypatch.setattr(PCA, "fit", lambda mean: fitted.append(mean) or fit(mean))
    for _ in range(3):
        answer = client.get(routes.points_url(run, "pca"))
    assert len(fitted) == 1
    assert answer.content == layout_of(run, "pca").xy.astype("<f4").tobytes()


@pytest.mark.parametrize("by", ["cluster", "length", "split", "rate"])
def test_colours_are_those_of_the_legend(client, run, by):
    answer = client.get(routes.colours_url(run, by))
    assert answer.content == colours(run.atlas, by).ids.tobytes()


def test_hover_gives_the_sentence_as_it_is(client, run):
    answer = client.get(routes.hover_url(run), params={"i": 0})
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["text"] == SCRIPT
    assert "the model's words" in answer.json()["note"]


def test_a_place_decodes(client, run):
    answer = client.get("/api/runs/captions-12ab/decode", params={"x": 1, "y": 2.5})
    assert answer.json()["text"] == "decoded 1.0 2.5"
    assert answer.json()["nearest_text"] == run.texts[2]


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
        ("captions-12ab/decode?x=1", 400),
        ("captions-12ab/decode?x=nan&y=0", 400),
        ("captions-12ab/decode?x=1&y=inf", 400),
        ("captions-12ab/decode?x=1e160&y=0", 400),
        ("captions-12ab/decode?x=0&y=-1000001", 400),
        ("captions-12ab/decode?x=101&y=0", 422),
    ],
)
def test_what_cannot_be_answered_is_refused_in_one_line(client, run, address, status):
    answer = client.get(f"/api/runs/{address}")
    assert answer.status_code == status
    if answer.headers["content-type"] == "application/json":
        assert answer.json()["error"]
        assert answer.headers["cache-control"] == "no-store"


def test_other_sites_are_refused(client, run):
    answer = client.get(routes.points_url(run), headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


def test_a_run_without_a_map_says_which_command_makes_one(client):
    run = FakeRun("bare-1")
    run.atlas = None
    opened.remember(run)
    answer = client.get(routes.points_url(run))
    assert answer.status_code == 404
    assert answer.json()["error"] == folders.no_map(run.folder)


def test_a_stamp_with_a_slash_or_space_is_one_part_of_the_address(run):
    assert routes.points_url(FakeRun("my run-1")).startswith("/api/runs/my%20run-1/")


def test_scripts_are_served_under_their_version_only(client):
    good = client.get(f"/api/ui/{scripts.version()}/map.js")
    assert good.headers["content-type"].startswith("text/javascript")
    assert client.get("/api/ui/000000000000/map.js").status_code == 404
    assert client.get(f"/api/ui/{scripts.version()}/..%2Fscripts.py").status_code == 404


def test_nothing_but_get_is_answered(client, run):
    assert client.post(routes.points_url(run)).status_code == 405
