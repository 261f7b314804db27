"""Priors: modules that return p(z)."""

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, Independent, Normal


class StandardNormal(nn.Module):
    """N(0, I), the prior of Kingma & Welling (2014), arXiv:1312.6114."""

    loc: Tensor
    scale: Tensor

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        # Not persistent: constants need no place in a checkpoint, but must follow `.to(device)`.
        self.register_buffer("loc", torch.zeros(latent_dim), persistent=False)
        self.register_buffer("scale", torch.ones(latent_dim), persistent=False)

    def forward(self) -> Distribution:
        """The distribution, event shape (latent,)."""
        return Independent(Normal(self.loc, self.scale), 1)


PRIORS = {"normal": StandardNormal}
