"""The weights of the epoch with the lowest validation loss."""

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor

from explorer.models.vae import TextVAE
from explorer.runs.weights import unique


@dataclass(slots=True)
class BestWeights:
    """A copy of the best weights so far; epoch 0 until there are any."""

    loss: float = math.inf
    epoch: int = 0
    tensors: dict[str, Tensor] = field(default_factory=dict)
    """By name; tied weights once."""

    def update(self, model: TextVAE, loss: float, epoch: int) -> None:
        """Copies the model's weights if their loss is the lowest yet."""
        if loss < self.loss:
            weights = unique(model.state_dict())
            self.tensors = {name: tensor.detach().clone() for name, tensor in weights.items()}
            self.loss, self.epoch = loss, epoch

    def load_into(self, model: TextVAE) -> TextVAE:
        """The model with these weights; as it is if there are none."""
        weights = model.state_dict()
        with torch.no_grad():
            for name, tensor in self.tensors.items():
                weights[name].copy_(tensor)
        return model
