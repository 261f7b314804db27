"""The priors there are; `prior_base` says what each of them has."""

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Categorical, Distribution, Independent, MixtureSameFamily, Normal

from explorer.errors import ExplorerError, within
from explorer.models import flow_matching
from explorer.models.code_model import Autoregressive
from explorer.models.distributions import ContinuousFlow, diagonal_gaussian
from explorer.models.encoder_base import Encoder
from explorer.models.latent_base import Latent
from explorer.models.latents import LATENTS, Deterministic, Gaussian, Given
from explorer.models.padding import collate
from explorer.models.prior_base import MAX_COUNT, Prior, Whitening

_LOG_SCALES = (-5.0, 3.0)
"""Of a component of a mixture: narrower ones would sit on single sentences."""


class StandardNormal(Prior):
    """N(0, I), the prior of Kingma & Welling (2014), arXiv:1312.6114."""

    is_factorised = True
    title = "standard normal distribution"
    loc: Tensor
    scale: Tensor

    def __init__(self, latent: Latent, encoder: Encoder | None) -> None:
        super().__init__(latent, encoder)
        # Not persistent: constants are not stored in a checkpoint, but must follow `.to(device)`.
        self.register_buffer("loc", torch.zeros(latent.latent_dim), persistent=False)
        self.register_buffer("scale", torch.ones(latent.latent_dim), persistent=False)

    def forward(self) -> Distribution:
        """N(0, I)."""
        return diagonal_gaussian(self.loc, self.scale)


class Uniform(Prior):
    """Uniform on a bounded space: the sphere, the cube, codes."""

    is_factorised = True
    title = "uniform distribution"

    def __init__(self, latent: Latent, encoder: Encoder | None) -> None:
        super().__init__(latent, encoder)
        latent.uniform()
        self._latent = (latent,)  # in a tuple: its weights are the model's, not a prior's

    def forward(self) -> Distribution:
        """The uniform distribution of the space."""
        return self._latent[0].uniform()


class Mixture(Prior):
    """A learned mixture of diagonal Gaussians.

    Args:
        latent: Its size counts.
        encoder: Encodes the sentences where components are initialised.
        components: How many.

    Source:
        Tomczak & Welling (2018), arXiv:1705.07120, section 3 ("MoG prior").
    """

    joint = (Gaussian,)
    fitted = (Gaussian, Deterministic, Given)
    title = "mixture"

    def __init__(self, latent: Latent, encoder: Encoder | None, components: int = 32) -> None:
        super().__init__(latent, encoder)
        within("model.prior.components", components, 1, MAX_COUNT)
        self._parts = (latent, encoder)
        self.basis = None if latent.has_rate else Whitening(latent.latent_dim)
        self.logits = nn.Parameter(torch.zeros(components))
        self.means = nn.Parameter(torch.randn(components, latent.latent_dim))
        self.log_scales = nn.Parameter(torch.zeros(components, latent.latent_dim))

    def forward(self) -> Distribution:
        """The mixture."""
        scales = self.log_scales.clamp(*_LOG_SCALES).exp()
        parts = Normal(self.means, scales, validate_args=False)
        mixture = _mixture(self.logits, Independent(parts, 1, validate_args=False))
        return mixture if self.basis is None else self.basis(mixture)

    @torch.no_grad()
    def initialise(self, ids: Sequence[Sequence[int]], seed: int) -> None:
        """Starts each component at another encoded sentence, as wide as all posteriors together.

        Two that start alike would stay alike; those that find no sentence stay as they were made.
        """
        latent, encoder = self._parts
        ids = list(dict.fromkeys(map(tuple, ids)))
        if encoder is None or len(ids) < 2:
            return
        tokens = collate(ids, self.means.device)
        posterior = latent.posterior(encoder(tokens))
        encoded = posterior.mean if self.basis is None else self.basis.whiten(posterior.mean)
        source = torch.Generator().manual_seed(seed)
        rows = torch.randperm(len(ids), generator=source)[: len(self.means)]
        self.means[: len(rows)] = encoded[rows.to(encoded.device)]
        width = (encoded.var(0) + posterior.stddev.square().mean(0)).sqrt()
        self.log_scales.copy_(width.log().clamp(*_LOG_SCALES).expand_as(self.log_scales))


class Vamp(Prior):
    """The mean of the posteriors of learned pseudo-inputs, sequences of word embeddings.

    Args:
        latent: Makes posteriors of features.
        encoder: Reads the pseudo-inputs.
        components: How many there are.
        words: How many embeddings each has.

    Source:
        Tomczak & Welling (2018), VAE with a VampPrior, arXiv:1705.07120, equation 9.
    """

    joint = fitted = (Gaussian,)
    title = "VampPrior"

    def __init__(
        self,
        latent: Latent,
        encoder: Encoder | None,
        components: int = 32,
        words: int = 12,
    ) -> None:
        super().__init__(latent, encoder)
        within("model.prior.components", components, 1, MAX_COUNT)
        within("model.prior.words", words, 1, MAX_COUNT)
        if encoder is None:
            raise ExplorerError("model.prior: vamp needs an encoder")
        self._parts = (latent, encoder)
        width = encoder.embedding.embedding_dim
        self.inputs = nn.Parameter(0.1 * torch.randn(components, words, width))

    def forward(self) -> Distribution:
        """The mixture of posteriors, all of one weight."""
        latent, encoder = self._parts
        parts = latent.posterior(encoder.read(self.inputs))
        return _mixture(self.inputs.new_zeros(len(self.inputs)), parts)

    @torch.no_grad()
    def initialise(self, ids: Sequence[Sequence[int]], seed: int) -> None:
        """Starts each input at another sentence of a fitting length, as far as there are any."""
        embedding = self._parts[1].embedding
        words = self.inputs.shape[1]
        near = sorted(dict.fromkeys(map(tuple, ids)), key=lambda row: abs(len(row) + 1 - words))[
            : 4 * len(self.inputs)
        ]
        source = torch.Generator().manual_seed(seed)
        rows = torch.randperm(len(near), generator=source)[: len(self.inputs)].tolist()
        for index, row in enumerate(rows):
            tokens = collate([near[row]], embedding.weight.device)[0, 1 : words + 1]
            self.inputs[index, : len(tokens)] = embedding(tokens)


