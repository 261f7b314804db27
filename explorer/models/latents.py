"""The latent spaces there are; `latent_base` says what each of them has."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.distributions import Distribution, Independent
from torch.nn.functional import normalize, softplus

from explorer.errors import ExplorerError, at_least, within
from explorer.models.codebook import Codebook
from explorer.models.distributions import (
    BOX,
    BetaOnBox,
    Codes,
    UniformOnSphere,
    VonMisesFisher,
    diagonal_gaussian,
    one_hot,
)
from explorer.models.latent_base import Latent
from explorer.models.point_latents import Deterministic, Given, NoLatent

_MAX_MIN_RATE = 13.0
"""Nats per dimension: with more, the variance would be below its lower clamp."""


class Gaussian(Latent):
    """q(z|x) = N(mean, diag(scale²)), two linear maps of the encoder's features.

    Args:
        feature_dim: Of the encoder.
        latent_dim: Of z.
        batch_norm: γ > 0 normalises each mean over the batch to variance γ², which bounds the
            rate under N(0, I) from below (Zhu et al. 2020, arXiv:2004.12585, section 3), but not
            under a learned prior; 0 for none.
        min_rate: δ > 0 bounds every dimension's rate under N(0, I) from below by δ through the
            scales (after Razavi et al. 2019, arXiv:1901.03416, who bound the total); 0 for none.
    """

    def __init__(
        self,
        feature_dim: int,
        latent_dim: int,
        batch_norm: float = 0.0,
        min_rate: float = 0.0,
    ) -> None:
        super().__init__(latent_dim)
        at_least("model.latent.batch_norm", batch_norm, 0)
        at_least("model.latent.min_rate", min_rate, 0)
        if min_rate > _MAX_MIN_RATE:
            raise ExplorerError(
                f"model.latent.min_rate: {min_rate} nats per dimension is above {_MAX_MIN_RATE}, "
                "the highest bound that can be guaranteed"
            )
        self.mean = nn.Linear(feature_dim, latent_dim)
        self.log_variance = nn.Linear(feature_dim, latent_dim)
        self.batch_norm = nn.BatchNorm1d(latent_dim, affine=False) if batch_norm else None
        self._gamma = batch_norm
        # With a mean of 0 the rate is (s² − 1 − log s²) / 2, which is at least δ for s² up to:
        self._max_variance = _variance_of_rate(min_rate) if min_rate else math.inf

    def posterior(self, features: Float[Tensor, "batch features"]) -> Distribution:
        """One Gaussian per row."""
        mean, log_variance = self.mean(features), self.log_variance(features)
        if self.batch_norm is not None:
            mean = self._gamma * self.batch_norm(mean)
        # Without the clamp an early step can take the variance out of float32's range.
        highest = min(8.0, math.log(self._max_variance))
        scale = (0.5 * log_variance.clamp(-16, highest)).exp()
        return diagonal_gaussian(mean, scale)

    def rate(
        self, posterior: Distribution, prior: Distribution, z: Float[Tensor, "batch latent"]
    ) -> Float[Tensor, "batch terms"]:
        """Per dimension in closed form for a factorised prior, else estimated at z."""
        if isinstance(posterior, Independent) and isinstance(prior, Independent):
            return torch.distributions.kl_divergence(posterior.base_dist, prior.base_dist)
        return super().rate(posterior, prior, z)


class Simplex(Gaussian):
    """Shares of topics: the decoder sees θ = softmax(σ z) of a Gaussian z (logistic normal).

    Under N(0, I) the Laplace approximation of a Dirichlet prior on θ is met by
    σ² = (1 − 1/K) / α. The map and the paths are those of z, which is unbounded.

    Args:
        feature_dim: Of the encoder.
        latent_dim: K, the number of topics.
        concentration: α of the Dirichlet distribution: the smaller, the fewer topics a document
            has.
        batch_norm: See `Gaussian`.
        min_rate: See `Gaussian`.

    Source:
        Srivastava & Sutton (2017), Autoencoding Variational Inference for Topic Models,
        arXiv:1703.01488, section 3.2.
    """

    def __init__(
        self,
        feature_dim: int,
        latent_dim: int,
        concentration: float = 1.0,
        batch_norm: float = 0.0,
        min_rate: float = 0.0,
    ) -> None:
        super().__init__(feature_dim, latent_dim, batch_norm, min_rate)
        within("model.latent.concentration", concentration, 1e-3, 1e3)
        self.spread = math.sqrt((1 - 1 / max(latent_dim, 2)) / concentration)

    def read(self, z: Float[Tensor, "*batch latent"]) -> Float[Tensor, "*batch latent"]:
        """The shares of the topics."""
        return (self.spread * z).softmax(-1)

    def topic_points(self) -> Float[Tensor, "topics latent"]:
        """The corners of the simplex."""
        return torch.eye(self.latent_dim)

    def topic_shares(self, z: Float[Tensor, "*batch latent"]) -> Float[Tensor, "*batch topics"]:
        """The shares of the topics."""
        return self.read(z)


class Sphere(Latent):
    """Von Mises–Fisher posteriors with one concentration on the unit sphere.

    `concentration` fixes the rate, the same for every sentence: it can neither collapse nor adapt
    (Xu & Durrett 2018, arXiv:1808.10805).
    """

    prior = "uniform"
    has_units = False
    without_units = "the variances of a unit vector's coordinates sum to at most 1"

    def __init__(self, feature_dim: int, latent_dim: int, concentration: float = 80.0) -> None:
        super().__init__(latent_dim)
        if latent_dim < 2 or not 0 < concentration <= 10_000:
            raise ExplorerError(
                "model.latent: a sphere needs a latent_dim of at least 2 and a concentration "
                "above 0, at most 10000"
            )
        self.direction = nn.Linear(feature_dim, latent_dim)
        self.concentration = concentration

    @property
    def num_rate_terms(self) -> int | None:
        """None: the rate of a direction is a single number."""
        return None

    def posterior(self, features: Float[Tensor, "batch features"]) -> Distribution:
        """One distribution of directions per row."""
        return VonMisesFisher(normalize(self.direction(features), dim=-1), self.concentration)

    def rate(
        self, posterior: Distribution, prior: Distribution, z: Float[Tensor, "batch latent"]
    ) -> Float[Tensor, "batch terms"]:
        """In closed form: κ times the mean resultant length, plus log normaliser and log area."""
        assert isinstance(posterior, VonMisesFisher) and isinstance(prior, UniformOnSphere)
        fixed = posterior.concentration * posterior.resultant + posterior.log_normaliser
        return posterior.mean.new_full((*posterior.batch_shape, 1), fixed + prior.log_area)

    def uniform(self) -> Distribution:
        """The uniform distribution on the sphere."""
        return UniformOnSphere(self.direction.bias.detach())

    def project(self, z: Float[Tensor, "*batch latent"]) -> Float[Tensor, "*batch latent"]:
        """The nearest direction."""
        return normalize(z, dim=-1)


class Box(Latent):
    """Beta posteriors in the box [−√3, √3]^d, where the uniform prior has variance 1.

    A Gaussian posterior mapped through the normal distribution function would not be another
    model, only N(0, I) in other coordinates, with the same rate.
    """

    prior = "uniform"

    def __init__(self, feature_dim: int, latent_dim: int) -> None:
        super().__init__(latent_dim)
        self.mode = nn.Linear(feature_dim, latent_dim)
        self.sharpness = nn.Linear(feature_dim, latent_dim)

    def posterior(self, features: Float[Tensor, "batch features"]) -> Distribution:
        """A Beta per coordinate; both concentrations are at least 1, so it is unimodal."""
        mode = self.mode(features).sigmoid()
        # Above this a Beta is narrower than float32 can draw from.
        sharp = softplus(self.sharpness(features)).clamp(max=1e4)
        return BetaOnBox(1 + sharp * mode, 1 + sharp * (1 - mode))

    def rate(
        self, posterior: Distribution, prior: Distribution, z: Float[Tensor, "batch latent"]
    ) -> Float[Tensor, "batch terms"]:
        """Per coordinate in closed form."""
        assert isinstance(posterior, BetaOnBox)
        return posterior.rates()

    def uniform(self) -> Distribution:
        """The uniform distribution in the box."""
        ones = torch.ones_like(self.mode.bias.detach())
        return BetaOnBox(ones, ones)

    def project(self, z: Float[Tensor, "*batch latent"]) -> Float[Tensor, "*batch latent"]:
        """The nearest point of the box."""
        return z.clamp(-BOX, BOX)


class Categorical(Latent):
    """`latent_dim / num_categories` categorical variables, sampled by Gumbel-softmax.

    There is no path between two codes, and no variance that tells which are used.
    """

    prior = "uniform"
    has_units = False
    without_units = "the variance of a code does not show whether it is used"

    def __init__(
        self, feature_dim: int, latent_dim: int, num_categories: int = 8, temperature: float = 0.7
    ) -> None:
        super().__init__(latent_dim)
        if num_categories < 2 or latent_dim % num_categories or temperature <= 0:
            raise ExplorerError(
                f"model.latent: codes need at least 2 categories, not {num_categories}, a "
                f"latent_dim that is a multiple of their number, not {latent_dim}, and a "
                "temperature above 0"
            )
        self.logits = nn.Linear(feature_dim, latent_dim)
        self.num_categories = num_categories
        self.temperature = temperature

    @property
    def num_rate_terms(self) -> int | None:
        """One term per code."""
        return self.latent_dim // self.num_categories

    @property
    def max_rate(self) -> float:
        """The entropy of the prior, reached when every code is certain."""
        return self.latent_dim // self.num_categories * math.log(self.num_categories)

    def posterior(self, features: Float[Tensor, "batch features"]) -> Distribution:
        """Independent codes per row."""
        logits = self.logits(features).unflatten(-1, (-1, self.num_categories))
        return Codes(logits, self.temperature)

    def rate(
        self, posterior: Distribution, prior: Distribution, z: Float[Tensor, "batch latent"]
    ) -> Float[Tensor, "batch terms"]:
        """Per code in closed form."""
        assert isinstance(posterior, Codes)
        return posterior.rates()

    def uniform(self) -> Distribution:
        """All codes equally likely."""
        return Codes(torch.zeros_like(self.logits.bias.detach()).view(-1, self.num_categories))

    def project(self, z: Float[Tensor, "*batch latent"]) -> Float[Tensor, "*batch latent"]:
        """The most likely category of each code."""
        return one_hot(z.unflatten(-1, (-1, self.num_categories))).flatten(-2)

    def categories(self, z: Float[Tensor, "*batch latent"]) -> Int[Tensor, "*batch codes"]:
        """Where each block is largest."""
        return z.unflatten(-1, (-1, self.num_categories)).argmax(-1)

    def of_categories(
        self, categories: Int[Tensor, "*batch codes"]
    ) -> Float[Tensor, "*batch latent"]:
        """One-hot blocks."""
        blocks = torch.nn.functional.one_hot(categories, self.num_categories)
        return blocks.flatten(-2).to(self.logits.weight)


def _variance_of_rate(rate: float) -> float:
    """The variance below 1 at which (s² − 1 − log s²) / 2 is `rate`, by bisection."""
    low, high = 1e-12, 1.0
    for _ in range(100):
        middle = (low + high) / 2
        is_above = (middle - 1 - math.log(middle)) / 2 > rate
        low, high = (middle, high) if is_above else (low, middle)
    return low


LATENTS: dict[str, type[Latent]] = {
    "gaussian": Gaussian,
    "simplex": Simplex,
    "point": Deterministic,
    "vectors": Given,
    "none": NoLatent,
    "sphere": Sphere,
    "cube": Box,
    "codes": Categorical,
    "codebook": Codebook,
}
