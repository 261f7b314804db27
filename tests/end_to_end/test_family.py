"""The family of models, through the command line: every prior with every schedule trains."""

import errno
import json
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest

from explorer import config as configs
from explorer import pipeline
from explorer.cli.main import main
from explorer.explore.run import open_run
from explorer.models.latents import LATENTS
from explorer.models.priors import PRIORS, fitted_priors, joint_priors
from explorer.runs import folder as folders
from explorer.training.schedules import SCHEDULES
from tests import tiny

pytestmark = pytest.mark.slow

SPACES = [
    (name, prior)
    for name, latent in LATENTS.items()
    if latent.has_rate
    for prior in joint_priors(name)
]
SMALL = (
    *("model.latent_dim=8", "model.embedding_dim=8", "corpus.vocabulary_size=320"),
    *("training.epochs=1", "training.pretrain_epochs=1", "training.snapshots=20"),
    'model.encoder={name="lstm",hidden_dim=8}',
    'model.decoder={name="lstm",hidden_dim=8}',
)


def quick_first(priors: Sequence[str]) -> list[Any]:
    """Priors as parameters; flow matching, whose density is an integral, for `soak` alone."""
    slow = pytest.mark.soak
    return [pytest.param(name, marks=slow if name == "flow_matching" else ()) for name in priors]


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A small corpus, in an empty folder with an empty home."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("EXPLORER_RUNS", raising=False)
    (tmp_path / "checkpoints").mkdir()
    return str(tiny.write_corpus(tmp_path / "corpus.csv", 100))


