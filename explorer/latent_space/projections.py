"""Projections of latent points: PCA in units of the prior, and UMAP."""

import importlib.util
import io
import os
import tempfile
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Int

from explorer.latent_space import map_quality
from explorer.latent_space.neighbour_weights import inverse_square
from explorer.latent_space.random_rows import draw
from explorer.system.progress import StageProgress

ACTIVE_VARIANCE = 0.01
"""Minimum variance over the data of an active dimension's posterior mean (Burda et al. 2016,
arXiv:1509.00519)."""

METRICS = ("euclidean", "cosine", "manhattan")
"""Distances that a UMAP can preserve."""

_AT_ONCE = 20_000  # points placed between two reports
_LEAST_POINTS = 5  # with fewer, UMAP has no neighbourhoods to preserve
_REPULSION = 20
"""Negative samples an edge, of umap's 5: with them, twice as many of the 15 nearest neighbours in
latent space stay neighbours on the maps that ship."""
_MOST_FITTED = 50_000
"""Points that are fitted together; of more, the others are placed among a sample."""


@dataclass(frozen=True, slots=True)
class Ellipse:
    """Where a prior's `sigma` standard deviations lie on the PCA plane; axes along x and y."""

    sigma: float
    x: float
    y: float
    radius_x: float
    radius_y: float


@dataclass(frozen=True, slots=True)
class PCA:
    """The plane of largest variance, without rescaling: a unit on it is a unit of the prior."""

    centre: Float[np.ndarray, " d"]
    axes: Float[np.ndarray, "2 d"]
    variance: Float[np.ndarray, " 2"]
    """Variance along each axis."""
    explained: Float[np.ndarray, " 2"]
    """Fraction of the total variance along each axis."""

    @classmethod
    def fit(cls, mean: Float[np.ndarray, "n d"]) -> "PCA":
        """Fits the plane; the largest entry of each axis is positive, which fixes signs."""
        points = mean.astype(np.float64)
        centre = points.mean(axis=0)
        points -= centre
        variance, vectors = np.linalg.eigh(points.T @ points / max(1, len(points) - 1))
        variance = variance.clip(min=0.0)
        total = float(variance.sum()) or 1.0
        axes = np.zeros((2, mean.shape[1]))  # the second stays zero for a single dimension
        top = np.zeros(2)
        for row, column in enumerate(range(len(variance) - 1, max(len(variance) - 3, -1), -1)):
            axis = vectors[:, column]
            axes[row] = axis * np.copysign(1.0, axis[np.abs(axis).argmax()])
            top[row] = variance[column]
        return cls(centre, axes, top, top / total)

    def transform(self, z: Float[np.ndarray, "n d"]) -> Float32[np.ndarray, "n 2"]:
        """The positions of latent points on the plane."""
        return ((z - self.centre) @ self.axes.T).astype(np.float32)

    def inverse(self, xy: Float[np.ndarray, "n 2"]) -> Float32[np.ndarray, "n d"]:
        """The latent points at these positions of the plane."""
        return (self.centre + xy @ self.axes).astype(np.float32)

    def spread(self, scale: Float[np.ndarray, " d"]) -> Float[np.ndarray, " 2"]:
        """Standard deviations on the plane of a Gaussian with these standard deviations."""
        return np.sqrt(self.axes**2 @ scale.astype(np.float64) ** 2)

    def ellipses(self, sigmas: tuple[float, ...] = (1.0, 2.0)) -> list[Ellipse]:
        """N(0, I) on the plane: circles around the projected origin.

        The 1σ and 2σ circles hold 39% and 86% of the prior's projected mass.
        """
        x, y = (-self.centre @ self.axes.T).tolist()
        return [Ellipse(sigma, x, y, sigma, sigma) for sigma in sigmas]


@dataclass(frozen=True, slots=True)
class Layout:
    """A map of the corpus."""

    xy: Float32[np.ndarray, "n 2"]
    noise: bool
    """Whether no dimension is active, so that the map shows noise."""
    meta: dict[str, Any] = field(default_factory=dict)
    """How it was computed; plain JSON values."""


def hardly_varies(mean: Float[np.ndarray, "n d"]) -> bool:
    """Whether no dimension is active: all Var(mean) ≤ 0.01 (unbiased), or one sentence only."""
    if len(mean) < 2:
        return True
    return bool((mean.var(axis=0, ddof=1, dtype=np.float64) <= ACTIVE_VARIANCE).all())


