"""Semi-amortised inference: gradient steps improve each posterior before the decoder learns.

An encoder that lags behind the decoder answers with posteriors that the decoder may as well
ignore. A few steps on each sentence's own posterior give the decoder a better one, and the encoder
a better one to learn.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Distribution

from explorer.config import ObjectiveConfig
from explorer.errors import ExplorerError, within
from explorer.models.batch_shard import WHOLE_BATCH, BatchShard
from explorer.models.distributions import diagonal_gaussian
from explorer.models.latents import Gaussian
from explorer.models.vae import TextVAE

MAX_STEPS = 100
_STEP = 0.1
"""Size of the first step; the sizes fall to 0."""

Objective = Callable[[Float[Tensor, "rows latent"], Distribution], Float[Tensor, " rows"]]
"""From a draw of each posterior, and the posteriors, to what is minimised, nats per sentence."""


def check_steps(model: TextVAE, objective: ObjectiveConfig) -> None:
    """Checks that a model can be trained with the refinement steps of a recipe.

    Raises:
        ExplorerError: If not; the message says what to change.
    """
    within("objective.refine_steps", objective.refine_steps, 0, MAX_STEPS)
    if not objective.refine_steps:
        return
    if not isinstance(model.latent, Gaussian):
        raise ExplorerError(
            "objective.refine_steps: only Gaussian posteriors can be refined; set 0"
        )
    if objective.draws > 1:
        raise ExplorerError("objective.refine_steps needs a single draw: set objective.draws = 1")


def refined(
    posterior: Distribution, objective: Objective, steps: int, shard: BatchShard = WHOLE_BATCH
) -> Distribution:
    """Posteriors after steps along the natural gradient of an objective.

    For q = N(μ, diag(σ²)) it is σ²∇μ, and ∇(log σ) / 2: steps have no units, and none is longer
    than the posterior is wide unless the objective is far steeper than its prior. The result has
    the values of the last step and the gradient of the first: that through the steps, which needs
    second derivatives, is left out.

    Args:
        posterior: Gaussians, a row each.
        objective: Of the shard's rows.
        steps: Their number; 0 changes nothing.
        shard: The rows that this process computes.

    Source:
        Kim et al. (2018), Semi-Amortized Variational Autoencoders, algorithm 1,
        arXiv:1802.02550, without its gradient through the steps.
    """
    rows, start, spread = shard.rows, posterior.mean, posterior.stddev
    mean, log_scale = start.detach()[rows], spread.detach()[rows].log()
    for step in range(steps):
        noise = torch.randn_like(start)[rows]  # of the whole batch: processes draw alike
        mean, log_scale = mean.requires_grad_(True), log_scale.requires_grad_(True)
        scale = log_scale.exp()
        nats = objective(mean + scale * noise, diagonal_gaussian(mean, scale)).sum()
        along_mean, along_scale = torch.autograd.grad(nats, (mean, log_scale))
        size = _STEP * (1 - step / steps)
        with torch.no_grad():
            mean = mean - size * scale**2 * along_mean
            log_scale = log_scale - size / 2 * along_scale
    shift = shard.all_gather(mean.detach() - start.detach()[rows])
    factor = shard.all_gather(log_scale.detach().exp() / spread.detach()[rows])
    return diagonal_gaussian(start + shift, spread * factor)
