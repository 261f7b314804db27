"""What every latent space has: a posterior family, its rate and its geometry."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.distributions import Distribution
from torch.nn.functional import normalize

from explorer.errors import ExplorerError

_ENDS = 2.0
"""Prior standard deviations at which the ends of a dimension are read."""


class Latent(nn.Module):
    """A latent space."""

    has_rate = True
    has_encoder = True
    has_spread = True
    """Whether a posterior is more than one point."""
    has_units = True
    """Whether the variance of a coordinate tells if it is used."""
    without_units = ""
    """The reason if it does not."""
    prior: str = "normal"
    """Name of the prior it has by default; others name their spaces themselves."""
    num_categories: int = 0
    """Values of each code, in a space that is made of codes."""

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        self.latent_dim = latent_dim

    @property
    def num_rate_terms(self) -> int | None:
        """Number of terms of the closed-form rate; None if it is a single number."""
        return self.latent_dim

    @property
    def max_rate(self) -> float:
        """Upper bound on the rate, nats."""
        return math.inf

    def posterior(self, features: Float[Tensor, "batch features"]) -> Distribution:
        """q(z|x): one distribution a row, event shape (latent,)."""
        raise NotImplementedError

    def rate(
        self, posterior: Distribution, prior: Distribution, z: Float[Tensor, "batch latent"]
    ) -> Float[Tensor, "batch terms"]:
        """KL(q(z|x) ‖ p(z)), nats: its terms in closed form, or one estimate from the sample z."""
        return (posterior.log_prob(z) - prior.log_prob(z)).unsqueeze(-1)

    def uniform(self) -> Distribution:
        """The uniform distribution on a bounded space, on the device of the weights."""
        raise ExplorerError('model.prior: this space is unbounded; use model.latent "cube"')

    def project(self, z: Float[Tensor, "*batch latent"]) -> Float[Tensor, "*batch latent"]:
        """The point of the space nearest to z, which may be an average of points."""
        return z

    def read(self, z: Float[Tensor, "*batch latent"]) -> Float[Tensor, "*batch latent"]:
        """What the decoder sees of z."""
        return z

    def topic_points(self) -> Float[Tensor, "topics latent"]:
        """What the decoder sees where a topic is alone: both ends of each dimension, 2σ out."""
        both = _ENDS * torch.eye(self.latent_dim)
        return torch.cat([both, -both])

    def topic_shares(self, z: Float[Tensor, "*batch latent"]) -> Float[Tensor, "*batch topics"]:
        """The share of each of `topic_points` in a point, 0 to 1, by how far out it lies."""
        return normalize(torch.cat([z, -z], -1).clamp(min=0), p=1, dim=-1)

    def vectors(self, z: Float[Tensor, "*batch latent"]) -> Float[Tensor, "*batch latent"]:
        """What is compared by cosine: z, or what it stands for."""
        return z

    def commitment(self, posterior: Distribution) -> Float[Tensor, " batch"]:
        """A loss of the encoder outside the ELBO; 0 without one."""
        return posterior.mean.new_zeros(posterior.mean.shape[:-1])

    def categories(self, z: Float[Tensor, "*batch latent"]) -> Int[Tensor, "*batch codes"]:
        """The category of each code at the nearest point of a space that is made of codes.

        Raises:
            ExplorerError: If the space is not.
        """
        raise ExplorerError("this latent space has no codes")

    def of_categories(
        self, categories: Int[Tensor, "*batch codes"]
    ) -> Float[Tensor, "*batch latent"]:
        """The point with these categories, each below `num_categories`; undoes `categories`.

        Raises:
            ExplorerError: If the space is not made of codes.
        """
        raise ExplorerError("this latent space has no codes")
