"""A plain autoencoder: its density is fitted after training, and every page says so."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from explorer import pipeline
from explorer.evaluation.prior_diagnostics import components
from explorer.models import dataset as training_data
from explorer.models.distributions import AffineDistribution
from explorer.models.priors import Whitening
from explorer.runs import weights
from explorer.training import prior_fitting
from explorer.ui.session.url import page_file
from tests import tiny
from tests.ui.conftest import runs
from tests.ui.test_pages import said

pytestmark = pytest.mark.slow

__all__ = ["runs"]  # a fixture

PLAIN = tiny.RECIPE.replace("latent_dim = 4", 'latent_dim = 4\nlatent = {{ name = "point" }}')
DENSE = PLAIN.replace(
    "[training]", '[training]\nfit_prior = {{ name = "mixture", components = 3 }}'
)
NOTE = "not part of the autoencoder"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """An autoencoder, and one with a density: trained, measured and mapped."""
    found = {}
    for name, recipe in (("plain", PLAIN), ("dense", DENSE)):
        root = tmp_path_factory.mktemp(name)
        found[name] = tiny.build(root, name, epochs=2, recipe=recipe)
        pipeline.evaluate(found[name], samples=2, limit=12, device_name="cpu")
    return found


def open_page(monkeypatch: pytest.MonkeyPatch, folder: Path, name: str, **address: str) -> AppTest:
    monkeypatch.setenv("EXPLORER_RUNS", str(folder))
    at = AppTest.from_file(Path(__file__).parents[2] / "app.py", default_timeout=90).run()
    at.switch_page(str(page_file(name)))
    for key, value in address.items():
        at.query_params[key] = value
    at.run()
    assert not at.exception
    return at


def wide() -> AffineDistribution:
    """A mixture of two Gaussians in coordinates of its own."""
    parts = Independent(
        Normal(torch.tensor([[-1.0, 0.0], [1.0, 0.5]]), torch.full((2, 2), 0.5)), 1
    )
    mixture = MixtureSameFamily(Categorical(torch.tensor([0.25, 0.75])), parts)
    return AffineDistribution(
        mixture, torch.tensor([2.0, -1.0]), torch.tensor([[1.5, 0.0], [0.8, 0.4]])
    )


def test_a_stretched_density_integrates_to_one_and_its_draws_have_its_mean() -> None:
    density, step = wide(), 0.04
    x, y = torch.arange(-6, 10, step), torch.arange(-6, 4, step)
    grid = torch.cartesian_prod(x, y)
    mass = density.log_prob(grid).exp() * step**2
    assert mass.sum().item() == pytest.approx(1.0, abs=2e-3)
    torch.manual_seed(0)
    draws = density.sample((20_000,))
    assert torch.allclose(draws.mean(0), (mass[:, None] * grid).sum(0), atol=0.05)


def test_the_components_of_a_stretched_mixture_are_where_it_draws() -> None:
    found = components(wide())
    assert found is not None
    assert np.allclose(found.mean, [[3.5, 0.0], [0.5, -1.8]], atol=1e-6)
    assert np.allclose(found.weight, [0.75, 0.25])


def test_whitened_encodings_are_centred_and_uncorrelated_whatever_they_were() -> None:
    torch.manual_seed(0)
    z = torch.randn(500, 3) @ torch.tensor([[3.0, 1, 0], [0, 0.1, 2], [0, 0, 0]]) + 7
    basis = Whitening(3)
    basis.fit(z, torch.zeros_like(z))
    white = basis.whiten(z)
    assert torch.allclose(white.mean(0), torch.zeros(3), atol=1e-3)
    # The third is a multiple of the second: nothing is left of it, and nothing breaks.
    assert torch.allclose(torch.cov(white.T, correction=0)[:2, :2], torch.eye(2), atol=1e-2)
    assert torch.isfinite(white).all()


def test_a_fitted_mixture_is_no_worse_than_the_likeliest_gaussian(folders) -> None:
    config, vocabulary, model = weights.load_model(folders["plain"])
    data = training_data.load(config, vocabulary)
    train = data.select("train")
    torch.manual_seed(0)
    fitted = prior_fitting.with_prior(model, {"name": "mixture", "components": 4})
    prior_fitting.fit(fitted, train, data.select("valid"))
    found = prior_fitting.density(fitted, train, train)
    assert found.mean == pytest.approx(found.log_density - found.gaussian, abs=1e-6)
    assert found.mean > 0
    # What the Gaussian is measured to have is what theory says of the likeliest one.
    z = torch.from_numpy(prior_fitting.posteriors(model, train)[0]).double()
    entropy = 0.5 * torch.logdet(2 * torch.pi * torch.e * torch.cov(z.T, correction=0))
    assert found.gaussian == pytest.approx(-entropy.item(), abs=1e-2)


def test_without_a_density_the_prior_page_says_which_command_fits_one(
    folders, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = open_page(monkeypatch, folders["plain"], "prior")
    assert "explorer prior plain --fit mixture" in at.error[0].value.replace("\\", "")


@pytest.mark.parametrize("shown", ["", "p1", "c2", "s3"])
def test_with_a_density_the_prior_page_shows_it_and_says_what_it_is(
    folders, runs: Path, monkeypatch: pytest.MonkeyPatch, shown: str
) -> None:
    at = open_page(monkeypatch, folders["dense"], "prior", shown=shown)
    assert not at.error
    assert NOTE in said(at)
    assert "Components of the density" in str([item.value for item in at.header])
    assert "Marginal KL" not in said(at)
    assert not shown or "Nearest sentences" in said(at)


def test_collapse_does_not_judge_a_rate_that_is_not_there(
    folders, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = open_page(monkeypatch, folders["dense"], "collapse")
    text = said(at)
    assert not at.error
    assert "An autoencoder has no rate" in text
    assert "collapsed by epoch" not in text
    assert "z from its density" in text


def test_samples_side_by_side_say_which_density_was_fitted_afterwards(
    folders, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = Path(os.pathsep.join(str(folder) for folder in folders.values()))
    asked = {"runs": "plain,dense", "section": "Sentences", "told": "Prior samples"}
    at = open_page(monkeypatch, both, "compare", **asked)
    text = said(at).replace("\\", "")
    assert not at.error
    assert "dense: Sampled from a mixture" in text and NOTE in text
    assert "explorer prior plain" in text
    assert "of 4 are distinct" in text
