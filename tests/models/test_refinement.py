"""Laws of refinement: no posterior gets worse, whatever the prior, and most get better."""

import pytest
import torch

from explorer.errors import ExplorerError
from explorer.models.elbo import rate
from explorer.models.latents import LATENTS
from explorer.models.priors import joint_priors
from explorer.models.refinement import refine
from tests.models.test_models import SENTENCES
from tests.models.test_priors import space

OTHERS = [name for name in LATENTS if name not in ("gaussian", "simplex")]


@pytest.mark.parametrize("prior", joint_priors("gaussian"))
def test_no_sentence_gets_worse_and_most_get_better(prior: str) -> None:
    found = refine(space("gaussian", prior).requires_grad_(False), SENTENCES, steps=30)
    assert bool((found.gain >= 0).all())
    assert (found.gain > 1e-3).double().mean() > 0.5
    assert torch.allclose(found.gain, found.before.nats - found.after.nats)


def test_no_steps_change_nothing() -> None:
    model = space("gaussian", "normal")
    found = refine(model, SENTENCES, steps=0)
    posterior = [model.posterior(torch.tensor([[1, *row, 2]])) for row in SENTENCES]
    assert torch.allclose(found.mean, torch.cat([item.mean for item in posterior]), atol=1e-6)
    assert torch.allclose(found.scale, torch.cat([item.stddev for item in posterior]), atol=1e-6)
    assert not found.gain.any()


def test_the_rate_afterwards_is_that_of_the_posterior_afterwards() -> None:
    model = space("gaussian", "normal")
    found = refine(model, SENTENCES, steps=20)
    posterior = torch.distributions.Independent(
        torch.distributions.Normal(found.mean, found.scale), 1
    )
    closed = rate(model, posterior, found.mean).sum(1).double()
    assert torch.allclose(found.after.rate, closed, atol=1e-5)


def test_a_sentence_is_refined_alike_alone_and_among_others() -> None:
    """The first sentence has the same draws in both; the batch pads it."""
    model = space("gaussian", "normal")
    alone, among = (refine(model, rows, steps=20) for rows in (SENTENCES[:1], SENTENCES))
    assert alone.gain[0].item() == pytest.approx(among.gain[0].item(), abs=1e-4)


def test_weights_and_their_gradients_stay_even_where_nothing_has_a_gradient() -> None:
    model = space("gaussian", "vamp")
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with torch.inference_mode():
        assert bool((refine(model, SENTENCES, steps=10).gain > 0).any())
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert all(weight.grad is None for weight in model.parameters())


@pytest.mark.parametrize("name", OTHERS)
def test_other_posteriors_are_refused(name: str) -> None:
    with pytest.raises(ExplorerError, match="Gaussian"):
        refine(space(name, LATENTS[name].prior), SENTENCES)


@pytest.mark.parametrize("steps", [-1, 100_000])
def test_an_impossible_number_of_steps_is_named(steps: int) -> None:
    with pytest.raises(ExplorerError, match=str(steps)):
        refine(space("gaussian", "normal"), SENTENCES, steps=steps)
