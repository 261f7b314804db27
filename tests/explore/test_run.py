"""Laws of a run: what it draws, and which of two with the same name is meant."""

import dataclasses
import os
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from explorer import config as configs
from explorer.cli.main import main
from explorer.errors import ExplorerError
from explorer.explore.run import open_run
from explorer.latent_space.projections import pca_layout
from explorer.models.decoding_settings import Decoding
from explorer.models.vae import build
from explorer.runs import folder as folders
from explorer.runs import run_files, weights
from explorer.ui.session import open_runs
from tests import tiny

ROOT = Path(__file__).resolve().parents[2]


def test_where_a_sample_lies_says_nothing_about_the_chance_its_words_are_drawn_by(
    tiny_run: Path,
) -> None:
    """Under N(0, I) a sum of two squares is the logarithm of a uniform draw: of another one."""
    run, seeds = open_run(tiny_run), range(200)
    z = np.concatenate([run.prior_samples(1, seed) for seed in seeds])
    words = [torch.rand((), generator=torch.Generator().manual_seed(seed)) for seed in seeds]
    surprise = -2 * np.log1p(-np.array(words))
    squares = z**2
    for i in range(z.shape[1]):
        for j in range(i):
            assert abs(np.corrcoef(squares[:, i] + squares[:, j], surprise)[0, 1]) < 0.4


@pytest.mark.parametrize(
    "change",
    [
        lambda run: run.metrics.update(verdict="healthy"),
        lambda run: run.metrics["rate"].update(value=0),
        lambda run: run.history["rate"].clear(),
        lambda run: run.history.clear(),
        lambda run: run.texts.sort(),
    ],
)
def test_what_a_run_has_read_cannot_be_changed_for_other_readers(
    change: Callable[[Any], object],
) -> None:
    run, other = open_run("captions-codes"), open_run("captions-codes")
    with pytest.raises(TypeError, match="copy"):
        change(run)
    assert (run.metrics, run.history, run.texts) == (other.metrics, other.history, other.texts)


def test_a_seed_gives_the_same_draws_and_leaves_other_chance_alone(tiny_run: Path) -> None:
    run = open_run(tiny_run)
    assert not run.model.training  # open: that draws first weights, all written over
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    assert np.array_equal(run.prior_samples(4, 7), run.prior_samples(4, 7))
    assert not np.array_equal(run.prior_samples(4, 7), run.prior_samples(4, 8))
    assert torch.equal(torch.rand(3), expected)


def test_of_two_runs_with_one_name_the_first_has_the_name_and_the_other_its_path(
    tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "checkpoints", lambda: tmp_path / "checkpoints")
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))
    places = [tmp_path / "here" / "my", tmp_path / "there" / "my"]
    for place in places:
        shutil.copytree(tiny_run, place)
    monkeypatch.setenv("EXPLORER_RUNS", os.pathsep.join(str(place.parent) for place in places))
    assert folders.find("my") == places[0]
    assert open_runs.listing().names == ["my", str(places[1])]
    assert [folders.find(name) for name in open_runs.listing().names] == places
    assert [folders.typed(place) for place in places] == ["my", str(places[1])]
    (places[1] / folders.ATLAS).unlink()
    with pytest.raises(ExplorerError, match=f"explorer atlas {places[1]}"):
        open_run(places[1]).neighbours("a dog")


def test_a_sentence_that_was_cut_has_no_end(tiny_run: Path) -> None:
    run = open_run(tiny_run)
    z = run.prior_samples(20, 3)
    whole = [decoded.tokens for decoded in run.decode_tokens(z)]
    lengths = [len(tokens) - (tokens[-1] == "<eos>") for tokens in whole]
    assert min(lengths) < 60
    for words in (1, 12, min(lengths), min(lengths) + 1):
        decoded = run.decode_tokens(z, Decoding(max_tokens=words))
        for length, one in zip(lengths, decoded, strict=True):
            has_ended = length < words
            assert (one.tokens[-1] == "<eos>") == has_ended
            assert len(one.tokens) == min(length, words) + has_ended
            assert len(one.tokens) == len(one.log_probs) == len(one.gains)


def test_a_count_of_any_size_survives_half_precision(tmp_path: Path, tiny_run: Path) -> None:
    config, vocabulary, _ = weights.load_model(tiny_run)
    latent = {"name": "gaussian", "batch_norm": 0.6}
    model = build(dataclasses.replace(config.model, latent=latent), len(vocabulary))
    model.latent.batch_norm.num_batches_tracked += 10**9
    weights.save(tmp_path, model)
    tensors, _ = weights.read_tensors(tmp_path / folders.WEIGHTS)
    weights.load_tensors(model, tensors, tmp_path / folders.WEIGHTS)
    assert model.latent.batch_norm.num_batches_tracked == 10**9


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda run, z: run.encode("a dog"), "as a list"),
        (lambda run, z: run.reconstruct("a dog"), "as a list"),
        (lambda run, z: run.neighbours(np.nan * z), "finite"),
        (lambda run, z: run.neighbours(z[None]), "numbers, not"),
        (lambda run, z: run.neighbours(z, 0), "k must be between 1 and .*, not 0"),
        (lambda run, z: run.interpolate(z[:1], z), "numbers, not"),
        (lambda run, z: run.analogy(z, z[:1], z), "numbers, not"),
        (lambda run, z: run.sample(-1), "must be between 0"),
    ],
)
def test_what_is_no_sentence_or_point_is_refused_in_one_line(
    tiny_run: Path, ask: Callable[[Any, np.ndarray], object], says: str
) -> None:
    run = open_run(tiny_run)
    with pytest.raises(ExplorerError, match=says) as found:
        ask(run, run.encode(["a"])[0])
    assert "\n" not in str(found.value)


