"""Distributions that torch lacks: on the sphere, on the cube, over codes."""

import math
from functools import cached_property
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Beta, Distribution
from torch.distributions.constraints import Constraint
from torch.nn.functional import normalize

BOX = math.sqrt(3.0)
"""Half an edge of the cube: a uniform coordinate then has variance 1, as a normal one has."""


class _Distribution(Distribution):
    """Without torch's checks of arguments, which would ask for descriptions of them."""

    @property
    def arg_constraints(self) -> dict[str, Constraint]:
        """None: the caller sees to them."""
        return {}


class VonMisesFisher(_Distribution):
    """Von Mises–Fisher on the unit sphere in `d` dimensions, one concentration for all.

    Args:
        direction: Unit vectors, shape (*batch, d), d ≥ 2.
        concentration: κ > 0.

    Source:
        Davidson et al. (2018), Hyperspherical VAEs, arXiv:1804.00891; sampling after Wood (1994)
        as there in algorithm 1. With κ fixed no gradient is needed through the rejection step.
    """

    has_rsample = True

    def __init__(self, direction: Float[Tensor, "*batch d"], concentration: float) -> None:
        self.direction = direction
        self.concentration = concentration
        super().__init__(direction.shape[:-1], direction.shape[-1:], validate_args=False)

    @property
    def mean(self) -> Tensor:
        """The direction itself, on the sphere: where a sentence is placed."""
        return self.direction

    @property
    def stddev(self) -> Tensor:
        """Root of the mean squared distance from the direction, spread over the coordinates."""
        spread = math.sqrt(2 * (1 - self.resultant) / self.direction.shape[-1])
        return torch.full_like(self.direction, spread)

    @cached_property
    def resultant(self) -> float:
        """Length of the expectation: I_{d/2}(κ) / I_{d/2−1}(κ)."""
        order = self.direction.shape[-1] / 2 - 1
        return math.exp(
            _log_bessel(order + 1, self.concentration) - _log_bessel(order, self.concentration)
        )

    @cached_property
    def log_normaliser(self) -> float:
        """Log of the density's constant."""
        half = self.direction.shape[-1] / 2
        order, kappa = half - 1, self.concentration
        return order * math.log(kappa) - half * math.log(2 * math.pi) - _log_bessel(order, kappa)

    def log_prob(self, value: Tensor) -> Tensor:
        """Nats, with respect to the sphere's area."""
        return self.log_normaliser + self.concentration * (value * self.direction).sum(-1)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Draws whose gradient reaches the direction."""
        shape = self._extended_shape(torch.Size(sample_shape))
        along = self._along(shape[:-1].numel()).view(*shape[:-1], 1).to(self.direction)
        tangent = normalize(torch.randn(shape).to(self.direction)[..., 1:], dim=-1)
        upright = torch.cat([along, (1 - along.square()).clamp(min=0).sqrt() * tangent], -1)
        # A Householder reflection turns the first axis into the direction.
        axis = torch.zeros_like(self.direction)
        axis[..., 0] = 1.0
        normal = normalize(axis - self.direction, dim=-1)
        return upright - 2 * (upright * normal).sum(-1, keepdim=True) * normal

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Draws."""
        with torch.no_grad():
            return self.rsample(sample_shape)

    def _along(self, count: int) -> Tensor:
        """The coordinate along the direction, by rejection from a transformed Beta."""
        d, kappa = self.direction.shape[-1], self.concentration
        b = (d - 1) / (2 * kappa + math.sqrt(4 * kappa**2 + (d - 1) ** 2))
        x = (1 - b) / (1 + b)
        limit = kappa * x + (d - 1) * math.log(1 - x**2)
        proposal = Beta(torch.tensor((d - 1) / 2), torch.tensor((d - 1) / 2))
        found: list[Tensor] = []
        missing = count
        while missing > 0:
            drawn = proposal.sample((2 * missing + 8,))
            w = (1 - (1 + b) * drawn) / (1 - (1 - b) * drawn)
            accepted = (
                kappa * w + (d - 1) * torch.log(1 - x * w) - limit >= torch.rand_like(w).log()
            )
            found.append(w[accepted][:missing])
            missing -= len(found[-1])
        return torch.cat(found)


