"""Laws of semi-amortised training: better posteriors for the decoder, one step for the encoder."""

import pytest
import torch

from explorer.config import ObjectiveConfig
from explorer.errors import ExplorerError
from explorer.models import elbo
from explorer.models.padding import collate
from explorer.models.priors import joint_priors
from explorer.models.semi_amortised import MAX_STEPS, check_steps, refined
from tests.models.test_models import SENTENCES
from tests.models.test_priors import space

TOKENS = collate(SENTENCES)


def bound(model, posterior, draws=400):
    """−ELBO of each sentence under given posteriors, always at the same draws."""
    torch.manual_seed(5)
    noise = torch.randn(draws, *posterior.mean.shape)
    with torch.no_grad():
        each = [posterior.mean + posterior.stddev * item for item in noise]
        nats = [
            elbo.distortion(model, z, TOKENS) + elbo.rate(model, posterior, z).sum(1) for z in each
        ]
    return torch.stack(nats).mean(0)


def objective(model):
    return lambda z, own: elbo.distortion(model, z, TOKENS) + elbo.rate(model, own, z).sum(1)


@pytest.mark.parametrize("prior", joint_priors("gaussian"))
def test_steps_lower_the_bound_whatever_the_prior(prior: str) -> None:
    """From posteriors of an encoder that lags: those of no sentence."""
    model = space("gaussian", prior)
    start = torch.distributions.Independent(
        torch.distributions.Normal(torch.full((5, 2), 2.0), 0.5), 1
    )
    after = refined(start, objective(model), 40)
    assert bool((bound(model, after) < bound(model, start)).all())


def test_the_encoder_gets_the_gradient_of_the_bound_where_the_steps_end() -> None:
    """Values of the last step, gradients of the first: mean and scale move as the start does."""
    mean = torch.tensor([[1.0, -2.0]], requires_grad=True)
    scale = torch.tensor([[0.5, 2.0]], requires_grad=True)
    start = torch.distributions.Independent(torch.distributions.Normal(mean, scale), 1)
    after = refined(start, lambda z, own: (z**2).sum(1), 10)
    assert (after.mean.abs() < mean.abs()).all()
    torch.testing.assert_close(*torch.autograd.grad(after.mean.sum(), mean), torch.ones(1, 2))
    (gradient,) = torch.autograd.grad(after.stddev.sum(), scale)
    torch.testing.assert_close(gradient, after.stddev.detach() / scale.detach())


def test_steps_do_not_depend_on_the_units_of_z() -> None:
    """With z in other units the same draws give the same posteriors in those units."""
    units, ends = torch.tensor([[10.0, 0.1]]), []
    for factor in (torch.ones(1, 2), units):
        torch.manual_seed(0)
        start = torch.distributions.Normal(factor * torch.tensor([[1.0, 3.0]]), 0.7 * factor)
        start = torch.distributions.Independent(start, 1)
        after = refined(start, lambda z, own, f=factor: ((z / f) ** 4).sum(1), 8)
        ends.append((after.mean / factor, after.stddev / factor))
    torch.testing.assert_close(*ends, rtol=1e-4, atol=1e-5)


def test_no_steps_change_nothing_and_draw_nothing() -> None:
    model = space("gaussian", "normal")
    terms = []
    for steps in ({}, {"refine_steps": 0}):
        torch.manual_seed(2)
        terms.append(elbo.training_terms(model, TOKENS, **steps))
    torch.testing.assert_close(*terms, rtol=0, atol=0)


def test_the_weights_get_the_gradient_of_one_bound_alone() -> None:
    """The steps leave none behind: they ask for that of the posterior only."""
    model = space("gaussian", "normal")
    elbo.training_terms(model, TOKENS, refine_steps=3)
    assert all(weight.grad is None for weight in model.parameters())


@pytest.mark.parametrize(
    ("latent", "settings", "message"),
    [
        ("gaussian", {"refine_steps": -1}, "0"),
        ("gaussian", {"refine_steps": MAX_STEPS + 1}, str(MAX_STEPS)),
        ("gaussian", {"refine_steps": 5, "draws": 2}, "draws = 1"),
        ("point", {"refine_steps": 5}, "only Gaussian"),
        ("sphere", {"refine_steps": 5}, "only Gaussian"),
        ("none", {"refine_steps": 5}, "only Gaussian"),
    ],
)
def test_what_cannot_be_refined_is_refused(latent, settings, message) -> None:
    with pytest.raises(ExplorerError, match=message):
        check_steps(
            space(latent, "uniform" if latent == "sphere" else "normal"),
            ObjectiveConfig(**settings),
        )
