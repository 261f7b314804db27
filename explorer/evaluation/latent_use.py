"""How much of a sentence z holds, and in how many dimensions."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Distribution, Independent, Normal

from explorer.latent_space.projections import ACTIVE_VARIANCE

DRAWS = 10
"""Posterior samples of each sentence that rate and mutual information are averaged over."""

ACTIVE_RATIO = 0.01
"""Minimum Var(mean) / (Var(mean) + E[σ²]) of an active dimension. Where q(z) has unit variance, as
under N(0, I) without a marginal KL, it is the criterion of Burda et al. (2016)."""

_ENTRIES = 2**22
"""Values of log q(z_i|x_j) per dimension computed at once: 16 MB."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure that is known between two estimates, in nats."""

    low: float
    high: float
    n: int
    is_resolved: bool
    """Whether `n` sentences are enough: the lower estimate is at most log n - 1."""
    sd: float | None = None
    """Of the lower estimate over draws; None for one draw."""


@torch.inference_mode()
def mutual_information(posterior: Distribution, z: Float[Tensor, "n latent"]) -> Interval:
    """I_q(x; z) of a whole data set, nats; low has a sentence's own posterior in q(z), high not.

    mean_i [log q(z_i|x_i) - log (1/N) Σ_j q(z_i|x_j)]; the low estimate never exceeds log N.

    Args:
        posterior: Of all N sentences, batch shape (n,).
        z: One sample of each; the same in both terms.

    Raises:
        ValueError: For fewer than two sentences.

    Source:
        Poole et al. (2019), On Variational Bounds of Mutual Information, eq. 10 and 12 with the
        known conditional. arXiv:1905.06922
    """
    return _information(posterior.log_prob(z), z, posterior.log_prob)


@torch.inference_mode()
def mean_information(posterior: Distribution, draws: Float[Tensor, "draws n latent"]) -> Interval:
    """`mutual_information` averaged over draws, with their standard deviation.

    Gaussian posteriors are compared by matrix products in double precision: a tenth of the time.

    Args:
        posterior: Of all N sentences, batch shape (n,).
        draws: Independent samples of each sentence's posterior.

    Raises:
        ValueError: For fewer than two sentences.
    """
    log_prob = _gaussian_log_prob(posterior) or posterior.log_prob
    intervals = [_information(posterior.log_prob(z), z, log_prob) for z in draws]
    n = intervals[0].n
    low, high = (
        torch.tensor([getattr(one, end) for one in intervals], dtype=torch.float64)
        for end in ("low", "high")
    )
    value = low.mean().item()
    sd = low.std().item() if len(intervals) > 1 else None
    return Interval(value, high.mean().item(), n, _is_resolved(value, n), sd)


def _information(
    own: Float[Tensor, " n"],
    z: Float[Tensor, "n latent"],
    log_prob: Callable[[Float[Tensor, "rows 1 latent"]], Float[Tensor, "rows n"]],
) -> Interval:
    n = len(z)
    if n < 2:
        raise ValueError(f"mutual information needs at least two sentences, got {n}")
    own = own.cpu().double()
    step = max(1, _ENTRIES // (n * max(1, z.shape[1])))
    everyone, rest = torch.empty_like(own), torch.empty_like(own)
    for start in range(0, n, step):
        rows = torch.arange(start, min(n, start + step))
        cross = log_prob(z[rows].unsqueeze(1)).cpu().double()  # (rows, n)
        everyone[rows] = cross.logsumexp(1)
        cross[torch.arange(len(rows)), rows] = -torch.inf
        rest[rows] = cross.logsumexp(1)
    low = (own - everyone).mean().item() + math.log(n)
    high = (own - rest).mean().item() + math.log(n - 1)
    return Interval(low, high, n, _is_resolved(low, n))


def _is_resolved(low: float, n: int) -> bool:
    return low <= math.log(n) - 1


def _gaussian_log_prob(
    posterior: Distribution,
) -> Callable[[Float[Tensor, "rows 1 latent"]], Float[Tensor, "rows n"]] | None:
    """Log density of each row under each Gaussian by matrix products; None for any other."""
    base = posterior.base_dist if isinstance(posterior, Independent) else None
    if not isinstance(base, Normal) or not (base.scale > 0).all():
        return None
    mean, scale = base.loc.cpu().double(), base.scale.cpu().double()
    centre = mean.mean(0)  # smaller numbers cancel less
    mean = mean - centre
    precision = scale**-2
    constant = -0.5 * (mean**2 * precision + math.log(2 * math.pi)).sum(1) - scale.log().sum(1)

    def log_prob(z: Float[Tensor, "rows 1 latent"]) -> Float[Tensor, "rows n"]:
        points = z.squeeze(1).cpu().double() - centre
        return constant + points @ (mean * precision).T - 0.5 * points**2 @ precision.T

    return log_prob


def marginal_kl(rate: float, information: Interval) -> Interval:
    """KL(q(z) ‖ p(z)) = rate - mutual information, nats; biased upwards at finite N."""
    return Interval(
        rate - information.high,
        rate - information.low,
        information.n,
        information.is_resolved,
        information.sd,
    )


def active_units(mean: Float[Tensor, "n latent"]) -> int:
    """Dimensions whose posterior mean varies over the data: Var_x(E_q[z_d|x]) > 0.01.

    Raises:
        ValueError: For fewer than two sentences, which have no unbiased variance.
    """
    return int((unit_variances(mean) > ACTIVE_VARIANCE).sum())


def unit_variances(mean: Float[Tensor, "n latent"]) -> Float[Tensor, " latent"]:
    """How much each dimension's posterior mean varies over the data: unbiased, float64.

    Raises:
        ValueError: For fewer than two sentences, which have no unbiased variance.
    """
    if len(mean) < 2:
        raise ValueError(f"active units need at least two sentences, got {len(mean)}")
    return mean.cpu().double().var(0)


def activity_ratios(
    mean: Float[Tensor, "n latent"], scale: Float[Tensor, "n latent"]
) -> Float[Tensor, " latent"]:
    """Var(mean) / (Var(mean) + E[σ²]) of each dimension, 0 to 1, float64.

    Unlike the variance of the mean it does not depend on the unit of z, which only N(0, I) fixes.

    Args:
        mean: Posterior means.
        scale: Posterior standard deviations.

    Raises:
        ValueError: For fewer than two sentences, which have no unbiased variance.
    """
    variances = unit_variances(mean)
    return variances / (variances + (scale.cpu().double() ** 2).mean(0)).clamp(min=1e-300)
