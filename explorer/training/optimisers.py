"""Optimisers: gradients to steps."""

from collections.abc import Callable
from typing import Any

import torch
from torch.optim import Optimizer

from explorer.config import TrainingConfig
from explorer.models.vae import TextVAE
from explorer.registry import choose

SCALE = "scale"
"""Key of a parameter group: its learning rate as a multiple of the recipe's."""


def adam(
    model: TextVAE,
    learning_rate: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    weight_decay: float = 0.0,
) -> Optimizer:
    """Adam (Kingma & Ba 2015, arXiv:1412.6980).

    With `weight_decay` it is AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101).

    Args:
        model: The model to train.
        learning_rate: Step size.
        beta1: Decay rate of the mean gradient; 0 for no momentum.
        beta2: Decay rate of the mean squared gradient.
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
    """Stochastic gradient descent, used by He et al. (2019) and Li et al. (2019).

    Args:
        model: The model to train.
        learning_rate: Step size; near 1, since the loss is per sentence and the gradient clipped.
        momentum: Decay rate of the previous step.
        weight_decay: L2 penalty, added to the gradient after clipping.
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
    """`sgd` for embedding and decoder, `adam` for encoder, latent space and prior.

    LSTM language models generalise better with gradient descent, with which an encoder takes many
    epochs to learn.

    Args:
        model: The model to train.
        learning_rate: Of `sgd`.
        adam: Learning rate of `adam` as a multiple of that of `sgd`.
        weight_decay: Of `sgd`.
    """
    decoder = [*model.embedding.parameters(), *model.decoder.parameters()]
    ids = {id(weight) for weight in decoder}
    others = [weight for weight in model.parameters() if id(weight) not in ids]
    fused = _is_fused(model)
    descent = torch.optim.SGD(
        dict.fromkeys(decoder), learning_rate, weight_decay=weight_decay, fused=fused
    )
    if not others:  # a language model
        return descent
    group = {"params": others, SCALE: adam}
    return _Both(descent, torch.optim.Adam([group], learning_rate * adam, fused=fused))


class _Both(Optimizer):
    """Two optimisers of different weights as one."""

    def __init__(self, *parts: Optimizer) -> None:
        super().__init__([group for part in parts for group in part.param_groups], {})
        self._parts = parts
        self._link()

    def step(self, closure: None = None) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        for part in self._parts:
            part.step()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        super().load_state_dict(state_dict)
        self._link()

    def _link(self) -> None:
        """Makes the parts use this state, which is saved and restored."""
        groups = iter(self.param_groups)
        for part in self._parts:
            part.state = self.state
            part.param_groups = [next(groups) for _ in part.param_groups]


OPTIMISERS: dict[str, Callable[..., Optimizer]] = {"adam": adam, "sgd": sgd, "split": split}


def optimiser_for(model: TextVAE, training: TrainingConfig) -> Optimizer:
    """A new optimiser of a recipe.

    Raises:
        ExplorerError: For an unknown name or an invalid setting.
    """
    return choose(
        OPTIMISERS,
        training.optimiser,
        "training.optimiser",
        model=model,
        learning_rate=training.learning_rate,
    )


def set_learning_rate(optimiser: Optimizer, rate: float) -> None:
    """Sets the learning rate of each group, times its `SCALE`."""
    for group in optimiser.param_groups:
        group["lr"] = rate * group.get(SCALE, 1.0)


def _is_fused(model: TextVAE) -> bool:
    """Whether torch has fused kernels for the model's device."""
    return model.device.type in ("cpu", "cuda")
