"""Distributions that torch lacks: on a sphere, in a box, over one-hot codes, and by flows."""

import math
from collections.abc import Callable
from functools import cached_property
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Beta, Distribution, Independent, Normal
from torch.distributions.constraints import Constraint
from torch.nn.functional import normalize

BOX = math.sqrt(3.0)
"""Half the edge of the box; a uniform coordinate has variance 1, like a standard normal one."""


class UncheckedDistribution(Distribution):
    """A distribution whose arguments are not validated."""

    @property
    def arg_constraints(self) -> dict[str, Constraint]:
        return {}


def diagonal_gaussian(
    mean: Float[Tensor, "*batch d"], scale: Float[Tensor, "*batch d"]
) -> Independent:
    """N(mean, diag(scale²)); a scale of 0 is a point."""
    # Validating the arguments would wait for a GPU; a NaN shows in the loss.
    return Independent(Normal(mean, scale, validate_args=False), 1, validate_args=False)


class VonMisesFisher(UncheckedDistribution):
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
        """The mean direction, which is on the sphere, unlike the expectation."""
        return self.direction

    @property
    def stddev(self) -> Tensor:
        """Root mean squared distance from the mean direction, per coordinate."""
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
        """Logarithm of the density's normalising constant."""
        half = self.direction.shape[-1] / 2
        order, kappa = half - 1, self.concentration
        return order * math.log(kappa) - half * math.log(2 * math.pi) - _log_bessel(order, kappa)

    def log_prob(self, value: Tensor) -> Tensor:
        """Nats, with respect to the sphere's area."""
        return self.log_normaliser + self.concentration * (value * self.direction).sum(-1)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Draws samples; differentiable in the direction."""
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
        with torch.no_grad():
            return self.rsample(sample_shape)

    def _along(self, count: int) -> Tensor:
        """The coordinate along the direction, by rejection from a transformed Beta."""
        d, kappa = self.direction.shape[-1], self.concentration
        b = (d - 1) / (2 * kappa + math.sqrt(4 * kappa**2 + (d - 1) ** 2))
        x = (1 - b) / (1 + b)
        limit = kappa * x + (d - 1) * math.log(1 - x**2)
        proposal = Beta(torch.tensor((d - 1) / 2), torch.tensor((d - 1) / 2))
        accepted_draws: list[Tensor] = []
        missing = count
        while missing > 0:
            drawn = proposal.sample((2 * missing + 8,))
            w = (1 - (1 + b) * drawn) / (1 - (1 - b) * drawn)
            accepted = (
                kappa * w + (d - 1) * torch.log(1 - x * w) - limit >= torch.rand_like(w).log()
            )
            accepted_draws.append(w[accepted][:missing])
            missing -= len(accepted_draws[-1])
        return torch.cat(accepted_draws)


class UniformOnSphere(UncheckedDistribution):
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
        noise = torch.randn(self._extended_shape(torch.Size(sample_shape)))
        return normalize(noise.to(self._like), dim=-1)


class BetaOnBox(UncheckedDistribution):
    """Independent Betas scaled to the box [−√3, √3]^d; uniform for a = b = 1.

    Args:
        a: First concentrations, shape (*batch, d).
        b: Second concentrations.
    """

    has_rsample = True

    def __init__(self, a: Float[Tensor, "*batch d"], b: Float[Tensor, "*batch d"]) -> None:
        self.base = Beta(a, b, validate_args=False)
        super().__init__(a.shape[:-1], a.shape[-1:], validate_args=False)

    @property
    def mean(self) -> Tensor:
        return BOX * (2 * self.base.mean - 1)

    @property
    def stddev(self) -> Tensor:
        """Standard deviation of each coordinate."""
        return 2 * BOX * self.base.stddev

    def log_prob(self, value: Tensor) -> Tensor:
        """Nats; minus infinity outside the box."""
        inside = (value.abs() <= BOX).all(-1)
        unit = ((value / BOX + 1) / 2).clamp(1e-6, 1 - 1e-6)
        density = (self.base.log_prob(unit) - math.log(2 * BOX)).sum(-1)
        return torch.where(inside, density, -torch.inf)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        return BOX * (2 * self.base.rsample(torch.Size(sample_shape)) - 1)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with torch.no_grad():
            return self.rsample(sample_shape)

    def rates(self) -> Float[Tensor, "*batch d"]:
        """KL to the uniform distribution of each coordinate: log of the edge minus entropy."""
        return -self.base.entropy()


class Codes(UncheckedDistribution):
    """Independent categorical codes as one flat vector of one-hot blocks.

    Args:
        logits: Shape (*batch, codes, kinds).
        temperature: Of the Gumbel-softmax, whose gradient the samples have (straight-through).

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
        """The most likely code of each block: an average of codes is not a code."""
        return one_hot(self.logits).flatten(-2)

    @property
    def stddev(self) -> Tensor:
        """The standard deviation of each entry."""
        chance = self.logits.exp()
        return (chance * (1 - chance)).sqrt().flatten(-2)

    def log_prob(self, value: Tensor) -> Tensor:
        """Nats of one-hot blocks."""
        blocks = value.unflatten(-1, self.logits.shape[-2:])
        return (blocks * self.logits).sum((-1, -2))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Draws one-hot samples with the gradient of the relaxed ones."""
        shape = torch.Size(sample_shape) + self.logits.shape
        uniform = torch.rand(shape).clamp(1e-9, 1 - 1e-7).to(self.logits)
        soft = ((self.logits - (-uniform.log()).log()) / self.temperature).softmax(-1)
        return (one_hot(soft) + soft - soft.detach()).flatten(-2)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with torch.no_grad():
            return self.rsample(sample_shape).round()

    def rates(self) -> Float[Tensor, "*batch codes"]:
        """KL to the uniform code of each block: log(kinds) minus entropy."""
        entropy = -(self.logits.exp() * self.logits).sum(-1)
        return math.log(self.logits.shape[-1]) - entropy


class AffineDistribution(UncheckedDistribution):
    """The distribution of z = loc + scale_tril · w.

    Args:
        base: Of w, event shape (d,).
        loc: The z of w = 0.
        scale_tril: Lower triangular with a positive diagonal.
    """

    def __init__(
        self, base: Distribution, loc: Float[Tensor, " d"], scale_tril: Float[Tensor, "d d"]
    ) -> None:
        self.base, self.loc, self.scale_tril = base, loc, scale_tril
        super().__init__(base.batch_shape, base.event_shape, validate_args=False)

    def transform(self, w: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d"]:
        """The z of w."""
        return self.loc + w @ self.scale_tril.T

    def log_prob(self, value: Tensor) -> Tensor:
        """Nats."""
        w = whiten(value, self.loc, self.scale_tril)
        return self.base.log_prob(w) - self.scale_tril.diagonal().log().sum()

    def sample(self, sample_shape: Any = ()) -> Tensor:
        return self.transform(self.base.sample(torch.Size(sample_shape)))


class ContinuousFlow(UncheckedDistribution):
    """The distribution of x(1), where dx/dt = v(x, t) and x(0) is drawn from N(0, I).

    Samples integrate forwards, densities backwards, by the classical Runge–Kutta method with a
    fixed number of steps, so that a density is always the same.

    Args:
        field: Of x and of t, 0 ≤ t ≤ 1: the velocity and its divergence.
        like: A tensor with the dtype and on the device of x, shape (d,).
        steps: Of the method; each evaluates the field four times.

    Source:
        Chen et al. (2018), Neural Ordinary Differential Equations, arXiv:1806.07366, equation 8.
    """

    _ROWS = 2048  # integrated at once

    def __init__(
        self,
        field: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]],
        like: Float[Tensor, " d"],
        steps: int,
    ) -> None:
        self.field, self.steps = field, steps
        self._like = like
        super().__init__(torch.Size(), like.shape, validate_args=False)

    def log_prob(self, value: Tensor) -> Tensor:
        """Nats: log N(x(0); 0, I) − ∫ div v dt, up to the error of the steps."""
        rows = value.reshape(-1, len(self._like)).split(self._ROWS)
        return torch.cat([self._log_prob(part) for part in rows]).reshape(value.shape[:-1])

    def sample(self, sample_shape: Any = ()) -> Tensor:
        noise = torch.randn(self._extended_shape(torch.Size(sample_shape))).to(self._like)
        rows = noise.reshape(-1, len(self._like)).split(self._ROWS)
        with torch.no_grad():
            return torch.cat([self._integrate(part, 0.0, 1.0)[0] for part in rows]).view_as(noise)

    def _log_prob(self, x: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        noise, divergence = self._integrate(x, 1.0, 0.0)
        constant = 0.5 * noise.shape[1] * math.log(2 * math.pi)
        return divergence - 0.5 * noise.square().sum(-1) - constant

    def _integrate(
        self, x: Float[Tensor, "n d"], start: float, end: float
    ) -> tuple[Float[Tensor, "n d"], Float[Tensor, " n"]]:
        """Moves x over a time interval; returns it, and the integral of the divergence."""
        step = (end - start) / self.steps
        total = x.new_zeros(len(x))
        for index in range(self.steps):
            early, middle, late = (
                x.new_tensor(start + (index + part) * step) for part in (0.0, 0.5, 1.0)
            )
            v1, d1 = self.field(x, early)
            v2, d2 = self.field(x + step / 2 * v1, middle)
            v3, d3 = self.field(x + step / 2 * v2, middle)
            v4, d4 = self.field(x + step * v3, late)
            x = x + step / 6 * (v1 + 2 * v2 + 2 * v3 + v4)
            total = total + step / 6 * (d1 + 2 * d2 + 2 * d3 + d4)
        return x, total


def whiten(
    z: Float[Tensor, "*batch d"], loc: Float[Tensor, " d"], scale_tril: Float[Tensor, "d d"]
) -> Float[Tensor, "*batch d"]:
    """The w of z = loc + scale_tril · w."""
    flat = torch.linalg.solve_triangular(
        scale_tril, (z - loc).reshape(-1, len(loc)).T, upper=False
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
    # Underflow: use the power series, which is short for a large order.
    term = total = 1.0
    index = 0
    while term > 1e-17 * total:
        index += 1
        term *= (x / 2) ** 2 / (index * (order + index))
        total += term
    return order * math.log(x / 2) - math.lgamma(order + 1) + math.log(total)
