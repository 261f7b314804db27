"""PCA, k-means and a mixture on a run's sentences: their laws, their figures, their map."""

import json
import time
from pathlib import Path

import numpy as np
import pytest

from explorer.cli.main import main
from explorer.errors import ExplorerError
from explorer.explore.baseline_fit import baseline_metrics, linear_baselines
from explorer.explore.colourings import COLOURINGS
from explorer.explore.map_views import WordsView
from explorer.explore.point_colours import NO_CLASS
from explorer.explore.run import open_run
from explorer.latent_space.linear_baselines import (
    BASELINES,
    KMeans,
    LinearAutoencoder,
    Mixture,
    WordVectors,
)
from explorer.ui.session.picks import MapPick
from explorer.ui.session.url import page_file
from tests.ui.conftest import app, runs
from tests.ui.test_pages import Open, said

__all__ = ["app", "runs"]  # fixtures
BASELINE_COLOURINGS = [name for name, item in COLOURINGS.items() if item.is_linear_baseline]


def cloud(rows: int = 300, size: int = 6) -> np.ndarray:
    """Correlated rows of unequal variance."""
    source = np.random.default_rng(0)
    return source.normal(size=(rows, size)) @ source.normal(size=(size, size)) + 3


def blobs(spread: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    """Well separated groups, and which row is of which."""
    source = np.random.default_rng(1)
    centres = np.array([[0.0, 0, 0], [4, 0, 0], [0, 5, 0], [0, 0, 6]])
    group = np.repeat(np.arange(4), [40, 30, 20, 10])
    return centres[group] + spread * source.normal(size=(100, 3)), group


def same_partition(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two groupings differ in the names of the groups at most."""
    return bool(((one[:, None] == one) == (other[:, None] == other)).all())


# Laws.


@pytest.mark.parametrize("size", [1, 3, 5])
def test_the_error_of_pca_is_the_sum_of_the_eigenvalues_it_leaves_out(size: int) -> None:
    rows = cloud()
    values = np.linalg.eigvalsh(np.cov(rows.T, bias=True))[::-1]
    model = LinearAutoencoder.fit(rows, size)
    assert model.value(rows) == pytest.approx(values[size:].sum(), rel=1e-9, abs=1e-9)


def test_pca_projects_on_the_plane_of_its_axes() -> None:
    rows = cloud()
    model = LinearAutoencoder.fit(rows, 2)
    decoded = model.reconstruct(rows)
    assert np.allclose(model.axes @ model.axes.T, np.eye(2))
    assert np.allclose(model.reconstruct(decoded), decoded)
    assert np.allclose((rows - decoded) @ model.axes.T, 0)


def test_pca_is_where_a_trained_linear_autoencoder_ends() -> None:
    rows = cloud()
    centred = rows - rows.mean(0)
    decoder = np.random.default_rng(2).normal(size=(6, 2))
    codes = centred @ decoder
    for _ in range(500):  # least squares for one half at a time
        codes = centred @ decoder @ np.linalg.inv(decoder.T @ decoder)
        decoder = np.linalg.lstsq(codes, centred, rcond=None)[0].T
    error = ((centred - codes @ decoder.T) ** 2).sum(1).mean()
    best = LinearAutoencoder.fit(rows, 2)
    assert best.value(rows) == pytest.approx(error, rel=1e-6)
    plane = best.axes.T @ best.axes
    assert np.allclose(plane, decoder @ np.linalg.pinv(decoder), atol=1e-3)


def test_k_means_is_em_with_one_shared_variance_that_shrinks_to_nothing() -> None:
    rows, group = blobs(spread=0.6)
    model = KMeans.fit(rows, 4)
    means = model.centres + 0.3 * np.random.default_rng(3).normal(size=model.centres.shape)
    share = np.zeros((len(rows), 4))
    for variance in (1.0, 0.1, 0.01, 1e-4, 1e-6):
        for _ in range(20):
            scores = -((rows[:, None] - means) ** 2).sum(2) / (2 * variance)
            share = np.exp(scores - scores.max(1, keepdims=True))
            share /= share.sum(1, keepdims=True)
            means = share.T @ rows / share.sum(0)[:, None]
    assert np.array_equal(share, share.round())
    assert np.array_equal(share.argmax(1), model.groups(rows))
    assert np.allclose(means, model.centres)
    assert same_partition(model.groups(rows), group)


def test_k_means_and_the_mixture_agree_on_well_separated_groups() -> None:
    rows, group = blobs()
    hard, soft = KMeans.fit(rows, 4), Mixture.fit(rows, 4)
    assert same_partition(hard.groups(rows), group)
    assert same_partition(soft.groups(rows), group)
    assert np.allclose(hard.reconstruct(rows)[np.argsort(group)][:40], hard.centres[0])
    assert np.allclose(soft.codes(rows).max(1), 1.0)


def test_the_likelihood_never_falls_from_one_step_of_em_to_the_next() -> None:
    rows = cloud(200, 3)
    found = [Mixture.fit(rows, 5, iterations=count).value(rows) for count in range(1, 25)]
    assert (np.diff(found) >= -1e-6).all()
    assert found[-1] > found[0] + 1e-3


@pytest.mark.parametrize("name", BASELINES)
def test_each_ancestor_gains_by_size_what_it_optimises(name: str) -> None:
    rows, _ = blobs()
    small, large = (BASELINES[name].fit(rows, size).value(rows) for size in (1, 3))
    assert large > small if name == "mixture" else large < small


def test_there_are_no_more_groups_than_different_sentences() -> None:
    rows = np.repeat(np.eye(3), 5, axis=0)
    for name in ("k-means", "mixture"):
        model = BASELINES[name].fit(rows, 12)
        assert model.codes(rows).shape == (15, 3)


def test_sentences_without_a_word_are_refused_in_words() -> None:
    with pytest.raises(ExplorerError, match="no words"):
        WordVectors(["!?", "…"])


# Of a run.


def test_the_command_prints_what_each_comes_to(
    runs: Path, tiny_run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ancestors", str(tiny_run), "--components", "3", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["sentences_are_real"] and found["held_out"] > 0
    assert found["ancestors"]["pca"]["code"] == found["vae"]["code"] == 4
    assert 0 < found["ancestors"]["pca"]["explained"] <= 1
    assert found["ancestors"]["pca"]["retrieval_p1"] is None
    assert main(["ancestors", str(tiny_run)]) == 0
    text = capsys.readouterr().out
    assert "linear autoencoder" in text and "hard EM" in text and "4 numbers" in text
    assert main(["ancestors", str(tiny_run), "--components", "1"]) == 1
    assert "1 components" in capsys.readouterr().err


def test_without_the_corpus_the_models_own_words_are_used(
    tiny_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = open_run(tiny_run)
    monkeypatch.setattr(type(run), "corpus", None)
    found = linear_baselines(run)
    assert not found.is_real
    assert run.atlas is not None and set(found.train) <= set(run.atlas.reconstruction)
    assert baseline_metrics(found)["sentences_are_real"] is False


def test_captions_of_one_image_are_retrieved_by_the_codes(tiny_run: Path) -> None:
    run = open_run(tiny_run)
    found = linear_baselines(run)
    twice = [text for text in found.held_out for _ in range(2)]
    groups = [number // 2 for number in range(len(twice))]
    object.__setattr__(found, "held_out", twice)
    object.__setattr__(found, "groups", groups)
    entries = baseline_metrics(found)["ancestors"]
    assert entries["pca"]["retrieval_r10"] == pytest.approx(1.0, abs=0.2)
    assert 0 < entries["k-means"]["retrieval_p1"] < 1, "a cluster holds others too"


@pytest.mark.parametrize("by", BASELINE_COLOURINGS)
def test_the_map_is_coloured_by_an_ancestor_and_says_what_it_is(app: Open, by: str) -> None:
    at = app(colour=by.capitalize())
    assert not at.error
    assert at.selectbox(key="colour").value == by
    for _ in range(300):
        text = said(at).replace("\\", "")
        if "explorer ancestors tiny" in text:
            break
        time.sleep(0.1)  # it is fitted beside the page
        at.run()
    assert "explorer ancestors tiny" in text and "training sentences" in text


def test_every_sentence_has_a_colour_and_every_colour_a_name(tiny_run: Path) -> None:
    run = open_run(tiny_run)
    for by in BASELINE_COLOURINGS:
        found = COLOURINGS[by].colours_of(run)
        assert NO_CLASS not in found.ids
        assert set(found.ids.tolist()) == {entry.id for entry in found.legend}
        assert len({entry.name for entry in found.legend}) == len(found.legend)


def test_a_place_on_the_plane_of_the_words_is_decoded(app: Open) -> None:
    at = app(pick=MapPick(0.1, 0.1), layout=WordsView.title)
    assert not at.error
    assert at.session_state["layout"] == WordsView.name
    assert "linear autoencoder" in said(at)
    assert "Empty location" in said(at)


def test_the_plane_of_the_words_is_not_moved_by_the_model(tiny_run: Path) -> None:
    run = open_run(tiny_run)
    layout = WordsView.of(run)
    texts = np.array(run.texts)
    assert layout.xy.shape == (len(texts), 2) and not layout.ellipses
    twins = {text: layout.xy[texts == text] for text in set(run.texts)}
    assert all(np.allclose(places, places[0], atol=1e-6) for places in twins.values())


def test_what_only_the_map_offers_does_not_break_other_pages(app: Open) -> None:
    at = app(colour="Mixture", layout=WordsView.title)
    for page in ("compare", "paths", "arithmetic", "playback", "prior"):
        at.switch_page(str(page_file(page))).run()
        assert not at.exception, page
