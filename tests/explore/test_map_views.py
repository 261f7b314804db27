"""Laws of every view of a map: positions, latents and neighbours agree, for pages and library."""

import json
import re
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import numpy as np
import pytest

from explorer.cli.main import main
from explorer.errors import ExplorerError
from explorer.explore import map_views
from explorer.explore.colourings import COLOURINGS, available
from explorer.explore.map_views import LATENT_VIEWS, VIEWS, opacity, view_of
from explorer.explore.run import Run, open_run
from explorer.latent_space.neighbours import LatentIndex
from explorer.ui.click import answer
from explorer.ui.session.picks import TextPick


@pytest.fixture(scope="module")
def run(tiny_run: Path) -> Run:
    return open_run(tiny_run)


@pytest.mark.parametrize("name", VIEWS)
def test_the_library_answers_a_click_on_every_view(run: Run, name: str) -> None:
    view = view_of(run, name)
    x, y = view.xy[3].tolist()
    position = run.at(x, y, name)
    (z,), (distance,) = view.latents(np.array([[x, y]]))
    np.testing.assert_allclose(position.z, z, atol=1e-6)
    assert position.distance == pytest.approx(float(distance), abs=1e-5)
    mean = run.needed_atlas.mean
    far = np.linalg.norm(mean - position.z, axis=1)
    assert position.distance == pytest.approx(float(far.min()), abs=1e-4)


@pytest.mark.parametrize("name", VIEWS)
def test_the_command_line_answers_a_click_on_every_view(
    run: Run, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["at", str(run.folder), "-0.5", "0.25", "--view", name, "--json"]) == 0
    found, position = json.loads(capsys.readouterr().out), run.at(-0.5, 0.25, name)
    assert found["text"] == run.decode(position.z[None])[0]
    assert found["nearest"]["index"] == position.nearest
    assert main(["at", str(run.folder), "-0.5", "0.25", "--view", name]) == 0
    assert found["text"] in capsys.readouterr().out


@pytest.mark.parametrize("name", VIEWS)
def test_a_sentence_is_located_at_its_own_position(run: Run, name: str) -> None:
    mean = run.needed_atlas.mean
    xy, distance = run.locate(mean[:20], name)
    assert distance == pytest.approx(np.zeros(20), abs=1e-3)
    # Sentences with the same mean share their neighbours, in the plane of words their mean only.
    if name in LATENT_VIEWS:
        np.testing.assert_allclose(xy, view_of(run, name).xy[:20], atol=1e-2)


def test_a_position_on_the_plane_is_the_latent_point_there(run: Run) -> None:
    xy = np.array([[0.3, -0.2], [1.5, 0.7]])
    z = np.stack([run.at(x, y, "pca").z for x, y in xy.tolist()])
    np.testing.assert_allclose(run.locate(z, "pca")[0], xy, atol=1e-5)


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("x", [np.nan, np.inf])
def test_a_position_without_a_number_is_refused(run: Run, name: str, x: float) -> None:
    with pytest.raises(ExplorerError, match="finite"):
        run.at(x, 0.0, name)


def test_an_unknown_view_is_refused_with_the_names(run: Run) -> None:
    with pytest.raises(ExplorerError, match="'tsne' is not one of umap, pca, words"):
        run.at(0.0, 0.0, "tsne")


def test_a_view_is_cached_and_never_that_of_another_run(run: Run, tiny_run: Path) -> None:
    again = open_run(tiny_run)
    assert again.stamp == run.stamp
    for name in VIEWS:
        assert view_of(run, name) is view_of(run, name)
        assert view_of(again, name) is not view_of(run, name)


def test_the_plane_of_words_follows_the_texts(
    tiny_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = open_run(tiny_run)
    before = view_of(run, "words")
    monkeypatch.setattr(type(run), "texts_are_real", not run.texts_are_real)
    assert view_of(run, "words") is not before


def test_threads_share_one_index(tiny_run: Path) -> None:
    run, barrier, found = open_run(tiny_run), Barrier(4), []

    def ask() -> None:
        barrier.wait()
        found.append(run.map_index)

    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(item) for item in found}) == 1


@pytest.mark.parametrize("name", VIEWS)
def test_a_typed_sentence_is_searched_for_once(
    run: Run, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    view, searches = view_of(run, name), []
    far = answer.locate(run, view, TextPick("a dog runs"))  # fits and indexes what is needed

    def counted(*args: Any, **settings: Any) -> Any:
        searches.append(args)
        return nearest(*args, **settings)

    nearest = LatentIndex.nearest
    monkeypatch.setattr(LatentIndex, "nearest", counted)
    found = answer.locate(run, view, TextPick("a dog runs"))
    assert len(searches) == 1
    assert found.typed is not None and far.typed is not None
    distance = float(run.locate(found.z[None])[1][0])
    assert found.typed.opacity == pytest.approx(opacity(distance, run), abs=1e-4)


@pytest.mark.parametrize("name", COLOURINGS)
def test_every_colouring_has_a_title_and_a_colour_for_every_sentence(run: Run, name: str) -> None:
    colouring = COLOURINGS[name]
    assert colouring.name == name and colouring.help.endswith(".")
    if name not in available(run):
        return
    colours = colouring.colours_of(run)
    assert colours.title == colouring.title and len(colours.ids) == len(run.needed_atlas)
    assert colouring.is_ready(run)
    assert bool(colouring.mark(run)) == colouring.is_linear_baseline


def test_pages_name_no_view() -> None:
    pages = Path(map_views.__file__).parents[1] / "ui"
    for path in pages.rglob("*.py"):
        assert not re.search(r'"(umap|pca)"', path.read_text(encoding="utf-8")), path
