"""How the rate enters the loss: loss = distortion + beta * charge(rate)."""

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor

from explorer.errors import ExplorerError

Charge = Callable[[Float[Tensor, "batch latent"]], Float[Tensor, " batch"]]
"""From the rate per dimension to what a sentence is charged, both in nats."""


def plain(latent_dim: int) -> Charge:
    """The rate itself: the loss at beta 1 is the negative ELBO."""
    return lambda rate: rate.sum(1)


def free_bits(latent_dim: int, nats: float) -> Charge:
    """At least `nats / latent_dim` for every sentence and dimension.

    Below that floor a dimension costs the same whether it is used or not, so the gradient leaves
    it alone. Per sentence and dimension, `nats` the total over dimensions: Li et al. (2019),
    arXiv:1909.00868, equation 3; Kingma et al. (2016), arXiv:1606.04934, appendix C.8, use the
    mean over a batch instead.
    """
    if nats < 0:
        raise ExplorerError(f"objective.rate.nats: {nats} is below 0")
    floor = nats / max(latent_dim, 1)
    return lambda rate: rate.clamp(min=floor).sum(1)


RATES = {"plain": plain, "free_bits": free_bits}
