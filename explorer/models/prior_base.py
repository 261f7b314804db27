"""What every prior has, and the coordinates in which one is fitted: modules that return p(z)."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Distribution

from explorer.models.distributions import AffineDistribution, whiten
from explorer.models.encoder_base import Encoder
from explorer.models.latent_base import Latent

MAX_COUNT = 10_000
"""A recipe from elsewhere must not take all the memory there is."""


class Prior(nn.Module):
    """What every prior has.

    Args:
        latent: The space it lives on.
        encoder: The model's; None for a language model.
    """

    joint: tuple[type[Latent], ...] = ()
    """Spaces on which it can be trained jointly, besides those whose default it is."""
    fitted: tuple[type[Latent], ...] = ()
    """Spaces on whose encodings it can be fitted after training."""
    is_factorised = False
    """Whether it is a product over dimensions, so that the rate is a sum over them."""
    title = ""
    """What a sentence calls it, without an article."""

    def __init__(self, latent: Latent, encoder: Encoder | None) -> None:
        super().__init__()
        self.basis: Whitening | None = None
        """The coordinates it lives in, where those are fitted too."""

    def forward(self) -> Distribution:
        """p(z), event shape (latent,)."""
        raise NotImplementedError

    def initialise(self, ids: Sequence[Sequence[int]], seed: int) -> None:
        """Moves what is learned to where these sentences are encoded; nothing where it is not."""

    def loss(self, z: Float[Tensor, "n d"], source: torch.Generator) -> Float[Tensor, ""]:
        """What a fit to samples of the posteriors minimises: the mean of −log p(z), nats.

        Args:
            z: Samples.
            source: Of the draws of a loss that is itself an estimate.
        """
        return -self().log_prob(z).mean()


class Whitening(nn.Module):
    """Coordinates in which encodings are centred, uncorrelated and of variance 1.

    Nothing pulls an autoencoder's encodings to N(0, I): they lie anywhere, strongly correlated. A
    density of the whitened ones starts from the likeliest single Gaussian.
    """

    _LEAST = 1e-6  # of the mean variance: keeps a dimension that never varies invertible
    centre: Tensor
    factor: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.register_buffer("centre", torch.zeros(size))
        self.register_buffer("factor", torch.eye(size))

    def forward(self, base: Distribution) -> Distribution:
        """A distribution of whitened encodings, as one of encodings."""
        return AffineDistribution(base, self.centre, self.factor)

    def whiten(self, z: Float[Tensor, "n d"]) -> Float[Tensor, "n d"]:
        """Encodings in these coordinates."""
        return whiten(z, self.centre, self.factor)

    @torch.no_grad()
    def fit(self, mean: Float[Tensor, "n d"], scale: Float[Tensor, "n d"]) -> None:
        """Takes mean and covariances from posteriors, N(mean, diag(scale²)) a row."""
        # On the CPU: not every GPU has float64.
        covariance = torch.cov(mean.T.cpu().double(), correction=0).reshape(len(self.centre), -1)
        covariance += scale.cpu().double().square().mean(0).diag()
        least = self._LEAST * covariance.diagonal().mean().clamp(min=self._LEAST)
        covariance += least * torch.eye(len(covariance)).to(covariance)
        self.factor.copy_(torch.linalg.cholesky(covariance))
        self.centre.copy_(mean.mean(0))
