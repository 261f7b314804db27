"""Diagnostics of a prior: its origin, components and density, and the holes it samples from."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch.distributions import Distribution, Independent, MixtureSameFamily, Normal

from explorer.errors import ExplorerError
from explorer.latent_space.holes import Holes, holes
from explorer.models.batch_inference import has_gaussian_posterior
from explorer.models.distributions import AffineDistribution
from explorer.models.vae import TextVAE
from explorer.runs import folder as folders

SAMPLES = 2000
"""Samples of the prior that are searched for holes."""


@dataclass(frozen=True, slots=True)
class Components:
    """The components of a mixture prior, or the encodings of its pseudo-inputs."""

    mean: Float32[np.ndarray, "components latent"]
    weight: Float32[np.ndarray, " components"]
    """Their fractions of the prior's mass."""


def sampling_caveat(model: TextVAE) -> str:
    """A caveat about the samples of an autoencoder; empty for any other model."""
    if model.latent.has_rate or model.encoder is None or not model.has_density:
        return ""
    return (
        f"Sampled from a {model.prior.title} fitted to the encodings after training: this "
        "density is not part of the autoencoder's objective."
    )


def need_density(model: TextVAE, folder: Path) -> None:
    """Checks that a model has a density to sample z from.

    Raises:
        ExplorerError: For an autoencoder without one; it says how to fit it.
    """
    if not model.has_density:
        fit = folders.command("prior", folder, "--fit mixture")
        raise ExplorerError(
            f"{folder.resolve().name} is an autoencoder: it has no prior to sample from. `{fit}` "
            "fits a density to its encodings"
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
    """Whether it is N(0, I), whose contours on every plane are circles around the origin."""
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
        seed: Of the densities they are compared with.

    Raises:
        ExplorerError: If the model's posteriors are not Gaussians of positive width.
    """
    if not has_gaussian_posterior(model) or not (scale > 0).all():
        raise ExplorerError(
            "holes can only be found for Gaussian posteriors of positive width, which this "
            "model lacks"
        )
    return holes(z, log_density(model.prior()), mean, scale, seed)
