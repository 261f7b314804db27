"""A velocity field from N(0, I) to data, learned by flow matching, with an exact divergence."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import silu

_FREQUENCIES = 16


class VelocityField(nn.Module):
    """v(x, t) by two hidden layers, with skip connections and shifts and gates that depend on t.

    The Jacobian of such a network is W₃ D₂ W₂ D₁ W₁, where only the diagonal matrices D depend on
    x. Its trace is therefore the bilinear form d₂ᵀ (W₂ ∘ (W₁ W₃)ᵀ) d₁, which costs no more than
    the velocity; a third hidden layer would make it cost `size` times as much.

    Args:
        size: Of x.
        hidden_dim: Width of both hidden layers.
    """

    def __init__(self, size: int, hidden_dim: int) -> None:
        super().__init__()
        self.size = size
        self.first = nn.Linear(size, hidden_dim)
        self.second = nn.Linear(hidden_dim, hidden_dim)
        self.output = nn.Linear(hidden_dim, size, bias=False)
        self.skip = nn.Linear(hidden_dim, size, bias=False)
        self.shifts = nn.Linear(2 * _FREQUENCIES, 2 * hidden_dim, bias=False)
        self.gates = nn.Linear(2 * _FREQUENCIES, hidden_dim)
        self.drift = nn.Linear(2 * _FREQUENCIES, size)
        # v = 0 leaves N(0, I) as it is: the best start for whitened data.
        for layer in (self.output, self.skip, self.gates, self.drift):
            for weight in layer.parameters():
                nn.init.zeros_(weight)

    def forward(
        self, x: Float[Tensor, "n size"], t: Float[Tensor, "*n"]
    ) -> Float[Tensor, "n size"]:
        """The velocity at x, at one time for all rows or one for each, 0 ≤ t ≤ 1."""
        time = _features(t)
        _, _, hidden, b = self._activations(x, time)
        return self._velocity(hidden, b, time)

    def with_divergence(
        self, x: Float[Tensor, "n size"], t: Float[Tensor, ""]
    ) -> tuple[Float[Tensor, "n size"], Float[Tensor, " n"]]:
        """The velocity, and the exact trace of its Jacobian with respect to x."""
        time = _features(t)
        a, gate, hidden, b = self._activations(x, time)
        slope_a, slope_b = _silu_slope(a) * gate, _silu_slope(b)
        inner = self.first.weight
        form = self.second.weight * (inner @ self.output.weight).T
        divergence = ((slope_a @ form.T) * slope_b).sum(-1)
        divergence = divergence + slope_a @ (self.skip.weight.T * inner).sum(-1)
        return self._velocity(hidden, b, time), divergence

    def _activations(self, x: Tensor, time: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The input of the first nonlinearity, its gate, what it gives, and the next input."""
        shift_a, shift_b = self.shifts(time).chunk(2, -1)
        a, gate = self.first(x) + shift_a, 1 + self.gates(time)
        hidden = silu(a) * gate
        return a, gate, hidden, self.second(hidden) + shift_b

    def _velocity(self, hidden: Tensor, b: Tensor, time: Tensor) -> Tensor:
        return self.output(silu(b)) + self.skip(hidden) + self.drift(time)


def loss(
    field: VelocityField, data: Float[Tensor, "n size"], source: torch.Generator
) -> Float[Tensor, ""]:
    """Mean squared error of the velocity along x = cos(πt/2) · noise + sin(πt/2) · data.

    Of whitened data this interpolant keeps the covariance at I for all t, so that the velocity of
    Gaussian data is 0, and few steps follow what is left. On straight lines it is not.

    Args:
        field: Learns dx/dt given x and t.
        data: Whitened.
        source: Of the times, stratified over the rows, and of the noise.

    Source:
        Lipman et al. (2023), Flow Matching, arXiv:2210.02747; the interpolant: Albergo &
        Vanden-Eijnden (2023), arXiv:2209.15571.
    """
    n = len(data)
    noise = torch.randn(data.shape, generator=source).to(data)
    t = ((torch.arange(n) + torch.rand(n, generator=source)) / n).to(data)
    angle = math.pi / 2 * t[:, None]
    x = angle.cos() * noise + angle.sin() * data
    target = math.pi / 2 * (angle.cos() * data - angle.sin() * noise)
    return (field(x, t) - target).square().mean()


def _features(t: Float[Tensor, "*n"]) -> Float[Tensor, "*n features"]:
    angles = t[..., None] * (math.pi / 2) * torch.arange(_FREQUENCIES).to(t)
    return torch.cat([angles.cos(), angles.sin()], -1)


def _silu_slope(a: Tensor) -> Tensor:
    """The derivative of a · σ(a)."""
    gate = a.sigmoid()
    return gate * (1 + a * (1 - gate))