def new(run: str, corpus: str, *options: str) -> Path:
    settings = [part for setting in SMALL for part in ("--set", setting)]
    arguments = ["--corpus", corpus, "--text-column", "text", *settings, *options]
    assert main(["new", run, *arguments]) == 0
    return Path("checkpoints") / run


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize(("latent", "prior"), SPACES)
def test_every_prior_trains_with_every_schedule(
    latent: str, prior: str, schedule: str, corpus: str
) -> None:
    # One code of eight kinds holds less than the recipe leaves free; two of four hold more.
    kinds = ["--set", "model.latent.num_categories=4"] if latent == "codes" else []
    choice = ["--latent", latent, "--prior", prior, "--schedule", schedule, *kinds]
    folder = new("one", corpus, *choice)
    reports = list(pipeline.train(folder, "cpu"))
    assert reports[-1].beta > 0
    assert math.isfinite(reports[-1].loss)
    run = open_run(folder)
    z = run.encode(["a dog sleeps at home", "two cats"])
    assert np.isfinite(z).all()
    assert len(run.sample(3)) == 3
    assert len(run.interpolate(z[0], z[1], 4)) == 4


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--prior", "mixture", "--set", 'objective.rate={name="free_bits"}'], "floor"),
        (["--latent", "sphere", "--prior", "mixture"], "takes uniform"),
        (["--latent", "gaussian", "--prior", "uniform"], "normal or mixture"),
        (["--latent", "codes", "--set", "model.latent.num_categories=3"], "multiple"),
        (["--schedule", "cyclic"], "cyclical"),
        (["--prior", "vamp", "--set", "model.latent.batch_norm=0.6"], "batch_norm"),
    ],
)
def test_combinations_that_make_no_sense_are_refused_before_training(
    options: list[str], says: str, corpus: str, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = [part for setting in SMALL for part in ("--set", setting)]
    arguments = ["--corpus", corpus, "--text-column", "text", *settings]
    assert main(["new", "odd", *arguments, *options]) == 1
    assert says in capsys.readouterr().err
    assert not Path("checkpoints/odd").exists()


def test_a_uniform_prior_brings_the_space_it_lives_on(corpus: str) -> None:
    config = configs.read(new("flat", corpus, "--prior", "uniform") / folders.CONFIG)
    assert config.model.latent["name"] == "cube"


def test_codes_are_charged_from_half_of_what_they_hold(corpus: str) -> None:
    folder = Path("checkpoints/codes")
    assert (
        main(["new", "codes", "--corpus", corpus, "--text-column", "text", "--latent", "codes"])
        == 0
    )
    config = configs.read(folder / folders.CONFIG)
    most = config.model.latent_dim / 8 * math.log(8)
    assert config.model.latent["num_categories"] == 8
    assert config.objective.rate["nats"] == pytest.approx(most / 2, abs=0.05)


def test_patience_is_not_asked_of_a_schedule_that_follows_the_rate(corpus: str) -> None:
    given = ["--corpus", corpus, "--text-column", "text"]
    for name, patience in (("linear", 6), ("target", 0)):
        assert main(["new", name, *given, "--schedule", name]) == 0
        config = configs.read(Path("checkpoints") / name / folders.CONFIG)
        assert config.training.patience == patience


@pytest.mark.parametrize("prior", quick_first(fitted_priors("gaussian")))
def test_a_prior_fitted_afterwards_changes_the_prior_and_nothing_else(
    prior: str, corpus: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = new("base", corpus, "--set", "objective.schedule={name='constant',beta=0.1}")
    list(pipeline.train(folder, "cpu"))
    capsys.readouterr()
    assert main(["prior", "base", "--fit", prior, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["mean"] == pytest.approx(found["before"] - found["after"], abs=1e-6)
    assert found["low"] <= found["mean"] <= found["high"]
    before, after = open_run("base"), open_run(f"base-{prior}")
    assert after.config.training.fit_prior["name"] == prior
    texts = ["a dog sleeps at home"]
    assert np.array_equal(before.encode(texts), after.encode(texts))
    assert before.decode(before.encode(texts)) == after.decode(after.encode(texts))
    assert not np.array_equal(before.prior_samples(4), after.prior_samples(4))
    # What is printed is what `evaluate` prints again, and N(0, I) gains nothing on itself.
    for name in ("base", f"base-{prior}"):
        assert main(["evaluate", name, "--samples", "2"]) == 0
    gain = open_run(f"base-{prior}").metrics["prior_gain"]
    assert gain["value"] == pytest.approx(found["mean"], abs=1e-4)
    assert gain["low"] < gain["value"] < gain["high"]
    assert "prior_gain" not in open_run("base").metrics
    capsys.readouterr()
    assert main(["prior", "base", "--fit", prior]) == 1
    assert "already" in capsys.readouterr().err


def test_of_several_priors_the_one_that_does_best_on_the_validation_split_is_kept(
    corpus: str, capsys: pytest.CaptureFixture[str]
) -> None:
    list(pipeline.train(new("base", corpus), "cpu"))
    capsys.readouterr()
    names = ["mixture", "flow"]
    typed = ["prior", "base", *(word for name in names for word in ("--fit", name))]
    assert main([*typed, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found["validation"]) == set(names)
    best = max(names, key=lambda name: found["validation"][name])
    chosen = open_run("base-prior")
    assert found["prior"] == chosen.config.training.fit_prior["name"] == best
    # The fit of each is the same as when it is the only one.
    assert main(["prior", "base", "--fit", best]) == 0
    assert np.array_equal(open_run(f"base-{best}").prior_samples(3), chosen.prior_samples(3))
    assert main([*typed, "--to", "other", "--set", "components=3"]) == 1
    assert "--set" in capsys.readouterr().err


def test_a_prior_that_could_not_be_written_leaves_no_run(
    corpus: str, capsys: pytest.CaptureFixture[str]
) -> None:
    list(pipeline.train(new("base", corpus), "cpu"))
    before = sorted(Path("checkpoints").iterdir())
    typed = ["prior", "base", "--fit", "mixture", "--set", "components=3"]
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with mock.patch("explorer.pipeline.refit_prior.shutil.copyfile", side_effect=full):
        assert main(typed) == 1
    assert "No space left on device" in capsys.readouterr().err
    assert sorted(Path("checkpoints").iterdir()) == before
    assert main(typed) == 0
    assert open_run("base-mixture").prior_samples(1).shape[0] == 1


def test_a_recipe_that_names_a_fitted_prior_trains_to_the_same_run(corpus: str) -> None:
    folder = new("base", corpus)
    list(pipeline.train(folder, "cpu"))
    assert main(["prior", "base", "--fit", "mixture", "--set", "components=3"]) == 0
    again = Path("checkpoints/again")
    again.mkdir()
    recipe = Path("checkpoints/base-mixture/config.toml").read_text(encoding="utf-8")
    (again / "config.toml").write_text(recipe, encoding="utf-8")
    list(pipeline.train(again, "cpu"))
    texts = ["a dog sleeps at home"]
    fitted, trained = open_run("base-mixture"), open_run("again")
    assert np.array_equal(fitted.encode(texts), trained.encode(texts))


def test_an_autoencoder_cannot_be_sampled_before_a_density_is_fitted(
    corpus: str, capsys: pytest.CaptureFixture[str]
) -> None:
    list(pipeline.train(new("plain", corpus, "--latent", "point"), "cpu"))
    capsys.readouterr()
    assert main(["sample", "plain"]) == 1
    assert "explorer prior plain --fit mixture" in capsys.readouterr().err
    assert main(["evaluate", "plain", "--samples", "2"]) == 0
    entry = open_run("plain").metrics["self_bleu"]
    assert entry["value"] is None and "explorer prior" in entry["reason"]


@pytest.mark.parametrize("prior", quick_first(fitted_priors("point")))
def test_a_density_fitted_on_an_autoencoder_lets_it_be_sampled_and_says_so(
    prior: str, corpus: str, capsys: pytest.CaptureFixture[str]
) -> None:
    list(pipeline.train(new("plain", corpus, "--latent", "point"), "cpu"))
    capsys.readouterr()
    assert main(["prior", "plain", "--fit", prior, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"folder", "log_density", "gaussian", "mean", "low", "high", "n"}
    assert found["mean"] == pytest.approx(found["log_density"] - found["gaussian"], abs=1e-6)
    assert main(["sample", f"plain-{prior}", "-n", "3"]) == 0
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 3
    assert "not part of the autoencoder's objective" in said.err
    assert main(["evaluate", f"plain-{prior}", "--samples", "2"]) == 0
    assert f"a {PRIORS[prior].title} fitted to its encodings" in open_run(f"plain-{prior}").card
    metrics = open_run(f"plain-{prior}").metrics
    for name in ("self_bleu", "novelty", "cycle_distance", "prior_z_gap"):
        assert metrics[name]["value"] is not None, name
    for name in ("rate", "elbo", "importance_ppl", "mutual_information", "marginal_kl"):
        assert "no rate" in metrics[name]["reason"], name


def test_a_recipe_can_name_the_density_of_an_autoencoder(
    corpus: str, capsys: pytest.CaptureFixture[str]
) -> None:
    fitted = ("--set", "training.fit_prior={name='mixture',components=3}")
    folder = new("dense", corpus, "--latent", "point", *fitted)
    list(pipeline.train(folder, "cpu"))
    assert open_run(folder).prior_samples(4).shape == (4, 8)
    recipe = (folder / folders.CONFIG).read_text(encoding="utf-8")
    for wrong, says in (
        ("vamp", "mixture or flow or flow_matching"),
        ("normal", "mixture or flow"),
    ):
        other = Path("checkpoints") / wrong
        other.mkdir()
        text = recipe.replace('{ name = "mixture", components = 3 }', f'{{ name = "{wrong}" }}')
        (other / folders.CONFIG).write_text(text, encoding="utf-8")
        assert main(["train", wrong, "--device", "cpu"]) == 1
        assert says in capsys.readouterr().err


def test_what_is_decoded_lies_on_the_space(corpus: str) -> None:
    folder = new("round", corpus, "--latent", "sphere")
    list(pipeline.train(folder, "cpu"))
    run = open_run(folder)
    ends = run.encode(["a dog sleeps at home", "two cats"])
    way = run.path(ends[0], ends[1], 5)
    assert np.allclose(np.linalg.norm(way, axis=1), 1.0, atol=1e-5)
    assert run.decode(3 * ends) == run.decode(ends)
    assert [item.text for item in run.decode_tokens(3 * ends)] == run.decode(ends)


def test_a_language_model_judges_the_samples_of_a_run_with_its_words(
    corpus: str, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = ["--set", "model.latent_dim=0"]
    judge, run = new("words", corpus, "--latent", "none", *settings), new("run", corpus)
    for folder in (judge, run):
        list(pipeline.train(folder, "cpu"))
    evaluate = ["evaluate", "run", "--samples", "2", "--limit", "6", "--reverse", "20", "--json"]
    capsys.readouterr()
    assert main([*evaluate, "--language-model", "words"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["forward_perplexity"]["value"] > 1
    assert found["reverse_perplexity"]["value"] > 1
    assert found["command"].endswith("--language-model words --reverse 20")
    assert main([*evaluate, "--language-model", "run"]) == 1
    assert "latent space" in capsys.readouterr().err


@pytest.mark.parametrize(
    "remedy",
    [
        'model.decoder={name="dilated",hidden_dim=8,layers=2}',
        'model.auxiliary={name="bag_of_words",weight=0.5}',
        "model.encoder.word_dropout=0.3",
        "model.decoder.word_dropout=1.0",
        "model.latent.batch_norm=0.6",
        "model.latent.min_rate=0.1",
        "training.aggressive=true",
    ],
)
def test_every_remedy_trains_and_can_be_sampled(remedy: str, corpus: str) -> None:
    folder = new("remedy", corpus, "--set", remedy)
    reports = list(pipeline.train(folder, "cpu"))
    assert math.isfinite(reports[-1].loss)
    assert len(open_run(folder).sample(3)) == 3