def umap_layout(
    mean: Float[np.ndarray, "n d"],
    neighbours: int = 10,
    min_dist: float = 0.05,
    seed: int = 0,
    progress: StageProgress | None = None,
    metric: str = "euclidean",
    space: Float[np.ndarray, "n e"] | None = None,
) -> Layout:
    """UMAP of the means, initialised with PCA; equal arguments give equal maps.

    Where there are too few points for the neighbourhoods (n < neighbours + 2, n < 5)
    or all are equal, it is the PCA plane, and `meta["method"]` and `meta["reason"]` say so.
    Of more than 50,000 points a random sample of 50,000 is fitted (`meta["fitted"]`): each other
    point lies at the mean of its neighbours' positions, weighted by inverse squared distance.

    Args:
        mean: Posterior means.
        neighbours: Of each point; more show global structure, fewer local detail.
        min_dist: Minimum distance between points on the map.
        seed: Of the optimisation.
        progress: Called with "layout" while it is optimised.
        metric: Of the distances that it preserves, one of `METRICS`.
        space: Other coordinates of the points, whose distances are preserved (`meaning_space`).

    Raises:
        ModuleNotFoundError: If umap-learn is not installed.

    Source:
        McInnes, Healy, Melville (2018), UMAP, arXiv:1802.03426; initialised with PCA after
        Kobak and Linderman (2021), doi:10.1038/s41587-020-00809-z; repulsion after Damrich et al.
        (2023), arXiv:2206.01816: more negative samples bring UMAP closer to t-SNE.
    """
    few = len(mean) < max(neighbours + 2, _LEAST_POINTS)
    if few or not np.ptp(mean, axis=0).any():
        reason = f"{len(mean)} sentences are too few for UMAP" if few else "all means are equal"
        plane = pca_layout(mean, neighbours, min_dist, seed, progress)
        return Layout(plane.xy, plane.noise, plane.meta | {"reason": reason})
    tell = progress or _silent
    points = np.ascontiguousarray(mean if space is None else space, np.float32)
    fitted = draw(len(points), _MOST_FITTED, seed)
    xy = _fit(points[fitted], neighbours, min_dist, seed, metric, tell)
    meta: dict[str, Any] = {
        "method": "umap", "neighbours": neighbours, "min_dist": min_dist, "seed": seed,
    }  # fmt: skip
    meta |= {"metric": metric} if metric != METRICS[0] else {}
    if len(fitted) < len(points):
        xy = _placed(points, fitted, xy, neighbours, metric, tell)
        meta["fitted"] = len(fitted)
    return Layout(xy, hardly_varies(mean), meta | _trust(mean, xy, seed, tell))


def _fit(
    points: Float32[np.ndarray, "n e"],
    neighbours: int,
    min_dist: float,
    seed: int,
    metric: str,
    tell: StageProgress,
) -> Float32[np.ndarray, "n 2"]:
    """The positions of points that are fitted together, around the origin."""
    tell("neighbours", 0.0)
    umap = _umap(
        n_neighbors=neighbours,
        min_dist=min_dist,
        negative_sample_rate=_REPULSION,
        init=_start(points, seed),
        random_state=seed,
        n_jobs=1,  # implied by the seed; given, or umap warns
        metric=metric,
        # Its own approximation takes half a minute to compile, in every process.
        precomputed_knn=_neighbours(points, points, neighbours, metric),
        tqdm_kwds=_tqdm_settings(tell),
    )
    with warnings.catch_warnings():
        # Given neighbours, it could not place new points; the map places them itself.
        warnings.filterwarnings("ignore", "precomputed_knn", UserWarning)
        xy = np.asarray(umap.fit_transform(points), np.float32)
    tell("layout", 1.0)
    return xy - (xy.min(axis=0) + xy.max(axis=0)) / 2


