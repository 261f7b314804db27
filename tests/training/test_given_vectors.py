"""From a file with vectors to a trained run: recipe, training, evaluation, another prior."""

import csv
import json
from unittest import mock

import numpy as np
import pytest
import torch

from explorer import config as configs
from explorer import pipeline
from explorer.cli.main import main
from explorer.errors import ExplorerError
from explorer.explore.run import open_run
from explorer.latent_space.projections import pca_layout
from explorer.runs import folder as folders
from tests import given, tiny


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(folders, "checkpoints", lambda: tmp_path / "checkpoints")


def recipe(folder):
    return configs.read(folder / folders.CONFIG)


def test_the_recipe_is_of_the_vectors_and_knows_an_encoder_at_hand(tmp_path, monkeypatch, capsys):
    corpus = given.write(tmp_path / "a.parquet", 60)
    plain = given.new(tmp_path / "plain", corpus, "--vector-column", "embedding")
    model = recipe(plain).model
    assert (model.latent["name"], model.latent_dim) == ("vectors", given.DIM)
    assert model.encoder["norm"] == pytest.approx(3, abs=0.01) and "source" not in model.encoder
    assert "typed text needs their encoder" in capsys.readouterr().out
    given.register(monkeypatch)
    known = given.new(tmp_path / "known", corpus, "--vector-column", "embedding")
    assert recipe(known).model.encoder["source"] == given.NAME
    made = given.new(tmp_path / "made", corpus, "--encoder", given.NAME, "--prior", "flow")
    assert recipe(made).model.encoder["norm"] == 1.0
    assert recipe(made).training.fit_prior["name"] == "flow"


def test_vectors_of_another_encoder_are_noticed(tmp_path, monkeypatch, capsys):
    given.register(monkeypatch)
    corpus, array = given.write(tmp_path / "a.parquet", 60), tmp_path / "a.npy"
    np.save(array, np.random.default_rng(0).normal(size=(65, given.DIM)))
    base = ["new", str(tmp_path / "run"), "--corpus", str(corpus), "--text-column", "text"]
    base += ["--vectors", str(array)]
    refusals = {
        "differ": [*base, "--encoder", given.NAME],
        "there is no": [*base, "--encoder", str(tmp_path / "nowhere")],
        "--latent sphere": [*base, "--latent", "sphere"],
        "give its vectors too": [*base[:6], "--encoder", str(tmp_path)],
    }
    for reason, command in refusals.items():
        assert main(command) == 1
        assert reason in capsys.readouterr().err
    assert not (tmp_path / "run" / folders.CONFIG).exists()


def test_rows_without_a_vector_are_listed_by_new(tmp_path, capsys):
    path = tmp_path / "a.jsonl"
    texts = tiny.sentences(30)
    rows = [{"text": text, "e": [0.5] * 8 + [len(text)]} for text in texts]
    rows[4]["e"] = [0.5] * 8
    rows[9]["e"] = None
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    given.new(tmp_path / "run", path, "--vector-column", "e")
    said = capsys.readouterr()
    assert "33 sentences" in said.out and "vectors 9 dimensions" in said.out
    assert "row 5: its vector has 8 numbers, the others 9" in said.err
    assert "row 10: it has no vector" in said.err


def test_a_second_encoder_of_another_size_in_numbered_columns_works_unchanged(tmp_path):
    texts = tiny.sentences(60)
    vectors = np.random.default_rng(1).normal(size=(len(texts), 8))
    path = tmp_path / "wide.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["text", *(f"dim_{number}" for number in range(8))])
        table.writerows([text, *row] for text, row in zip(texts, vectors, strict=True))
    folder = given.new(
        tmp_path / "wide", path, "--vector-column", "dim_", "--set", "training.epochs=1"
    )
    list(pipeline.train(folder, "cpu"))
    with mock.patch("explorer.latent_space.projections.umap_layout", pca_layout):
        pipeline.make_atlas(folder)
    run = open_run(folder)
    assert run.atlas.mean.shape == (len(texts), 8)
    assert len(run.interpolate(texts[5], texts[9], 4)) == 4 and len(run.sample(2)) == 2


def test_a_resumed_training_is_the_one_that_was_not_stopped(tmp_path):
    corpus = given.write(tmp_path / "a.parquet", 60)
    runs = [
        given.new(tmp_path / name, corpus, "--vector-column", "embedding", "--set", "seed=3",
                  "--set", "training.epochs=2", "--set", "training.save_seconds=0.0")
        for name in ("whole", "part")
    ]  # fmt: skip
    tiny.check_resumed(*runs, reports=9)


def test_other_vectors_do_not_resume_a_training(tmp_path):
    corpus, array = given.write(tmp_path / "a.parquet", 60), tmp_path / "a.npy"
    vectors = np.random.default_rng(0).normal(size=(65, 9))
    np.save(array, vectors)
    folder = given.new(tmp_path / "run", corpus, "--vectors", str(array))
    running = pipeline.train(folder, "cpu")
    next(running)
    running.close()
    np.save(array, vectors + 1)
    with pytest.raises(ExplorerError, match="vectors"):
        list(pipeline.train(folder, "cpu", resume=True))


def test_figures_say_what_applies_and_the_nearest_of_eight(given_run, tmp_path, monkeypatch):
    import shutil

    given.register(monkeypatch)
    folder = tmp_path / "given"
    shutil.copytree(given_run, folder)
    pipeline.evaluate(folder, samples=2)
    metrics = folders.read_metrics(folder)
    assert metrics["cycle_distance"]["reason_code"] == "no_encoder"
    assert metrics["rate"]["reason_code"] == "no_rate" and "bleu_nearest" not in metrics
    assert metrics["bleu"]["value"] > 20
    given.with_encoder(folder)
    pipeline.evaluate(folder, samples=2)
    nearest = folders.read_metrics(folder)["bleu_nearest"]
    assert nearest["candidates"] == 8 and nearest["cosine"] > 0.5
    assert nearest["value"] >= nearest["baselines"]["single"] - 5


def test_another_prior_is_fitted_to_the_vectors(given_run, tmp_path):
    target = tmp_path / "mixed"
    fitted = pipeline.refit_prior.fit_prior(
        given_run, target, [{"name": "mixture", "components": 3}], "explorer prior"
    )
    assert fitted.prior == "mixture" and np.isfinite(fitted.test.log_density)
    assert torch.isfinite(open_run(target).model.prior().sample((5,))).all()
