"""Laws of flow matching: the divergence is exact, densities integrate to one, samples follow."""

import math

import pytest
import torch
from torch import Tensor

from explorer.models import flow_matching
from explorer.models.distributions import AffineDistribution, ContinuousFlow
from explorer.models.flow_matching import VelocityField
from explorer.models.latents import Gaussian
from explorer.models.priors import FlowMatching


def field(size: int, scale: float = 0.15, hidden: int = 16) -> VelocityField:
    """A velocity with random weights in all layers; fresh ones have zeros in some."""
    torch.manual_seed(0)
    made = VelocityField(size, hidden)
    with torch.no_grad():
        for weight in made.parameters():
            weight += scale * torch.randn_like(weight)
    return made.requires_grad_(False)


def flow(size: int, steps: int = 16, dtype: torch.dtype = torch.float32) -> ContinuousFlow:
    velocity = field(size).to(dtype)
    return ContinuousFlow(velocity.with_divergence, torch.zeros(size, dtype=dtype), steps)


def shrink(x: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """dx/dt = (1 + t) x: x(1) = exp(3/2) x(0)."""
    return (1 + t) * x, (x.shape[1] * (1 + t)).expand(len(x))


@pytest.mark.parametrize("size", [1, 5])
def test_the_divergence_is_the_trace_of_the_jacobian(size: int) -> None:
    velocity = field(size).double()
    x, t = torch.randn(7, size).double(), torch.tensor(0.3).double()
    jacobian = torch.func.vmap(torch.func.jacrev(lambda row: velocity(row[None], t)[0]))(x)
    v, divergence = velocity.with_divergence(x, t)
    assert torch.equal(v, velocity(x, t))
    assert torch.allclose(divergence, jacobian.diagonal(dim1=-2, dim2=-1).sum(-1))


def test_one_time_for_all_is_that_time_for_each() -> None:
    velocity, x = field(3), torch.randn(4, 3)
    assert torch.allclose(velocity(x, torch.tensor(0.7)), velocity(x, torch.full((4,), 0.7)))


def test_a_linear_flow_is_the_gaussian_it_leads_to() -> None:
    d, scale = 64, math.exp(1.5)
    distribution = ContinuousFlow(shrink, torch.zeros(d), 8)
    gaussian = torch.distributions.Normal(torch.zeros(d), scale)
    z = gaussian.sample((50,))
    expected = gaussian.log_prob(z).sum(-1)
    assert torch.allclose(distribution.log_prob(z), expected, atol=1e-2)
    torch.manual_seed(0)
    drawn = distribution.sample((20_000,))
    assert drawn.std().item() == pytest.approx(scale, rel=1e-2)


def test_the_density_integrates_to_one_and_samples_follow_it() -> None:
    """Means over samples of any function are those under the density, here on a grid."""
    distribution, edge = flow(2, 8), torch.linspace(-9, 9, 91)
    grid = torch.cartesian_prod(edge, edge)
    density = distribution.log_prob(grid).exp() * 0.2**2
    assert density.sum().item() == pytest.approx(1, abs=1e-3)
    torch.manual_seed(0)
    z = distribution.sample((10_000,))
    for of in (lambda z: z[:, 0], lambda z: z[:, 0] * z[:, 1], lambda z: (4 * z[:, 1]).sigmoid()):
        error = of(z).std().item() / 100
        expected = (density * of(grid)).sum().item()
        assert of(z).mean().item() == pytest.approx(expected, abs=4 * error)


def test_a_sample_integrated_back_is_the_noise_it_came_from() -> None:
    distribution = flow(5)
    noise = torch.randn(20, 5)
    z, forth = distribution._integrate(noise, 0.0, 1.0)
    again, back = distribution._integrate(z, 1.0, 0.0)
    assert torch.allclose(again, noise, atol=1e-4)
    assert torch.allclose(forth, -back, atol=1e-4)


def test_more_steps_change_the_density_by_less_and_less() -> None:
    z = torch.randn(50, 8).double()
    many = flow(8, 128, torch.float64).log_prob(z)
    errors = [
        (flow(8, steps, torch.float64).log_prob(z) - many).abs().mean().item()
        for steps in (8, 16, 32)
    ]
    assert errors[0] > 10 * errors[1] > 100 * errors[2]  # the method is of order 4


def test_the_density_of_a_point_does_not_depend_on_the_others() -> None:
    z = torch.randn(3, 1000, 4)
    distribution = flow(4, 4)
    assert distribution.log_prob(z).shape == (3, 1000)
    assert torch.allclose(
        distribution.log_prob(z)[1, 5], distribution.log_prob(z[1, 5]), atol=1e-5
    )
    assert distribution.log_prob(z[:0]).shape == (0, 1000)
    assert distribution.sample((2, 3)).shape == (2, 3, 4)


def test_a_fresh_prior_is_the_gaussian_of_its_basis() -> None:
    prior = FlowMatching(Gaussian(3, 4), None, hidden_dim=8)
    mean, scale = torch.randn(500, 4) @ torch.randn(4, 4) + 3, torch.rand(500, 4)
    assert prior.basis is not None
    prior.basis.fit(mean, scale)
    covariance = torch.cov(mean.T, correction=0) + scale.square().mean(0).diag()
    gaussian = torch.distributions.MultivariateNormal(mean.mean(0), covariance)
    z = gaussian.sample((50,))
    assert isinstance(prior(), AffineDistribution)
    assert torch.allclose(prior().log_prob(z), gaussian.log_prob(z), atol=1e-3)


def test_the_loss_is_least_for_the_velocity_of_the_data() -> None:
    """Whitened Gaussian data need none; (π/2)² of noise is what no velocity can predict."""
    source = torch.Generator().manual_seed(0)
    data = torch.randn(20_000, 3, generator=source)
    still, moving = VelocityField(3, 8), field(3)
    least = flow_matching.loss(still, data, source).item()
    assert least == pytest.approx((math.pi / 2) ** 2, rel=0.02)
    assert flow_matching.loss(moving, data, source).item() > least


def test_a_fit_separates_what_one_gaussian_joins() -> None:
    torch.manual_seed(0)
    sign = torch.randint(2, (2000, 1)) * 2 - 1
    z = torch.cat([2.0 * sign, torch.zeros(2000, 1)], 1) + 0.5 * torch.randn(2000, 2)
    prior = FlowMatching(Gaussian(3, 2), None, hidden_dim=32)
    assert prior.basis is not None
    prior.basis.fit(z, torch.zeros_like(z))
    optimiser = torch.optim.Adam(prior.parameters(), 1e-2)
    source = torch.Generator().manual_seed(0)
    before = prior().log_prob(z).mean().item()
    for _ in range(200):
        optimiser.zero_grad()
        prior.loss(z, source).backward()
        optimiser.step()
    with torch.no_grad():
        assert prior().log_prob(z).mean().item() > before + 0.5
        middle, left = prior().log_prob(torch.tensor([[0.0, 0.0], [2.0, 0.0]]))
        assert left > middle + 2