def test_threads_draw_what_one_draws(tiny_run: Path) -> None:
    run = open_run(ROOT / "checkpoints" / "captions-smooth")  # its prior is a mixture
    alone = [run.prior_samples(5, seed) for seed in range(8)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda turn: run.prior_samples(5, turn % 8), range(160)))
    assert all(np.array_equal(z, alone[turn % 8]) for turn, z in enumerate(found))


def test_an_atlas_of_another_model_is_refused(tiny_run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    shutil.copytree(tiny_run, folder)
    shutil.copyfile(ROOT / "checkpoints/captions-floor/atlas.parquet", folder / folders.ATLAS)
    folders.write_checksums(folder)
    with pytest.raises(ExplorerError, match="to another run"):
        open_run(folder).neighbours("a dog")


def test_a_file_is_not_written_over_what_it_is_made_from(
    tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("text,kept\na dog,1\n")
    (tmp_path / "link.csv").symlink_to(path)
    for out in (path, tmp_path / "link.csv"):
        assert main(
            ["encode", str(tiny_run), str(path), "--text-column", "text", "--out", str(out)]
        )
        assert main(["reconstruct", str(tiny_run), "--file", str(path), "--out", str(out)])
    assert capsys.readouterr().err.count("is an input file") == 4
    assert path.read_text() == "text,kept\na dog,1\n"


def test_a_corpus_that_changed_since_the_training_is_mapped_without_playback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Importing umap takes many seconds; the PCA plane is a map too.
    monkeypatch.setattr("explorer.latent_space.projections.umap_layout", pca_layout)
    folder = tiny.build(tmp_path, "changing", epochs=1)
    with Path(configs.read(folder / folders.CONFIG).corpus.path).open("a") as corpus:
        corpus.write("a sentence more,x\n")
    before = (folder / folders.PLAYBACK).read_bytes()
    assert main(["atlas", str(folder)]) == 0
    told = capsys.readouterr().err
    assert "not the training playback" in told
    assert "train the run again" in told
    assert (folder / folders.PLAYBACK).read_bytes() == before
    run = open_run(folder)
    assert "a sentence more" in run.texts


def test_whole_numbers_are_points_like_any_other(tiny_run: Path) -> None:
    run = open_run(tiny_run)
    origin, corner = np.zeros(4, int), np.ones(4, int)
    assert run.path(origin, corner, 5)[:, 0].tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert run.traverse(origin, 0, [0.5, 1.5])[:, 0].tolist() == [0.5, 1.5]
    with pytest.raises(ExplorerError, match="finite"):
        run.path(origin, np.full(4, 1e300), 3)


def test_sentences_may_come_one_after_the_other(tiny_run: Path) -> None:
    run = open_run(tiny_run)
    texts = ["a dog sleeps at home", "a girl sings outside"]
    assert np.array_equal(run.encode(text for text in texts), run.encode(texts))


def test_every_place_of_the_map_that_is_a_number_has_an_answer(tiny_run: Path) -> None:
    run = open_run(tiny_run)
    found = run.at(1e160, 0)
    assert found.empty
    assert np.isfinite(found.z).all()
    for x, y in ((np.nan, 0.0), (0.0, -np.inf)):
        with pytest.raises(ExplorerError, match="finite number"):
            run.at(x, y)


def test_a_corpus_that_is_fetched_while_the_run_is_open_is_read(
    tiny_run: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(run_files, "LOOK_SECONDS", 0.0)
    shutil.copytree(tiny_run, tmp_path / "run")
    recipe, corpus = tmp_path / "run" / folders.CONFIG, tmp_path / "later.csv"
    real = str(tiny_run.parent / "corpus.csv")
    recipe.write_text(recipe.read_text("utf-8").replace(real, str(corpus)), "utf-8")
    run = open_run(tmp_path / "run")
    assert (run.corpus, run.texts_are_real) == (None, False)
    missed = run.search("robot").tolist()
    corpus.write_text("text,label\n" + "".join(f"another {i},x\n" for i in range(20)), "utf-8")
    assert run.corpus is not None and not run.texts_are_real, "a corpus, but not the run's"
    shutil.copyfile(real, corpus)
    assert run.texts_are_real
    assert run.texts == open_run(tiny_run).texts
    assert run.search("robot").tolist() == open_run(tiny_run).search("robot").tolist() != missed


def test_threads_that_ask_at_once_read_a_map_once(tiny_run: Path, monkeypatch) -> None:
    from explorer.latent_space.atlas import Atlas

    run, load, loads = open_run(tiny_run), Atlas.load, []

    def slow(path: Path) -> Atlas:
        loads.append(path)
        time.sleep(0.05)
        return load(path)

    monkeypatch.setattr(Atlas, "load", slow)
    threads = [threading.Thread(target=lambda: run.atlas) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loads) == 1 and run.atlas is run.atlas


def test_a_model_answers_while_the_corpus_is_read(tiny_run: Path, monkeypatch) -> None:
    run, go = open_run(tiny_run), threading.Event()
    monkeypatch.setattr(type(run), "_read_corpus", lambda self: go.wait(60) and None)
    reading = threading.Thread(target=lambda: run.corpus)
    reading.start()
    assert run.model is not None and run.atlas is not None
    assert reading.is_alive()
    go.set()
    reading.join()