class UniformOnSphere(_Distribution):
    """The uniform distribution on the unit sphere in `d` dimensions."""

    def __init__(self, like: Float[Tensor, " d"]) -> None:
        self._like = like
        super().__init__(torch.Size(), like.shape, validate_args=False)

    @property
    def log_area(self) -> float:
        """Log of the sphere's area."""
        half = self._like.shape[0] / 2
        return math.log(2) + half * math.log(math.pi) - math.lgamma(half)

    def log_prob(self, value: Tensor) -> Tensor:
        """Nats, with respect to the sphere's area."""
        return value.new_full(value.shape[:-1], -self.log_area)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Draws."""
        noise = torch.randn(self._extended_shape(torch.Size(sample_shape)))
        return normalize(noise.to(self._like), dim=-1)


class BetaOnBox(_Distribution):
    """Independent Betas stretched to the cube [−√3, √3]^d; with a = b = 1 it is uniform.

    Args:
        a: First concentrations, shape (*batch, d).
        b: Second ones.
    """

    has_rsample = True

    def __init__(self, a: Float[Tensor, "*batch d"], b: Float[Tensor, "*batch d"]) -> None:
        self.base = Beta(a, b, validate_args=False)
        super().__init__(a.shape[:-1], a.shape[-1:], validate_args=False)

    @property
    def mean(self) -> Tensor:
        """The expectation."""
        return BOX * (2 * self.base.mean - 1)

    @property
    def stddev(self) -> Tensor:
        """Standard deviation of each coordinate."""
        return 2 * BOX * self.base.stddev

    def log_prob(self, value: Tensor) -> Tensor:
        """Nats; minus infinity outside the cube."""
        inside = (value.abs() <= BOX).all(-1)
        unit = ((value / BOX + 1) / 2).clamp(1e-6, 1 - 1e-6)
        density = (self.base.log_prob(unit) - math.log(2 * BOX)).sum(-1)
        return torch.where(inside, density, -torch.inf)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Draws, differentiable."""
        return BOX * (2 * self.base.rsample(torch.Size(sample_shape)) - 1)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Draws."""
        with torch.no_grad():
            return self.rsample(sample_shape)

    def rates(self) -> Float[Tensor, "*batch d"]:
        """KL to the uniform distribution of each coordinate: log of the edge minus entropy."""
        return -self.base.entropy()


class Codes(_Distribution):
    """Independent categorical codes as one flat vector of one-hot blocks.

    Args:
        logits: Shape (*batch, codes, kinds).
        temperature: Of the Gumbel-softmax whose gradient a draw is given (straight-through).

    Source:
        Jang et al. (2017), arXiv:1611.01144; Maddison et al. (2017), arXiv:1611.00712.
    """

    has_rsample = True

    def __init__(
        self, logits: Float[Tensor, "*batch codes kinds"], temperature: float = 1.0
    ) -> None:
        self.logits = logits.log_softmax(-1)
        self.temperature = temperature
        flat = torch.Size([logits.shape[-2] * logits.shape[-1]])
        super().__init__(logits.shape[:-2], flat, validate_args=False)

    @property
    def mean(self) -> Tensor:
        """The likeliest code of each block: a mixture of codes is no code."""
        return one_hot(self.logits).flatten(-2)

    @property
    def stddev(self) -> Tensor:
        """Of each entry."""
        chance = self.logits.exp()
        return (chance * (1 - chance)).sqrt().flatten(-2)

    def log_prob(self, value: Tensor) -> Tensor:
        """Nats of one-hot blocks."""
        blocks = value.unflatten(-1, self.logits.shape[-2:])
        return (blocks * self.logits).sum((-1, -2))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """One-hot draws with the gradient of the relaxed ones."""
        shape = torch.Size(sample_shape) + self.logits.shape
        uniform = torch.rand(shape).clamp(1e-9, 1 - 1e-7).to(self.logits)
        soft = ((self.logits - (-uniform.log()).log()) / self.temperature).softmax(-1)
        return (one_hot(soft) + soft - soft.detach()).flatten(-2)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """One-hot draws."""
        with torch.no_grad():
            return self.rsample(sample_shape).round()

    def rates(self) -> Float[Tensor, "*batch codes"]:
        """KL to the uniform code of each block: log(kinds) minus entropy."""
        entropy = -(self.logits.exp() * self.logits).sum(-1)
        return math.log(self.logits.shape[-1]) - entropy


class AffineDistribution(_Distribution):
    """Another distribution in sheared and shifted coordinates: z = centre + factor · w.

    Args:
        base: Of w, event shape (d,).
        centre: Where w = 0 lies.
        factor: Lower triangular, its diagonal above 0.
    """

    def __init__(
        self, base: Distribution, centre: Float[Tensor, " d"], factor: Float[Tensor, "d d"]
    ) -> None:
        self.base, self.centre, self.factor = base, centre, factor
        super().__init__(base.batch_shape, base.event_shape, validate_args=False)

    def place(self, w: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d"]:
        """Z of w."""
        return self.centre + w @ self.factor.T

    def log_prob(self, value: Tensor) -> Tensor:
        """Nats."""
        w = whiten(value, self.centre, self.factor)
        return self.base.log_prob(w) - self.factor.diagonal().log().sum()

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Draws."""
        return self.place(self.base.sample(torch.Size(sample_shape)))


def whiten(
    z: Float[Tensor, "*batch d"], centre: Float[Tensor, " d"], factor: Float[Tensor, "d d"]
) -> Float[Tensor, "*batch d"]:
    """The w of z = centre + factor · w."""
    flat = torch.linalg.solve_triangular(
        factor, (z - centre).reshape(-1, len(centre)).T, upper=False
    )
    return flat.T.reshape(z.shape)


def one_hot(scores: Float[Tensor, "*batch kinds"]) -> Float[Tensor, "*batch kinds"]:
    """1 at the largest entry, 0 elsewhere."""
    return torch.zeros_like(scores).scatter(-1, scores.argmax(-1, keepdim=True), 1.0)


def _log_bessel(order: float, x: float) -> float:
    """Logarithm of the modified Bessel function I_order(x)."""
    from scipy.special import ive

    scaled = float(ive(order, x))
    if scaled > 0:
        return math.log(scaled) + x
    # Less than float64 can hold: the power series, which is short where the order is large.
    term = total = 1.0
    place = 0
    while term > 1e-17 * total:
        place += 1
        term *= (x / 2) ** 2 / (place * (order + place))
        total += term
    return order * math.log(x / 2) - math.lgamma(order + 1) + math.log(total)
