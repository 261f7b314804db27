"""How the rate enters the loss: loss = distortion + beta * charge(rate)."""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from explorer.config import Choice
from explorer.errors import ExplorerError
from explorer.models.vae import TextVAE
from explorer.registry import choose

Charge = Callable[[Float[Tensor, "batch parts"]], Float[Tensor, " batch"]]
"""From the rate in its parts (dimensions, where it is a sum over them) to what a sentence is
charged, both in nats."""


def plain(parts: int | None) -> Charge:
    """The rate itself: the loss at beta 1 is the negative ELBO."""
    return lambda rate: rate.sum(1)


def free_bits(parts: int | None, nats: float = 8.0) -> Charge:
    """At least `nats / parts` for every sentence and dimension.

    Below that floor a dimension costs the same whether it is used or not, so the gradient leaves
    it alone. Per sentence and dimension, `nats` the total over dimensions: Li et al. (2019),
    arXiv:1909.00868, equation 3.

    Raises:
        ExplorerError: If the rate is no sum over dimensions.
    """
    floor = _per_dimension("free_bits", parts, nats)
    return lambda rate: rate.clamp(min=floor).sum(1)


def free_bits_batch(parts: int | None, nats: float = 8.0) -> Charge:
    """At least `nats / parts` for every dimension's mean over the batch.

    Kingma et al. (2016), arXiv:1606.04934, appendix C.8; `nats` the total over dimensions.

    Raises:
        ExplorerError: If the rate is no sum over dimensions.
    """
    floor = _per_dimension("free_bits_batch", parts, nats)
    return lambda rate: rate.mean(0).clamp(min=floor).sum().expand(len(rate))


def floor(parts: int | None, nats: float = 8.0) -> Charge:
    """At least `nats` for the batch mean of the whole rate: exists for every prior."""
    _positive(nats)
    return lambda rate: rate.sum(1).mean().clamp(min=nats).expand(len(rate))


def threshold(parts: int | None, nats: float = 8.0) -> Charge:
    """At least `nats` for the whole rate of every sentence: exists for every prior."""
    _positive(nats)
    return lambda rate: rate.sum(1).clamp(min=nats)


def _per_dimension(name: str, parts: int | None, nats: float) -> float:
    _positive(nats)
    if parts is None:
        raise ExplorerError(
            f"objective.rate: {name} needs a rate per dimension, which this latent space and "
            'prior do not have; use { name = "floor", nats = … }, on the mean of the whole rate'
        )
    return nats / max(parts, 1)


def _positive(nats: float) -> None:
    if nats < 0:
        raise ExplorerError(f"objective.rate.nats: {nats} is below 0")


RATES: dict[str, Callable[..., Charge]] = {
    "plain": plain,
    "free_bits": free_bits,
    "free_bits_batch": free_bits_batch,
    "floor": floor,
    "threshold": threshold,
}


def charge_for(model: TextVAE, rate: Choice) -> Charge:
    """The charge a recipe names, for the rate this model has.

    Raises:
        ExplorerError: For an unknown name, a wrong setting, or a charge that this rate cannot
            have or never reaches.
    """
    charge = choose(RATES, rate, "objective.rate", parts=model.rate_parts)
    most = model.latent.most_rate
    if math.isfinite(most):
        parts = model.rate_parts or 1
        if charge(torch.full((1, parts), most / parts)) <= charge(torch.zeros(1, parts)):
            raise ExplorerError(
                f"objective.rate: {rate.get('nats')} free nats are never exceeded: this latent "
                f"space holds at most {most:.2f} nats; leave fewer free"
            )
    return charge