class Flow(Prior):
    """A normalising flow: affine couplings from N(0, I), by zuko.

    Args:
        latent: Its size counts.
        encoder: Not used.
        transforms: Coupling layers.
        hidden_dim: Width of the two hidden layers of each.

    Source:
        Dinh et al. (2017), Real NVP, arXiv:1605.08803; as a prior: Ziegler & Rush (2019),
        arXiv:1901.10548.
    """

    joint = (Gaussian,)
    fitted = (Gaussian, Deterministic, Given)
    title = "flow"

    def __init__(
        self,
        latent: Latent,
        encoder: Encoder | None,
        transforms: int = 4,
        hidden_dim: int = 64,
    ) -> None:
        super().__init__(latent, encoder)
        within("model.prior.transforms", transforms, 1, MAX_COUNT)
        within("model.prior.hidden_dim", hidden_dim, 1, MAX_COUNT)
        if latent.latent_dim < 2:
            raise ExplorerError("model.prior: a flow couples dimensions, so it needs at least 2")
        zuko = _zuko()
        hidden = (hidden_dim, hidden_dim)
        self.basis = None if latent.has_rate else Whitening(latent.latent_dim)
        self.flow = zuko.flows.MAF(
            latent.latent_dim, transforms=transforms, passes=2, hidden_features=hidden
        )

    def forward(self) -> Distribution:
        """The flow's distribution."""
        return self.flow() if self.basis is None else self.basis(self.flow())


class FlowMatching(Prior):
    """A continuous normalising flow from N(0, I), learned by flow matching.

    Its velocity is a regression, cheap to train, whose density takes an integral: it is fitted
    after training, and is not trained through `log_prob`. Fresh, it is N(0, I) in the basis: the
    likeliest Gaussian.

    Args:
        latent: Its size counts.
        encoder: Not used.
        hidden_dim: Width of the two hidden layers of the velocity.
        steps: Of the Runge–Kutta method, for samples and densities.

    Source:
        Lipman et al. (2023), arXiv:2210.02747.
    """

    fitted = (Gaussian, Deterministic, Given)
    title = "flow-matching model"

    def __init__(
        self,
        latent: Latent,
        encoder: Encoder | None,
        hidden_dim: int = 256,
        steps: int = 8,
    ) -> None:
        super().__init__(latent, encoder)
        within("model.prior.hidden_dim", hidden_dim, 1, MAX_COUNT)
        within("model.prior.steps", steps, 1, MAX_COUNT)
        self.basis = Whitening(latent.latent_dim)
        self.field = flow_matching.VelocityField(latent.latent_dim, hidden_dim)
        self._steps = steps

    def forward(self) -> Distribution:
        """The flow's distribution."""
        assert self.basis is not None
        flow = ContinuousFlow(self.field.with_divergence, self.basis.centre, self._steps)
        return self.basis(flow)

    def loss(self, z: Float[Tensor, "n d"], source: torch.Generator) -> Float[Tensor, ""]:
        """The error of the velocity; see `flow_matching.loss`."""
        assert self.basis is not None
        return flow_matching.loss(self.field, self.basis.whiten(z), source)


def _mixture(logits: Tensor, parts: Distribution) -> Distribution:
    """A mixture whose arguments are not checked: a GPU would be waited for."""
    kinds = Categorical(logits=logits, validate_args=False)
    return MixtureSameFamily(kinds, parts, validate_args=False)


def _zuko() -> Any:
    try:
        import zuko
        import zuko.flows
    except ModuleNotFoundError:
        raise ExplorerError("model.prior: a flow needs zuko: pip install zuko") from None
    return zuko


PRIORS: dict[str, type[Prior]] = {
    "normal": StandardNormal,
    "mixture": Mixture,
    "vamp": Vamp,
    "flow": Flow,
    "flow_matching": FlowMatching,
    "uniform": Uniform,
    "autoregressive": Autoregressive,
}


def joint_priors(space: str) -> tuple[str, ...]:
    """Names of the priors that can be trained jointly on a latent space, the default first."""
    latent = LATENTS[space]
    others = (name for name, prior in PRIORS.items() if issubclass(latent, prior.joint))
    return tuple(dict.fromkeys([latent.prior, *others]))


def fitted_priors(space: str) -> tuple[str, ...]:
    """Names of the priors that can be fitted on a latent space's encodings after training."""
    return tuple(
        name for name, prior in PRIORS.items() if issubclass(LATENTS[space], prior.fitted)
    )
