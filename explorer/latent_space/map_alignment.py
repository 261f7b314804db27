"""Two maps of the same sentences: laying one onto the other, and which sentences moved.

A map's rotation, reflection, scale and origin mean nothing, so that two maps can only be compared
after one has been laid onto the other. How well that works is a figure to show, not to hide.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int

from explorer.errors import ExplorerError
from explorer.latent_space.neighbours import nearest

AGREEMENT = 0.5
"""Share of a map's variance below which two maps do not agree."""
LEAST = 3
"""Shared sentences that a registration needs: two points fit any two."""


@dataclass(frozen=True, eq=False)
class Registration:
    """A similarity transform (rotation or reflection, scale, shift) and how well it fits."""

    turn: Float[np.ndarray, "d d"]
    """Orthogonal; applied from the right."""
    scale: float
    source: Float[np.ndarray, " d"]
    """Centre of the map that is moved."""
    target: Float[np.ndarray, " d"]
    """Where that centre goes."""
    share: float
    """Of the variance of the other map's places, 0 to 1, that the moved places explain."""
    count: int
    """Shared sentences it was found on."""

    @property
    def agrees(self) -> bool:
        """Whether a place says about the same on both maps."""
        return self.share >= AGREEMENT

    def __call__(self, xy: Float[np.ndarray, "n d"]) -> Float32[np.ndarray, "n d"]:
        """Moves places of the one map to where they lie on the other."""
        return (self.target + self.scale * (xy - self.source) @ self.turn).astype(np.float32)

    def back(self, xy: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
        """Where places of the other map came from; the centre, if all of this map fell on one."""
        shrunk = 0.0 if self.scale == 0 else 1.0 / self.scale
        return self.source + shrunk * (xy - self.target) @ self.turn.T


def shared(
    rows: Int[np.ndarray, " n"], other: Int[np.ndarray, " m"]
) -> tuple[Int[np.ndarray, " both"], Int[np.ndarray, " both"]]:
    """Finds the corpus rows that two atlases both hold.

    Returns:
        Index into `rows` and index into `other`, in ascending order of corpus row.
    """
    _, here, there = np.intersect1d(rows, other, assume_unique=True, return_indices=True)
    return here, there


def register(xy: Float[np.ndarray, "n d"], onto: Float[np.ndarray, "n d"]) -> Registration:
    """Finds the similarity transform that brings `xy` nearest to `onto` (least squares).

    Args:
        xy: Places of shared sentences on the map to move.
        onto: Places of the same sentences, in the same order, on the map that stays.

    Raises:
        ExplorerError: If fewer than three sentences are shared.

    Source:
        Schönemann & Carroll (1970), Fitting one matrix to another under choice of a central
        dilation and a rigid motion; the share is 1 − Procrustes' normalised error.
    """
    if len(xy) < LEAST:
        raise ExplorerError(
            f"these two maps share {len(xy)} sentences: at least {LEAST} are needed to lay one "
            "onto the other"
        )
    moving, fixed = xy.astype(np.float64), onto.astype(np.float64)
    source, target = moving.mean(axis=0), fixed.mean(axis=0)
    moving, fixed = moving - source, fixed - target
    left, strengths, right = np.linalg.svd(moving.T @ fixed)
    spread, wanted = float((moving**2).sum()), float((fixed**2).sum())
    fit = float(strengths.sum())
    flat = spread == 0 or wanted == 0  # all places are one: nothing to turn or to explain
    return Registration(
        turn=left @ right,
        scale=1.0 if flat else fit / spread,
        source=source,
        target=target,
        share=0.0 if flat else min(fit**2 / (spread * wanted), 1.0),
        count=len(xy),
    )


def moved(
    mean_a: Float[np.ndarray, "n a"], mean_b: Float[np.ndarray, "n b"], k: int = 10
) -> Float[np.ndarray, " n"]:
    """How much of each sentence's latent neighbourhood is different in the other space.

    Args:
        mean_a: Posterior means of shared sentences in one space.
        mean_b: Posterior means of the same sentences, in the same order, in the other.
        k: Nearest neighbours, by cosine distance of centred latents, among these sentences.

    Returns:
        Jaccard distance of the two sets of neighbours: 0 for the same, 1 for none in common.
    """
    here, there = neighbourhoods(mean_a, k), neighbourhoods(mean_b, k)
    common = (here[:, :, None] == there[:, None, :]).sum(axis=(1, 2))
    together = here.shape[1] + there.shape[1] - common
    return np.where(together > 0, 1 - common / np.maximum(together, 1), 0.0)


def neighbourhoods(mean: Float[np.ndarray, "n d"], k: int) -> Int[np.ndarray, "n k_found"]:
    """The k nearest others of every point."""
    index, _ = nearest(mean, mean, k + 1)
    # Points with equal latents are listed by number, so that a point need not come first itself.
    itself = index == np.arange(len(index))[:, None]
    itself[~itself.any(axis=1), -1] = True
    return index[~itself].reshape(len(index), -1)
