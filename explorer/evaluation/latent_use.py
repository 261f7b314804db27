"""How much of a sentence z holds, and in how many dimensions."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Distribution

from explorer.latent_space.projections import ACTIVE_VARIANCE

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
    n = len(z)
    if n < 2:
        raise ValueError(f"mutual information needs at least two sentences, got {n}")
    own = posterior.log_prob(z).cpu().double()
    step = max(1, _ENTRIES // (n * max(1, z.shape[1])))
    everyone, rest = torch.empty_like(own), torch.empty_like(own)
    for start in range(0, n, step):
        rows = torch.arange(start, min(n, start + step))
        cross = posterior.log_prob(z[rows].unsqueeze(1)).cpu().double()  # (rows, n)
        everyone[rows] = cross.logsumexp(1)
        cross[torch.arange(len(rows)), rows] = -torch.inf
        rest[rows] = cross.logsumexp(1)
    low = (own - everyone).mean().item() + math.log(n)
    high = (own - rest).mean().item() + math.log(n - 1)
    return Interval(low, high, n, low <= math.log(n) - 1)


def marginal_kl(rate: float, information: Interval) -> Interval:
    """KL(q(z) ‖ p(z)) = rate - mutual information, nats; biased upwards at finite N."""
    return Interval(
        rate - information.high, rate - information.low, information.n, information.is_resolved
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
