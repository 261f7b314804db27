"""A sentence's posterior refined by gradient steps, in numbers and in words."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float32

from explorer.explore.coded_run import CodedRun
from explorer.explore.map_overlays import Ellipse, Marker, Overlay
from explorer.explore.map_views import MapView
from explorer.models.decoding_settings import Decoding

if TYPE_CHECKING:
    from explorer.models.refinement import Bound

STEPS = 50


@dataclass(frozen=True)
class Side:
    """A posterior, what it costs, and the sentence decoded from its mean."""

    mean: Float32[np.ndarray, " latent"]
    scale: Float32[np.ndarray, " latent"]
    distortion: float
    """Nats, averaged over draws that are the same before and after."""
    rate: float
    """Nats."""
    reconstruction: str

    @property
    def nats(self) -> float:
        """−ELBO."""
        return self.distortion + self.rate


@dataclass(frozen=True)
class RefinedText:
    """A sentence before and after refinement."""

    text: str
    before: Side
    after: Side
    steps: int

    @property
    def gain(self) -> float:
        """Nats by which −ELBO fell; never below 0."""
        return self.before.nats - self.after.nats


def refine(
    run: CodedRun, text: str, steps: int = STEPS, decoding: Decoding | None = None
) -> RefinedText:
    """Improves a sentence's posterior from the encoder's answer on.

    Args:
        run: With Gaussian posteriors.
        text: A sentence.
        steps: Of Adam, at most 1000; see `explorer.models.refinement.refine`.
        decoding: Of both reconstructions, greedy by default; its label conditions the decoder
            throughout, at its training strength.

    Raises:
        ExplorerError: If the posteriors are not Gaussian, or for an impossible number of steps.
    """
    from explorer.models import label_conditioning, refinement

    decoding = decoding or Decoding()
    labels = run.config.model.labels
    codes = [label_conditioning.index(labels, decoding.label)] if labels else []
    mean, scale = run.posterior([text])
    refined = refinement.refine(run.model, run.ids([text]), steps, labels=codes)
    after = refined.mean.numpy(), refined.scale.numpy()
    first, last = run.decode(np.concatenate([mean, after[0]]), decoding)
    return RefinedText(
        text,
        _side((mean, scale), refined.before, first),
        _side(after, refined.after, last),
        steps,
    )


def overlays(layout: MapView, refined: RefinedText) -> list[Overlay]:
    """Where the refined mean lies on a map, and how wide both posteriors are, if it has units."""
    if not layout.of_latents or not refined.gain:
        return []
    sides = {"encoder": refined.before, "refined": refined.after}
    xy, _ = layout.locate(np.stack([side.mean for side in sides.values()]))
    result: list[Overlay] = []
    for (name, side), (x, y) in zip(sides.items(), xy, strict=True):
        if (spread := layout.spread(side.scale)) is not None:
            result.append(Ellipse(x, y, spread[0], spread[1], f"{name} 1σ"))
    return [*result, Marker(xy[1, 0], xy[1, 1], "" if result else "refined")]


def can_refine(run: CodedRun) -> bool:
    """Whether the run's posteriors are Gaussians that can be refined."""
    from explorer.models.batch_inference import has_gaussian_posterior

    return has_gaussian_posterior(run.model)


def _side(posterior: tuple[np.ndarray, np.ndarray], bound: "Bound", reconstruction: str) -> Side:
    mean, scale = posterior
    return Side(mean[0], scale[0], bound.distortion.item(), bound.rate.item(), reconstruction)
