"""Latent spaces: a posterior family, how its rate is charged, and the space's geometry."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Distribution, Independent, Normal

from explorer.errors import ExplorerError


class Gaussian(nn.Module):
    """q(z|x) = N(mean, diag(scale²)), read off the encoder's features by two linear maps."""

    has_rate = True
    has_encoder = True

    def __init__(self, feature_dim: int, latent_dim: int) -> None:
        super().__init__()
        self.mean = nn.Linear(feature_dim, latent_dim)
        self.log_variance = nn.Linear(feature_dim, latent_dim)

    def posterior(self, features: Float[Tensor, "batch features"]) -> Distribution:
        """One distribution a row, event shape (latent,)."""
        mean, log_variance = self.mean(features), self.log_variance(features)
        # Beyond these the variance leaves float32's comfortable range in an early, wild step.
        return Independent(Normal(mean, (0.5 * log_variance.clamp(-16, 8)).exp()), 1)

    def rate(self, posterior: Distribution, prior: Distribution) -> Float[Tensor, "batch latent"]:
        """KL(q(z_d|x) ‖ p(z_d)) of each dimension, nats (closed form)."""
        assert isinstance(posterior, Independent) and isinstance(prior, Independent)
        return torch.distributions.kl_divergence(posterior.base_dist, prior.base_dist)


class Point(nn.Module):
    """A plain autoencoder's space: the posterior is a point, there is no rate.

    The posterior is a Gaussian of scale 0, whose samples are its mean; it has no density.
    """

    has_rate = False
    has_encoder = True

    def __init__(self, feature_dim: int, latent_dim: int) -> None:
        super().__init__()
        self.mean = nn.Linear(feature_dim, latent_dim)

    def posterior(self, features: Float[Tensor, "batch features"]) -> Distribution:
        """One point a row, event shape (latent,)."""
        mean = self.mean(features)
        zero = torch.zeros_like(mean)
        return Independent(Normal(mean, zero, validate_args=False), 1, validate_args=False)

    def rate(self, posterior: Distribution, prior: Distribution) -> Float[Tensor, "batch latent"]:
        """Zero: an autoencoder has no rate, and nothing is charged for one."""
        return torch.zeros_like(posterior.mean)


class Nothing(nn.Module):
    """The latent space of a language model: empty."""

    has_rate = False
    has_encoder = False

    def __init__(self, feature_dim: int, latent_dim: int) -> None:
        super().__init__()
        if latent_dim:
            raise ExplorerError(
                'model.latent = { name = "none" } is a language model: set model.latent_dim to 0'
            )

    def posterior(self, features: Float[Tensor, "batch features"]) -> Distribution:
        """A distribution over nothing, one a row."""
        empty = features.new_zeros(len(features), 0)
        return Independent(Normal(empty, empty, validate_args=False), 1, validate_args=False)

    def rate(self, posterior: Distribution, prior: Distribution) -> Float[Tensor, "batch latent"]:
        """Nothing is encoded, so the rate is 0 of 0 dimensions."""
        return torch.zeros_like(posterior.mean)


LATENTS = {"gaussian": Gaussian, "point": Point, "none": Nothing}
