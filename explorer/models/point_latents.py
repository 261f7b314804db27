"""Latent spaces whose posterior is one point, so that there is no rate."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Distribution

from explorer.errors import ExplorerError, within
from explorer.models.distributions import diagonal_gaussian
from explorer.models.latent_base import Latent

_MAX_NOISE = 10.0
"""Standard deviations of the encodings: with more, hardly anything of z is left."""


class Deterministic(Latent):
    """The latent space of a plain autoencoder: a deterministic posterior without a rate.

    The posterior is a Gaussian of scale 0, whose samples are its mean. The prior in the recipe is
    unused: a density to sample from is fitted to the encodings after training, outside the
    objective. A VampPrior, a mixture of posteriors, has no density here.

    Args:
        feature_dim: Of the encoder.
        latent_dim: Of z.
        noise: Standard deviation of Gaussian noise on z in training, in standard deviations of
            the batch's encodings: relative, since the encoder would outgrow noise of a fixed size.
            It makes the decoder smooth (Poole et al. 2014, arXiv:1406.1831); 0 for none.
    """

    has_rate = False
    has_spread = False

    def __init__(self, feature_dim: int, latent_dim: int, noise: float = 0.0) -> None:
        super().__init__(latent_dim)
        within("model.latent.noise", noise, 0, _MAX_NOISE)
        self.mean = nn.Linear(feature_dim, latent_dim)
        self._noise = noise

    def posterior(self, features: Float[Tensor, "batch features"]) -> Distribution:
        """One point per row; in training with noise, a Gaussian around it."""
        mean = self.mean(features)
        if not (self.training and self._noise):
            return diagonal_gaussian(mean, torch.zeros_like(mean))
        scale = self._noise * mean.detach().std(0, correction=0).clamp(min=1e-6).expand_as(mean)
        return diagonal_gaussian(mean, scale)

    def rate(
        self, posterior: Distribution, prior: Distribution, z: Float[Tensor, "batch latent"]
    ) -> Float[Tensor, "batch terms"]:
        """0: an autoencoder has no rate."""
        return torch.zeros_like(posterior.mean)


class Given(Latent):
    """The latent space of vectors that came with the corpus: centred, and scaled as a whole.

    One scale for all dimensions leaves the neighbours, and so the map, those of the vectors: to
    whiten them would give the directions that hardly vary as much weight as the others. The mean
    variance of a dimension is 1. As in an autoencoder there is no rate, and a density to sample
    from is fitted after training.
    """

    has_rate = False
    centre: Tensor
    spread: Tensor

    def __init__(self, feature_dim: int, latent_dim: int) -> None:
        super().__init__(latent_dim)
        if feature_dim != latent_dim:
            raise ExplorerError(
                f"model.latent_dim: the vectors have {feature_dim} dimensions, not {latent_dim}"
            )
        self.register_buffer("centre", torch.zeros(latent_dim))
        self.register_buffer("spread", torch.ones(1))

    @torch.no_grad()
    def fit(self, vectors: Float[Tensor, "n latent"]) -> None:
        """Takes centre and scale from the vectors of the training sentences."""
        self.centre.copy_(vectors.mean(0))
        spread = vectors.var(0, correction=0).mean().sqrt()
        # Weights are stored in half precision, which rounds a smaller scale to 0.
        self.spread.fill_(spread.clamp(min=1e-4).half().float().item())
        self.centre.copy_(self.centre.half())

    def vectors(self, z: Float[Tensor, "*batch latent"]) -> Float[Tensor, "*batch latent"]:
        """Latent points as vectors of the corpus."""
        return z * self.spread + self.centre

    def posterior(self, features: Float[Tensor, "batch features"]) -> Distribution:
        """One point per row."""
        return diagonal_gaussian(
            (features - self.centre) / self.spread,
            torch.zeros_like((features - self.centre) / self.spread),
        )

    def rate(
        self, posterior: Distribution, prior: Distribution, z: Float[Tensor, "batch latent"]
    ) -> Float[Tensor, "batch terms"]:
        """0: a point has no rate."""
        return torch.zeros_like(posterior.mean)


class NoLatent(Latent):
    """The latent space of a language model: empty."""

    has_rate = False
    has_encoder = False

    def __init__(self, feature_dim: int, latent_dim: int) -> None:
        super().__init__(0)
        if latent_dim:
            raise ExplorerError(
                'model.latent = { name = "none" } is a language model: set model.latent_dim to 0'
            )

    def posterior(self, features: Float[Tensor, "batch features"]) -> Distribution:
        """A distribution of no dimensions per row."""
        return diagonal_gaussian(
            features.new_zeros(len(features), 0),
            torch.zeros_like(features.new_zeros(len(features), 0)),
        )

    def rate(
        self, posterior: Distribution, prior: Distribution, z: Float[Tensor, "batch latent"]
    ) -> Float[Tensor, "batch terms"]:
        """The rate of no dimensions, whose sum is 0."""
        return torch.zeros_like(posterior.mean)
