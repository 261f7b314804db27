"""Information figures against distributions whose answers are known."""

import math

import pytest
import torch
from torch.distributions import Independent, Normal, kl_divergence

from explorer.evaluation.latent_use import (
    active_units,
    activity_ratios,
    marginal_kl,
    mean_information,
    mutual_information,
)


def channel(n: int, dims: int, noise: float) -> tuple[Independent, torch.Tensor, float]:
    """Means ~ N(0, 1 - noise²) and posteriors N(mean, noise²): q(z) is N(0, 1), MI is known."""
    torch.manual_seed(0)
    mean = torch.randn(n, dims, dtype=torch.float64) * math.sqrt(1 - noise**2)
    posterior = Independent(Normal(mean, torch.full_like(mean, noise)), 1)
    return posterior, posterior.sample(), -dims * math.log(noise)


@pytest.mark.parametrize(("dims", "noise"), [(1, 0.5), (2, 0.5), (3, 0.4), (4, 0.6)])
def test_the_interval_holds_the_information_of_a_gaussian_channel(dims, noise) -> None:
    posterior, z, truth = channel(600, dims, noise)
    found = mutual_information(posterior, z)
    assert found.is_resolved
    assert found.low - 0.1 <= truth <= found.high + 0.1
    assert found.high - found.low < 0.5


def test_information_never_exceeds_the_logarithm_of_the_number_of_sentences() -> None:
    posterior, z, truth = channel(100, 20, 0.01)
    found = mutual_information(posterior, z)
    assert found.low == pytest.approx(math.log(100))
    assert not found.is_resolved
    assert found.high > truth / 2 > math.log(100)
    assert found.n == 100


def test_posteriors_that_are_all_alike_hold_no_information() -> None:
    mean = torch.zeros(50, 3)
    posterior = Independent(Normal(mean, torch.ones_like(mean)), 1)
    found = mutual_information(posterior, posterior.sample())
    assert found.low == pytest.approx(0, abs=1e-5)
    assert found.high == pytest.approx(0, abs=1e-5)


def test_chunks_do_not_change_the_information(monkeypatch) -> None:
    posterior, z, _ = channel(300, 2, 0.5)
    whole = mutual_information(posterior, z)
    monkeypatch.setattr("explorer.evaluation.latent_use._ENTRIES", 300 * 2 * 7)
    chunked = mutual_information(posterior, z)
    assert (chunked.low, chunked.high) == pytest.approx((whole.low, whole.high))


def test_rate_is_information_plus_marginal_kl() -> None:
    posterior, z, _ = channel(500, 2, 0.5)
    standard = Normal(torch.zeros(2).double(), torch.ones(2).double())
    rate = kl_divergence(posterior.base_dist, standard).sum(1).mean().item()
    information = mutual_information(posterior, z)
    gap = marginal_kl(rate, information)
    assert gap.high + information.low == pytest.approx(rate)
    assert gap.low + information.high == pytest.approx(rate)
    assert gap.low - 0.05 <= 0 <= gap.high + 0.05  # here q(z) is the prior


def test_active_units_are_the_dimensions_that_move() -> None:
    torch.manual_seed(0)
    mean = torch.randn(400, 8)
    for live in range(9):
        spread = torch.tensor([0.5] * live + [0.05] * (8 - live))
        assert active_units(mean * spread + 3.0) == live


def test_one_sentence_has_no_spread() -> None:
    with pytest.raises(ValueError, match="at least two"):
        active_units(torch.zeros(1, 3))
    one = Independent(Normal(torch.zeros(1, 3), torch.ones(1, 3)), 1)
    with pytest.raises(ValueError, match="at least two"):
        mutual_information(one, torch.zeros(1, 3))


def test_information_over_draws_is_the_mean_of_each_with_its_spread() -> None:
    """Matrix products in double precision give what the densities give."""
    posterior, _, truth = channel(300, 3, 0.4)
    draws = posterior.sample((10,))
    each = [mutual_information(posterior, z) for z in draws]
    found = mean_information(posterior, draws)
    assert found.low == pytest.approx(sum(one.low for one in each) / 10)
    assert found.high == pytest.approx(sum(one.high for one in each) / 10)
    low = torch.tensor([one.low for one in each], dtype=torch.float64)
    assert found.sd == pytest.approx(low.std().item(), rel=1e-5)
    assert abs(found.low - truth) < 0.1
    assert mean_information(posterior, draws[:1]).sd is None


def test_narrow_posteriors_far_from_the_origin_lose_no_digits() -> None:
    torch.manual_seed(0)
    mean = 50 + torch.randn(80, 6)
    posterior = Independent(Normal(mean, torch.full_like(mean, math.exp(-8))), 1)
    z = posterior.sample((2,))
    assert mean_information(posterior, z).low == pytest.approx(math.log(80), abs=1e-3)


def test_activity_does_not_depend_on_the_unit_of_z() -> None:
    torch.manual_seed(0)
    mean, scale = torch.randn(400, 3) * torch.tensor([1.0, 0.05, 0.0]), torch.ones(400, 3)
    ratios = activity_ratios(mean, scale)
    assert ratios.tolist() == pytest.approx(activity_ratios(100 * mean, 100 * scale).tolist())
    assert (ratios > 0.01).tolist() == [True, False, False]
    # With q(z) of variance 1 it is the variance of the means.
    width = (1 - mean.double().var(0)).clamp(min=0).sqrt().expand(400, 3)
    whole = activity_ratios(mean.double(), width)
    assert whole[1] == pytest.approx(mean[:, 1].double().var().item())
