"""Alignment of two maps of the same sentences, and how far their neighbourhoods differ.

A map's rotation, reflection, scale and origin are arbitrary: two maps compare only after one has
been aligned with the other. The fraction of variance explained says how well they agree.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int

from explorer.errors import ExplorerError
from explorer.latent_space.neighbours import nearest

AGREEMENT = 0.5
"""Two maps agree if the alignment explains at least this fraction of the variance."""
MIN_SHARED = 3
"""Shared sentences that an alignment needs: two points fit any two."""


@dataclass(frozen=True, eq=False)
class MapAlignment:
    """A similarity transform (rotation or reflection, scale, shift) and how well it fits."""

    rotation: Float[np.ndarray, "d d"]
    """Orthogonal, perhaps with a reflection; applied from the right."""
    scale: float
    source: Float[np.ndarray, " d"]
    """Centre of the map that is transformed."""
    target: Float[np.ndarray, " d"]
    """Where that centre goes."""
    explained: float
    """Fraction of the variance of the other map's positions, 0 to 1."""
    count: int
    """Shared sentences it was fitted on."""

    @property
    def agrees(self) -> bool:
        """Whether a position means about the same on both maps."""
        return self.explained >= AGREEMENT

    def __call__(self, xy: Float[np.ndarray, "n d"]) -> Float32[np.ndarray, "n d"]:
        """Transforms positions of the one map to positions on the other."""
        return (self.target + self.scale * (xy - self.source) @ self.rotation).astype(np.float32)

    def inverse(self, xy: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
        """Transforms positions of the other map back; to the centre, where the scale is 0."""
        scale = 0.0 if self.scale == 0 else 1.0 / self.scale
        return self.source + scale * (xy - self.target) @ self.rotation.T


def shared(
    rows: Int[np.ndarray, " n"], other: Int[np.ndarray, " m"]
) -> tuple[Int[np.ndarray, " both"], Int[np.ndarray, " both"]]:
    """The corpus rows that two atlases both hold.

    Returns:
        Index into `rows` and index into `other`, in ascending order of corpus row.
    """
    _, here, there = np.intersect1d(rows, other, assume_unique=True, return_indices=True)
    return here, there


def align(xy: Float[np.ndarray, "n d"], onto: Float[np.ndarray, "n d"]) -> MapAlignment:
    """The similarity transform that brings `xy` closest to `onto`, by least squares.

    Args:
        xy: Positions of shared sentences on the map to transform.
        onto: Positions of the same sentences, in the same order, on the other map.

    Raises:
        ExplorerError: If fewer than `MIN_SHARED` sentences are shared.

    Source:
        Schönemann & Carroll (1970), Fitting one matrix to another under choice of a central
        dilation and a rigid motion; `explained` is 1 − Procrustes' normalised error.
    """
    if len(xy) < MIN_SHARED:
        raise ExplorerError(
            f"these two maps share {len(xy)} sentences: at least {MIN_SHARED} are needed to "
            "align them"
        )
    moving, fixed = xy.astype(np.float64), onto.astype(np.float64)
    source, target = moving.mean(axis=0), fixed.mean(axis=0)
    moving, fixed = moving - source, fixed - target
    left, singular, right = np.linalg.svd(moving.T @ fixed)
    moving_square, fixed_square = float((moving**2).sum()), float((fixed**2).sum())
    fit = float(singular.sum())
    is_degenerate = moving_square == 0 or fixed_square == 0  # all positions are equal
    return MapAlignment(
        rotation=left @ right,
        scale=1.0 if is_degenerate else fit / moving_square,
        source=source,
        target=target,
        explained=0.0 if is_degenerate else min(fit**2 / (moving_square * fixed_square), 1.0),
        count=len(xy),
    )


def moved(
    mean_a: Float[np.ndarray, "n a"], mean_b: Float[np.ndarray, "n b"], k: int = 10
) -> Float[np.ndarray, " n"]:
    """How far each sentence's latent neighbourhood differs between two spaces.

    Args:
        mean_a: Posterior means of shared sentences in one space.
        mean_b: Posterior means of the same sentences, in the same order, in the other.
        k: Nearest neighbours, by cosine distance of centred latents, among these sentences.

    Returns:
        Jaccard distance of the two sets of neighbours: 0 for the same, 1 for none in common.
    """
    here, there = neighbourhoods(mean_a, k), neighbourhoods(mean_b, k)
    common = (here[:, :, None] == there[:, None, :]).sum(axis=(1, 2))
    union = here.shape[1] + there.shape[1] - common
    return np.where(union > 0, 1 - common / np.maximum(union, 1), 0.0)


def neighbourhoods(mean: Float[np.ndarray, "n d"], k: int) -> Int[np.ndarray, "n k_found"]:
    """The k nearest others of every point."""
    index, _ = nearest(mean, mean, k + 1)
    # Points with equal latents are in order of index, so that a point need not come first itself.
    itself = index == np.arange(len(index))[:, None]
    itself[~itself.any(axis=1), -1] = True
    return index[~itself].reshape(len(index), -1)
