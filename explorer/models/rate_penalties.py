"""How the rate enters the loss: loss = distortion + beta * penalty(rate)."""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from explorer.config import Choice
from explorer.errors import ExplorerError, at_least
from explorer.models.vae import TextVAE
from explorer.registry import choose

RatePenalty = Callable[[Float[Tensor, "batch terms"]], Float[Tensor, " batch"]]
"""From the terms of the rate (one per dimension, if it is factorised) to a penalty per sentence,
both in nats."""


def plain(num_terms: int | None) -> RatePenalty:
    """The rate itself: at beta 1 the loss is the negative ELBO."""
    return lambda rate: rate.sum(1)


def free_bits(num_terms: int | None, nats: float = 8.0) -> RatePenalty:
    """At least `nats / num_terms` for every sentence and dimension.

    Below the floor a dimension has no gradient. `nats` is the total over dimensions, as in Li et
    al. (2019), arXiv:1909.00868, equation 3.

    Raises:
        ExplorerError: If the rate is not a sum over dimensions.
    """
    floor = _per_dimension("free_bits", num_terms, nats)
    return lambda rate: rate.clamp(min=floor).sum(1)


def free_bits_batch(num_terms: int | None, nats: float = 8.0) -> RatePenalty:
    """At least `nats / num_terms` for every dimension's mean over the batch.

    Kingma et al. (2016), arXiv:1606.04934, appendix C.8; `nats` is the total over dimensions.

    Raises:
        ExplorerError: If the rate is not a sum over dimensions.
    """
    floor = _per_dimension("free_bits_batch", num_terms, nats)
    return lambda rate: rate.mean(0).clamp(min=floor).sum().expand(len(rate))


def floor(num_terms: int | None, nats: float = 8.0) -> RatePenalty:
    """At least `nats` for the batch mean of the whole rate; defined for every prior."""
    at_least("objective.rate.nats", nats, 0)
    return lambda rate: rate.sum(1).mean().clamp(min=nats).expand(len(rate))


def threshold(num_terms: int | None, nats: float = 8.0) -> RatePenalty:
    """At least `nats` for the whole rate of every sentence; defined for every prior."""
    at_least("objective.rate.nats", nats, 0)
    return lambda rate: rate.sum(1).clamp(min=nats)


def _per_dimension(name: str, num_terms: int | None, nats: float) -> float:
    at_least("objective.rate.nats", nats, 0)
    if num_terms is None:
        raise ExplorerError(
            f"objective.rate: {name} needs a rate per dimension, which this latent space and "
            'prior do not have; use { name = "floor", nats = … }, on the mean of the whole rate'
        )
    return nats / max(num_terms, 1)


RATE_PENALTIES: dict[str, Callable[..., RatePenalty]] = {
    "plain": plain,
    "free_bits": free_bits,
    "free_bits_batch": free_bits_batch,
    "floor": floor,
    "threshold": threshold,
}


def penalty_for(model: TextVAE, rate: Choice) -> RatePenalty:
    """The penalty of a recipe, for a model's rate.

    Raises:
        ExplorerError: For an unknown name, an invalid setting, a penalty per dimension of a rate
            that has none, or free nats that the latent space cannot exceed.
    """
    penalty = choose(RATE_PENALTIES, rate, "objective.rate", num_terms=model.num_rate_terms)
    max_rate = model.latent.max_rate
    if math.isfinite(max_rate):
        shape = (1, model.num_rate_terms or 1)
        if penalty(torch.full(shape, max_rate / shape[1])) <= penalty(torch.zeros(shape)):
            raise ExplorerError(
                f"objective.rate: {rate.get('nats')} free nats are never exceeded, because the "
                f"rate of this latent space is at most {max_rate:.2f} nats; lower nats"
            )
    return penalty
