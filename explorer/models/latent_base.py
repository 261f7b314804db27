"""The base of latent spaces."""

import math

import torch
from jaxtyping import Float
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
    has_units = True
    """Whether the variance of a coordinate tells if it is used."""
    without_units = ""
    """The reason if it does not."""
    prior: str = "normal"
    """Name of the prior it has by default; others name their spaces themselves."""

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
