"""A prior looked at: where it is from, its components, its density, and the holes it visits."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch.distributions import Distribution, Independent, MixtureSameFamily, Normal

from explorer.errors import ExplorerError
from explorer.latent_space.holes import Holes, holes
from explorer.models.distributions import AffineDistribution
from explorer.models.padding import collate
from explorer.models.vae import TextVAE
from explorer.runs import folder as folders

SAMPLES = 2000
"""Of the prior, judged for holes."""


@dataclass(frozen=True, slots=True)
class Components:
    """What a mixture prior is made of: components, or what pseudo-inputs are encoded as."""

    mean: Float32[np.ndarray, "components latent"]
    weight: Float32[np.ndarray, " components"]
    """Their shares of the prior's mass."""


def told(model: TextVAE) -> str:
    """What to know before an autoencoder's samples are read; empty for any other model."""
    if model.latent.has_rate or model.encoder is None or not model.has_density:
        return ""
    return (
        f"Drawn from a {model.prior.title} fitted on the encodings when all else was trained: "
        "this density is no part of the autoencoder's objective."
    )


def need_density(model: TextVAE, folder: Path) -> None:
    """Stops where a model has nothing to draw z from, and says how it gets it.

    Raises:
        ExplorerError: For an autoencoder on whose encodings no density was fitted.
    """
    if not model.has_density:
        fit = folders.command("prior", folder, "--fit mixture")
        raise ExplorerError(
            f"{folder.resolve().name} is an autoencoder: nothing pulls it towards a prior, so "
            f"there is none to sample from. `{fit}` fits a density on its encodings"
        )


@torch.inference_mode()
def components(prior: Distribution) -> Components | None:
    """The components of a prior, the heaviest first; None where it has none."""
    if isinstance(prior, AffineDistribution):
        base = components(prior.base)
        if base is None:
            return None
        mean = prior.transform(torch.from_numpy(base.mean).to(prior.loc))
        return Components(mean.cpu().numpy().astype(np.float32), base.weight)
    if not isinstance(prior, MixtureSameFamily):
        return None
    mean = prior.component_distribution.mean.cpu().numpy().astype(np.float32)
    weight = prior.mixture_distribution.probs.cpu().numpy().astype(np.float32)
    order = np.argsort(-weight, kind="stable")
    return Components(mean[order], weight[order])


def is_standard_normal(prior: Distribution) -> bool:
    """Whether circles around the origin are its contours on every plane."""
    base = prior.base_dist if isinstance(prior, Independent) else None
    if not isinstance(base, Normal):
        return False
    return bool((base.loc == 0).all() and (base.scale == 1).all())


def log_density(
    prior: Distribution,
) -> Callable[[Float[np.ndarray, "m d"]], Float[np.ndarray, " m"]]:
    """Log p(z), nats, from and to numpy."""

    @torch.inference_mode()
    def log_prior(z: Float[np.ndarray, "m d"]) -> Float[np.ndarray, " m"]:
        points = torch.from_numpy(np.ascontiguousarray(z, np.float32))
        return prior.log_prob(points).double().cpu().numpy()

    return log_prior


@torch.inference_mode()
def has_gaussian_posterior(model: TextVAE) -> bool:
    """Whether a posterior is told by the mean and the scale that an atlas keeps."""
    if not model.latent.has_rate:
        return False
    posterior = model.posterior(collate([[], []], model.device))
    return isinstance(posterior, Independent) and isinstance(posterior.base_dist, Normal)


def find_holes(
    model: TextVAE,
    mean: Float32[np.ndarray, "n latent"],
    scale: Float32[np.ndarray, "n latent"],
    z: Float32[np.ndarray, "m latent"],
    seed: int = 0,
) -> Holes:
    """The holes among samples of a model's prior: see `explorer.latent_space.holes`.

    Args:
        model: In `eval` mode, on the CPU.
        mean: Posterior means of sentences.
        scale: Posterior standard deviations.
        z: Samples of the prior.
        seed: Of the comparison.

    Raises:
        ExplorerError: If the model's posteriors are no Gaussians with a width.
    """
    if not has_gaussian_posterior(model) or not (scale > 0).all():
        raise ExplorerError(
            "holes are judged by Gaussian posteriors with a width, which this model does not have"
        )
    return holes(z, log_density(model.prior()), mean, scale, seed)
