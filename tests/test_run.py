"""Laws of a run: what it draws, and which of two with the same name is meant."""

import dataclasses
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from explorer.models.vae import build
from explorer.run import open_run
from explorer.training import folder as folders
from explorer.training import weights
from explorer.ui import state


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
    assert state.listing().names == ["my", str(places[1])]
    assert [folders.find(name) for name in state.listing().names] == places


def test_a_count_of_any_size_survives_half_precision(tmp_path: Path, tiny_run: Path) -> None:
    config, vocabulary, _ = weights.load_model(tiny_run)
    latent = {"name": "gaussian", "batch_norm": 0.6}
    model = build(dataclasses.replace(config.model, latent=latent), len(vocabulary))
    model.latent.batch_norm.num_batches_tracked += 10**9
    weights.save(tmp_path, model)
    tensors, _ = weights.read_tensors(tmp_path / folders.WEIGHTS)
    weights.load_tensors(model, tensors, tmp_path / folders.WEIGHTS)
    assert model.latent.batch_norm.num_batches_tracked == 10**9
