"""Laws of the distributions torch lacks: densities integrate to one, draws follow them."""

import math

import pytest
import torch
from torch.nn.functional import normalize

from explorer.models.distributions import (
    BOX,
    BetaOnBox,
    Codes,
    UniformOnSphere,
    VonMisesFisher,
    one_hot,
)


@pytest.mark.parametrize("d", [2, 3, 8])
def test_a_von_mises_fisher_density_integrates_to_one(d: int) -> None:
    torch.manual_seed(0)
    direction = normalize(torch.randn(d, dtype=torch.float64), dim=0)
    uniform = UniformOnSphere(direction)
    z = uniform.sample((100_000,))
    density = (VonMisesFisher(direction, 3.0).log_prob(z) + uniform.log_area).exp()
    assert density.mean().item() == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize(("d", "kappa"), [(2, 1.0), (5, 10.0), (32, 80.0)])
def test_von_mises_fisher_draws_have_unit_length_and_the_resultant_of_theory(
    d: int, kappa: float
) -> None:
    torch.manual_seed(0)
    direction = normalize(torch.randn(3, d, dtype=torch.float64), dim=1)
    distribution = VonMisesFisher(direction, kappa)
    z = distribution.sample((20_000,))
    assert torch.allclose(z.norm(dim=-1), torch.ones(20_000, 3, dtype=torch.float64))
    along = (z * direction).sum(-1).mean(0)
    assert along.tolist() == pytest.approx([distribution.resultant] * 3, abs=0.01)


@pytest.mark.parametrize(("d", "kappa"), [(256, 0.1), (256, 1e-3), (2000, 30.0)])
def test_a_nearly_uniform_von_mises_fisher_has_a_density(d: int, kappa: float) -> None:
    """Its Bessel functions are below what float64 holds; to second order the rate is κ²/2d."""
    direction = torch.eye(d, dtype=torch.float64)[0]
    q, p = VonMisesFisher(direction, kappa), UniformOnSphere(direction)
    assert q.resultant == pytest.approx(kappa / d, rel=1e-3)
    rate = kappa * q.resultant + q.log_normaliser + p.log_area
    assert rate == pytest.approx(kappa**2 / (2 * d), rel=2e-3, abs=1e-9)


def test_the_divergence_from_the_uniform_sphere_is_its_sampled_mean() -> None:
    torch.manual_seed(0)
    direction = normalize(torch.randn(6, dtype=torch.float64), dim=0)
    q, p = VonMisesFisher(direction, 20.0), UniformOnSphere(direction)
    z = q.sample((50_000,))
    closed = 20.0 * q.resultant + q.log_normaliser + p.log_area
    assert (q.log_prob(z) - p.log_prob(z)).mean().item() == pytest.approx(closed, abs=0.03)


def test_gradients_reach_the_direction_through_a_draw() -> None:
    raw = torch.randn(4, 5, requires_grad=True)
    VonMisesFisher(normalize(raw, dim=1), 5.0).rsample().square()[:, 0].sum().backward()
    assert raw.grad is not None and bool(raw.grad.abs().sum() > 0)


def test_a_flat_beta_is_the_uniform_cube_of_variance_one() -> None:
    torch.manual_seed(0)
    flat = BetaOnBox(torch.ones(2), torch.ones(2))
    z = flat.sample((50_000,))
    assert z.abs().max().item() <= BOX
    assert z.var(0).tolist() == pytest.approx([1.0, 1.0], abs=0.02)
    assert flat.log_prob(z[:3]).tolist() == pytest.approx([-2 * math.log(2 * BOX)] * 3, abs=1e-4)
    assert flat.log_prob(torch.tensor([0.0, 2.0])).item() == -math.inf
    assert flat.rates().tolist() == pytest.approx([0.0, 0.0], abs=1e-5)


def test_the_rate_of_a_beta_is_its_sampled_mean() -> None:
    torch.manual_seed(0)
    q = BetaOnBox(torch.tensor([2.0, 5.0]), torch.tensor([6.0, 1.5]))
    p = BetaOnBox(torch.ones(2), torch.ones(2))
    z = q.sample((50_000,))
    sampled = (q.log_prob(z) - p.log_prob(z)).mean().item()
    assert q.rates().sum().item() == pytest.approx(sampled, abs=0.02)


def test_codes_are_one_hot_draws_of_their_probabilities() -> None:
    torch.manual_seed(0)
    logits = torch.tensor([[0.0, 1.0, 2.0], [3.0, 0.0, 0.0]])
    codes = Codes(logits)
    z = codes.sample((20_000,)).unflatten(1, (2, 3))
    assert bool((z.sum(2) == 1).all())
    assert torch.allclose(z.mean(0), logits.softmax(1), atol=0.02)
    everything = torch.cartesian_prod(torch.arange(3), torch.arange(3))
    all_z = torch.nn.functional.one_hot(everything, 3).float().flatten(1)
    assert codes.log_prob(all_z).exp().sum().item() == pytest.approx(1.0, abs=1e-5)


def test_the_rate_of_codes_is_log_kinds_minus_entropy() -> None:
    sure = Codes(torch.tensor([[50.0, 0.0, 0.0, 0.0]]))
    unsure = Codes(torch.zeros(1, 4))
    assert sure.rates().item() == pytest.approx(math.log(4), abs=1e-4)
    assert unsure.rates().item() == pytest.approx(0.0, abs=1e-6)


def test_gradients_reach_codes_through_one_hot_draws() -> None:
    logits = torch.zeros(5, 2, 3, requires_grad=True)
    drawn = Codes(logits).rsample()
    assert torch.allclose(drawn, one_hot(drawn.unflatten(-1, (2, 3))).flatten(-2), atol=1e-6)
    (drawn * torch.arange(6.0)).sum().backward()
    assert logits.grad is not None and bool(logits.grad.abs().sum() > 0)
