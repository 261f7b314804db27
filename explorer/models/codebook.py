"""Codes from learned codebooks: vector quantisation, its posterior and its uniform prior."""

import math
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.distributions import Distribution

from explorer.errors import ExplorerError, at_least, within
from explorer.models.distributions import UncheckedDistribution
from explorer.models.latent_base import Latent

_LARGEST = 65_536
"""Vectors of a codebook: a recipe from elsewhere must not take all the memory there is."""
_DEAD = 0.1
"""A vector chosen this many times less often than the average one is replaced."""


class Codebook(Latent):
    """`codes` parts of z, each the nearest of `num_categories` learned vectors (a VQ-VAE).

    The codebooks follow the encodings nearest to each vector as moving averages; a vector that is
    hardly chosen becomes a random encoding of the batch. The decoder's gradient passes through
    the choice. The rate is −log p(z), constant under the uniform prior; fit `autoregressive`
    after training.

    Args:
        feature_dim: Of the encoder.
        latent_dim: Of z, a multiple of `codes`.
        codes: Number of codes, each with a codebook of its own.
        num_categories: Vectors of each codebook.
        commitment: Weight of the squared distance of an encoding from its vector.
        decay: Of the moving averages, per step.

    Source:
        van den Oord et al. (2017), arXiv:1711.00937, section 3 and appendix A.1; one codebook a
        part: Kaiser et al. (2018), arXiv:1803.03382, section 3; replaced vectors: Dhariwal et
        al. (2020), arXiv:2005.00341, section 2.1.
    """

    prior = "uniform"
    has_spread = False
    has_units = False
    without_units = "the variance of a code's numbers does not show whether it is used"
    vectors_of: Tensor
    usage: Tensor

    def __init__(
        self,
        feature_dim: int,
        latent_dim: int,
        codes: int = 8,
        num_categories: int = 256,
        commitment: float = 0.25,
        decay: float = 0.99,
    ) -> None:
        super().__init__(latent_dim)
        at_least("model.latent.codes", codes, 1)
        within("model.latent.num_categories", num_categories, 2, _LARGEST)
        at_least("model.latent.commitment", commitment, 0)
        within("model.latent.decay", decay, 0, 1)
        if latent_dim % codes:
            raise ExplorerError(
                f"model.latent.codes: latent_dim, {latent_dim}, is not a multiple of {codes}"
            )
        self.encoding = nn.Linear(feature_dim, latent_dim)
        self.num_categories = num_categories
        self._weight, self._decay = commitment, decay
        shape = (codes, num_categories, latent_dim // codes)
        self.register_buffer("vectors_of", torch.empty(shape).normal_())
        self.register_buffer("usage", torch.zeros(codes, num_categories))

    @property
    def num_rate_terms(self) -> int | None:
        """One term per code."""
        return len(self.usage)

    @property
    def max_rate(self) -> float:
        """The entropy of the uniform prior."""
        return len(self.usage) * math.log(self.num_categories)

    def posterior(self, features: Float[Tensor, "batch features"]) -> Distribution:
        """The nearest vectors; in training also moves the codebooks towards these encodings."""
        encoded = self.encoding(features)
        if self.training:
            self._replace_unused(self._parts(encoded.detach()))
        categories = self.categories(encoded)
        posterior = Quantised(self, encoded, categories)
        if self.training:
            self._follow(self._parts(encoded.detach()), categories)
        return posterior

    def rate(
        self, posterior: Distribution, prior: Distribution, z: Float[Tensor, "batch latent"]
    ) -> Float[Tensor, "batch terms"]:
        """Per code under the uniform prior, else −log p(z)."""
        if isinstance(prior, UniformCodes):
            nats = math.log(self.num_categories)
            return posterior.mean.new_full((*posterior.batch_shape, len(self.usage)), nats)
        return super().rate(posterior, prior, z)

    def commitment(self, posterior: Distribution) -> Float[Tensor, " batch"]:
        """The weighted squared distance of each encoding from its vectors."""
        assert isinstance(posterior, Quantised)
        return self._weight * (posterior.encoded - posterior.vectors).square().sum(-1)

    def uniform(self) -> Distribution:
        """All categories equally likely."""
        return UniformCodes(self)

    def project(self, z: Float[Tensor, "*batch latent"]) -> Float[Tensor, "*batch latent"]:
        """The nearest vector of each code."""
        return self.of_categories(self.categories(z))

    @torch.no_grad()
    def categories(self, z: Float[Tensor, "*batch latent"]) -> Int[Tensor, "*batch codes"]:
        """The number of each code's nearest vector."""
        parts = self._parts(z.reshape(-1, self.latent_dim)).transpose(0, 1).to(self.vectors_of)
        # By matrix products a vector would not always be at distance 0 of itself.
        exact = "donot_use_mm_for_euclid_dist"
        nearest = torch.cdist(parts, self.vectors_of, compute_mode=exact).argmin(-1)
        return nearest.T.reshape(*z.shape[:-1], len(self.usage))

    def of_categories(
        self, categories: Int[Tensor, "*batch codes"]
    ) -> Float[Tensor, "*batch latent"]:
        """The vectors with these numbers, one after the other."""
        codes = torch.arange(len(self.usage), device=categories.device)
        return self.vectors_of[codes, categories].flatten(-2)

    def _parts(self, z: Float[Tensor, "*batch latent"]) -> Float[Tensor, "*batch codes part"]:
        return z.unflatten(-1, (len(self.usage), -1))

    @torch.no_grad()
    def _replace_unused(self, encoded: Float[Tensor, "batch codes part"]) -> None:
        """Makes each vector that is hardly used a random encoding; at first, all of them."""
        rows = torch.randint(len(encoded), self.usage.shape).to(encoded.device)
        codes = torch.arange(len(self.usage), device=encoded.device)
        average = 1 / self.num_categories
        is_dead = self.usage < _DEAD * average
        self.vectors_of.copy_(
            torch.where(is_dead.unsqueeze(-1), encoded[rows, codes.unsqueeze(-1)], self.vectors_of)
        )
        self.usage.masked_fill_(is_dead, average)

    @torch.no_grad()
    def _follow(
        self, encoded: Float[Tensor, "batch codes part"], categories: Int[Tensor, "batch codes"]
    ) -> None:
        """One step of the moving averages: of how often a vector is chosen, and of by what."""
        rate = (1 - self._decay) / len(encoded)
        index = categories.T
        ones = torch.ones_like(index, dtype=self.usage.dtype)
        count = torch.zeros_like(self.usage).scatter_add_(1, index, ones)
        index = index.unsqueeze(-1).expand(-1, -1, encoded.shape[-1])
        total = torch.zeros_like(self.vectors_of).scatter_add_(1, index, encoded.transpose(0, 1))
        self.usage.mul_(self._decay).add_(rate * count)
        # The average of the encodings, if it is what the vector was before.
        step = rate * (total - count.unsqueeze(-1) * self.vectors_of)
        self.vectors_of.add_(step / self.usage.clamp(min=1e-12).unsqueeze(-1))


class Quantised(UncheckedDistribution):
    """One point of a codebook per row, whose samples pass their gradient on to its encoding.

    Args:
        space: With the codebooks.
        encoded: What the encoder says, shape (*batch, latent).
        categories: The numbers of the nearest vectors, shape (*batch, codes).
    """

    has_rsample = True

    def __init__(
        self,
        space: Codebook,
        encoded: Float[Tensor, "*batch latent"],
        categories: Int[Tensor, "*batch codes"],
    ) -> None:
        self.encoded, self.categories = encoded, categories
        self.vectors = space.of_categories(categories)
        self._space = space
        super().__init__(encoded.shape[:-1], encoded.shape[-1:], validate_args=False)

    @property
    def mean(self) -> Tensor:
        """The point itself, with the gradient of its encoding (straight-through)."""
        return self.vectors + (self.encoded - self.encoded.detach())

    @property
    def stddev(self) -> Tensor:
        return torch.zeros_like(self.vectors)

    def log_prob(self, value: Tensor) -> Tensor:
        """Nats, of a mass: 0 where the codes are the same, else minus infinity."""
        same = (self._space.categories(value) == self.categories).all(-1)
        return torch.where(same, 0.0, -torch.inf).to(self.vectors)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        return self.mean.expand(self._extended_shape(torch.Size(sample_shape)))

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with torch.no_grad():
            return self.rsample(sample_shape)


class UniformCodes(UncheckedDistribution):
    """All points of a codebook equally likely."""

    def __init__(self, space: Codebook) -> None:
        self._space = space
        super().__init__(torch.Size(), torch.Size([space.latent_dim]), validate_args=False)

    def log_prob(self, value: Tensor) -> Tensor:
        """Nats, of a mass."""
        return value.new_full(value.shape[:-1], -self._space.max_rate)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        shape = (*torch.Size(sample_shape), len(self._space.usage))
        drawn = torch.randint(self._space.num_categories, shape)
        return self._space.of_categories(drawn.to(self._space.usage.device))
