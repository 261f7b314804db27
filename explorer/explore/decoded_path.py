"""A path between two sentences, decoded step by step, and the density along it."""

import itertools
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np
from jaxtyping import Float, Float32

from explorer.explore.run import Run
from explorer.models.decoding_settings import Decoding
from explorer.system.cache import Cache

INTERPOLATIONS = {"linear": "Linear", "spherical": "Spherical"}
"""Kinds of interpolation by name, with their titles."""

_TYPICAL = 500  # sentences whose density is the scale of a path's


@dataclass(frozen=True, eq=False)
class DecodedPath:
    """A path from A to B: its latent points and what the model decodes at each."""

    z: Float32[np.ndarray, "steps latent"]
    texts: list[str]

    @property
    def distinct(self) -> int:
        """Different sentences on the path."""
        return len(set(self.texts))

    @property
    def changes(self) -> list[float]:
        """The fraction of words that change from each step to the next; one less than steps."""
        words = [text.split() for text in self.texts]
        return [
            1 - SequenceMatcher(a=a, b=b, autojunk=False).ratio() if a or b else 0.0
            for a, b in itertools.pairwise(words)
        ]


_paths: Cache[DecodedPath] = Cache(128)
_densities: Cache[float] = Cache(8)


def decoded_paths(
    run: Run, a: str, b: str, steps: int, decoding: Decoding
) -> dict[str, DecodedPath]:
    """The path by each interpolation."""
    return {name: decoded_path(run, a, b, steps, decoding, name) for name in INTERPOLATIONS}


def decoded_path(
    run: Run, a: str, b: str, steps: int, decoding: Decoding, interpolation: str
) -> DecodedPath:
    """The path by one interpolation.

    Each is decoded by itself: sampled words depend on what is decoded beside them.

    Args:
        run: The run.
        a: The sentence it starts at.
        b: The sentence it ends at.
        steps: Points, the ends counted.
        decoding: How each point is decoded.
        interpolation: A key of `INTERPOLATIONS`.
    """

    def decode() -> DecodedPath:
        z = run.path(a, b, steps, interpolation == "spherical")
        return DecodedPath(z, run.decode(z, decoding))

    return _paths.get((run, a, b, steps, decoding, interpolation), decode)


def path_density(run: Run, path: DecodedPath) -> tuple[Float[np.ndarray, " steps"], float] | None:
    """Log q(z) at every step, and its median at sentences, in nats.

    At a sentence, q leaves out its own posterior, since a step between two sentences has none.

    Returns:
        None for a model whose posteriors are not Gaussian: on a sphere, in a box, of codes.
    """
    from explorer.models.batch_inference import has_gaussian_posterior

    if not has_gaussian_posterior(run.model):
        return None
    density = run.map_index.log_density(path.z)
    return None if density is None else (density, _typical_density(run))


def _typical_density(run: Run) -> float:
    def median() -> float:
        assert run.atlas is not None
        count = len(run.atlas)
        rows = np.linspace(0, count - 1, min(count, _TYPICAL)).round().astype(int)
        left_out = rows if count > 1 else None
        density = run.map_index.log_density(run.atlas.mean[rows], without=left_out)
        return float(np.median(density)) if density is not None else 0.0

    return _densities.get(run, median)