def _placed(
    points: Float32[np.ndarray, "n e"],
    fitted: Int[np.ndarray, " m"],
    xy: Float32[np.ndarray, "m 2"],
    neighbours: int,
    metric: str,
    tell: StageProgress,
) -> Float32[np.ndarray, "n 2"]:
    """The positions of all points, from those of some."""
    result = np.empty((len(points), 2), np.float32)
    result[fitted] = xy
    others = np.setdiff1d(np.arange(len(points)), fitted)
    for start in range(0, len(others), _AT_ONCE):
        tell("placing", start / len(others))
        rows = others[start : start + _AT_ONCE]
        index, distance = _neighbours(points[fitted], points[rows], neighbours, metric)
        result[rows] = np.einsum("mk,mkc->mc", inverse_square(distance), xy[index])
    tell("placing", 1.0)
    return result


def pca_layout(
    mean: Float[np.ndarray, "n d"],
    neighbours: int = 10,
    min_dist: float = 0.05,
    seed: int = 0,
    progress: StageProgress | None = None,
) -> Layout:
    """PCA of the means, as `umap_layout`; `neighbours` and `min_dist` are ignored."""
    plane = PCA.fit(mean)
    xy = plane.transform(mean)
    meta: dict[str, Any] = {"method": "pca", "explained": plane.explained.tolist()}
    return Layout(xy, hardly_varies(mean), meta | _trust(mean, xy, seed, progress or _silent))


def _trust(
    mean: Float[np.ndarray, "n d"], xy: Float[np.ndarray, "n 2"], seed: int, tell: StageProgress
) -> dict[str, Any]:
    tell("trustworthiness", 0.0)
    measures = map_quality.measured(mean, xy, seed)
    tell("trustworthiness", 1.0)
    return measures


def _umap(**settings: Any) -> Any:
    _allow_compiling()
    with warnings.catch_warnings():
        # umap warns at import that its optional TensorFlow part is missing.
        warnings.simplefilter("ignore", ImportWarning)
        from umap import UMAP
    return UMAP(**settings)


def _allow_compiling() -> None:
    """Gives numba a folder to cache compiled functions in, where it would find none.

    umap asks for the cache at import, and numba raises where both its package and the user's cache
    folder are read-only, as in some containers.
    """
    spec = importlib.util.find_spec("umap")
    if "NUMBA_CACHE_DIR" in os.environ or spec is None or spec.origin is None:
        return
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    folders = (Path(spec.origin).parent / "__pycache__", Path(cache).expanduser() / "numba")
    if not any(map(_is_writable, folders)):
        # Private: what is cached is executed.
        os.environ["NUMBA_CACHE_DIR"] = tempfile.mkdtemp(prefix="numba-")


def _is_writable(folder: Path) -> bool:
    """Whether a folder can be written, or made."""
    there = next((path for path in (folder, *folder.parents) if path.exists()), folder)
    return os.access(there, os.W_OK)


def _neighbours(
    among: Float32[np.ndarray, "n e"], points: Float32[np.ndarray, "m e"], count: int, metric: str
) -> tuple[Int[np.ndarray, "m k"], Float[np.ndarray, "m k"]]:
    """Index and distance of the nearest of some points to each of others, exactly."""
    from sklearn.neighbors import NearestNeighbors

    searched = NearestNeighbors(n_neighbors=count, algorithm="brute", metric=metric).fit(among)
    distance, index = searched.kneighbors(points)
    return index, distance


def _start(mean: Float[np.ndarray, "n d"], seed: int) -> Float32[np.ndarray, "n 2"]:
    """The PCA plane in UMAP's usual size; a little noise separates equal points."""
    xy = PCA.fit(mean).transform(mean)
    xy *= 10.0 / max(float(np.abs(xy).max()), np.finfo(np.float32).tiny)
    noise = np.random.default_rng(seed).normal(scale=1e-4, size=xy.shape)
    return (xy + noise).astype(np.float32)


def _silent(stage: str, fraction: float) -> None:
    """Reports nothing."""


class _Epochs(io.TextIOBase):
    """Parses "12/200" from tqdm, the only progress report of umap."""

    def __init__(self, tell: StageProgress) -> None:
        super().__init__()
        self._tell = tell

    def write(self, text: str, /) -> int:
        done, _, total = text.strip().partition("/")
        if done.isdigit() and total.isdigit() and int(total):
            self._tell("layout", int(done) / int(total))
        return len(text)


def _tqdm_settings(tell: StageProgress) -> dict[str, Any]:
    return {
        "disable": False,
        "file": _Epochs(tell),
        "bar_format": "{n}/{total}",
        "mininterval": 0.2,
        "leave": False,
    }
