"""What turns gradients into steps."""

import torch

from explorer.config import TrainingConfig
from explorer.models.vae import TextVAE
from explorer.registry import choose


def adam(
    model: TextVAE, learning_rate: float, beta1: float = 0.9, beta2: float = 0.999
) -> torch.optim.Optimizer:
    """Steps in units of each weight's usual gradient (Kingma & Ba 2015, arXiv:1412.6980).

    Args:
        model: Whose weights it changes.
        learning_rate: Size of a step.
        beta1: Share of the mean gradient that is kept from step to step; 0 is no momentum.
        beta2: The same of the mean squared gradient.
    """
    betas = (beta1, beta2)
    return torch.optim.Adam(model.parameters(), learning_rate, betas, fused=_is_fused(model))


def sgd(model: TextVAE, learning_rate: float, momentum: float = 0.0) -> torch.optim.Optimizer:
    """Steps along the clipped gradient, as He et al. (2019) and Li et al. (2019) trained.

    Args:
        model: Whose weights it changes.
        learning_rate: Length of a step for a gradient of length 1; near 1, since the loss is one
            of whole sentences and its gradient is clipped.
        momentum: Share of the step before that is taken again.
    """
    return torch.optim.SGD(model.parameters(), learning_rate, momentum, fused=_is_fused(model))


OPTIMISERS = {"adam": adam, "sgd": sgd}


def optimiser_for(model: TextVAE, training: TrainingConfig) -> torch.optim.Optimizer:
    """A fresh one, as the recipe asks for it."""
    rate = training.learning_rate
    where = "training.optimiser"
    return choose(OPTIMISERS, training.optimiser, where, model=model, learning_rate=rate)


def _is_fused(model: TextVAE) -> bool:
    """Whether torch has fused kernels for where the model is."""
    return model.device.type in ("cpu", "cuda")
