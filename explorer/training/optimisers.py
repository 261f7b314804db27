"""What turns gradients into steps."""

from collections.abc import Callable
from typing import Any

import torch
from torch.optim import Optimizer

from explorer.config import TrainingConfig
from explorer.models.vae import TextVAE
from explorer.registry import choose

SCALE = "scale"
"""Of a group of weights: its learning rate, as a multiple of the recipe's."""


def adam(
    model: TextVAE,
    learning_rate: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    weight_decay: float = 0.0,
) -> Optimizer:
    """Steps in units of each weight's usual gradient (Kingma & Ba 2015, arXiv:1412.6980).

    With `weight_decay` it is AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101).

    Args:
        model: Whose weights it changes.
        learning_rate: Size of a step.
        beta1: Share of the mean gradient that is kept from step to step; 0 is no momentum.
        beta2: The same of the mean squared gradient.
        weight_decay: Each step shrinks every weight by this times the learning rate.
    """
    return torch.optim.Adam(
        model.parameters(),
        learning_rate,
        (beta1, beta2),
        weight_decay=weight_decay,
        decoupled_weight_decay=True,
        fused=_is_fused(model),
    )


def sgd(
    model: TextVAE, learning_rate: float, momentum: float = 0.0, weight_decay: float = 0.0
) -> Optimizer:
    """Steps along the clipped gradient, as He et al. (2019) and Li et al. (2019) trained.

    Args:
        model: Whose weights it changes.
        learning_rate: Length of a step for a gradient of length 1; near 1, since the loss is one
            of whole sentences and its gradient is clipped.
        momentum: Share of the step before that is taken again.
        weight_decay: Each step shrinks every weight by this times the learning rate, added to
            the gradient after clipping.
    """
    return torch.optim.SGD(
        model.parameters(),
        learning_rate,
        momentum,
        weight_decay=weight_decay,
        fused=_is_fused(model),
    )


def split(
    model: TextVAE, learning_rate: float, adam: float = 0.001, weight_decay: float = 0.0
) -> Optimizer:
    """`sgd` for the decoder and its words, `adam` for all else: encoder, latent space, prior.

    Language models of this kind generalise better by gradient descent, which on the other hand
    takes many epochs to teach an encoder.

    Args:
        model: Whose weights it changes.
        learning_rate: Of `sgd`.
        adam: Learning rate of `adam`, as a multiple of that of `sgd`.
        weight_decay: Of `sgd`.
    """
    words = [*model.embedding.parameters(), *model.decoder.parameters()]
    own = {id(weight) for weight in words}
    others = [weight for weight in model.parameters() if id(weight) not in own]
    fused = _is_fused(model)
    descent = torch.optim.SGD(
        dict.fromkeys(words), learning_rate, weight_decay=weight_decay, fused=fused
    )
    if not others:  # a language model
        return descent
    group = {"params": others, SCALE: adam}
    return _Both(descent, torch.optim.Adam([group], learning_rate * adam, fused=fused))


class _Both(Optimizer):
    """Two optimisers, of different weights, as one."""

    def __init__(self, *parts: Optimizer) -> None:
        super().__init__([group for part in parts for group in part.param_groups], {})
        self._parts = parts
        self._share()

    def step(self, closure: None = None) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """A step of each."""
        for part in self._parts:
            part.step()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """As of any optimiser."""
        super().load_state_dict(state_dict)
        self._share()

    def _share(self) -> None:
        """What they know of the weights is known here, where it is saved and restored."""
        groups = iter(self.param_groups)
        for part in self._parts:
            part.state = self.state
            part.param_groups = [next(groups) for _ in part.param_groups]


OPTIMISERS: dict[str, Callable[..., Optimizer]] = {"adam": adam, "sgd": sgd, "split": split}


def optimiser_for(model: TextVAE, training: TrainingConfig) -> Optimizer:
    """A fresh one, as the recipe asks for it."""
    rate = training.learning_rate
    where = "training.optimiser"
    return choose(OPTIMISERS, training.optimiser, where, model=model, learning_rate=rate)


def set_learning_rate(optimiser: Optimizer, rate: float) -> None:
    """The size of the next steps, which groups of weights may take at a scale of their own."""
    for group in optimiser.param_groups:
        group["lr"] = rate * group.get(SCALE, 1.0)


def _is_fused(model: TextVAE) -> bool:
    """Whether torch has fused kernels for where the model is."""
    return model.device.type in ("cpu", "cuda")
