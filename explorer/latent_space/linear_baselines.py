"""The VAE's linear baselines on the same sentences: PCA, k-means, a mixture of Gaussians.

Each is a model of the sentences' words (TF-IDF) with a latent code of its own: PCA is an
autoencoder whose two halves are linear, k-means is EM with hard assignments, and a mixture of
Gaussians is the latent variable model whose posterior and likelihood need no bound.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int

from explorer.errors import ExplorerError
from explorer.text.search_words import words

DIMENSIONS = 128
"""Dimensions that the TF-IDF vectors are reduced to, where they have more."""
COMPONENTS = 12
"""Of k-means and of the mixture: as many as there are distinguishable colours."""
_RARE = 1000  # from so many sentences on, words that occur in one of them are dropped
_STARTS = 4
_LEAST_VARIANCE = 1e-3  # of the mean variance: a component does not collapse onto equal sentences

Vectors = Float[np.ndarray, "n d"]
Codes = Float[np.ndarray, "n k"]


class WordVectors:
    """Sentences as vectors: TF-IDF of their words, reduced by truncated SVD if larger.

    Args:
        texts: Sentences it is fitted on.
        dimensions: Of a vector, at most.
        seed: Of the SVD.

    Raises:
        ExplorerError: If the sentences contain no word.
    """

    def __init__(self, texts: Sequence[str], dimensions: int = DIMENSIONS, seed: int = 0) -> None:
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfVectorizer

        least = 2 if len(texts) >= _RARE else 1
        split: Any = words  # its stub knows the names of splitters only
        self._counter: Any = TfidfVectorizer(analyzer=split, min_df=least)
        try:
            counted: Any = self._counter.fit_transform(texts)
        except ValueError:
            raise ExplorerError("these sentences have no words to compare them by") from None
        self.count = counted.shape[1]
        """Different words."""
        self.explained = 1.0
        """Fraction of the variance of TF-IDF that the vectors explain."""
        self._svd: Any = None
        if min(counted.shape) > dimensions:
            self._svd = TruncatedSVD(dimensions, random_state=seed).fit(counted)
            self.explained = float(self._svd.explained_variance_ratio_.sum())

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """One vector per sentence."""
        counted: Any = self._counter.transform(texts)
        features = counted.toarray() if self._svd is None else self._svd.transform(counted)
        return np.asarray(features, np.float64)


@runtime_checkable
class Baseline(Protocol):
    """A model of vectors with a latent code."""

    title: str
    summary: str
    """How it relates to the VAE, and what it optimises."""
    unit: str
    """Of `value`."""

    @classmethod
    def fit(cls, vectors: Vectors, size: int, seed: int = 0) -> "Baseline":
        """Fits a model of this size (dimensions, clusters or components)."""
        ...

    def codes(self, vectors: Vectors) -> Codes:
        """The latent code of each."""
        ...

    def reconstruct(self, vectors: Vectors) -> Vectors:
        """Each vector, decoded from its code."""
        ...

    def value(self, vectors: Vectors) -> float:
        """Its objective, as a mean over vectors, which may be held out."""
        ...


@dataclass(frozen=True, eq=False)
class LinearAutoencoder:
    """PCA: encoder and decoder are one linear map and its transpose."""

    mean: Float[np.ndarray, " d"]
    axes: Float[np.ndarray, "k d"]
    title = "PCA"
    summary = "a linear autoencoder: minimises the squared error of what it decodes"
    unit = "squared error per sentence"

    @classmethod
    def fit(cls, vectors: Vectors, size: int, seed: int = 0) -> "LinearAutoencoder":
        """The plane of largest variance, which is the linear autoencoder's optimum.

        Source:
            Baldi & Hornik (1989), doi:10.1016/0893-6080(89)90014-2.
        """
        from sklearn.decomposition import PCA

        with np.errstate(invalid="ignore"):  # sentences that are all equal have no variance
            fitted: Any = PCA(min(size, *vectors.shape), svd_solver="full").fit(vectors)
        return cls(fitted.mean_, fitted.components_)

    def codes(self, vectors: Vectors) -> Codes:
        """Coordinates along the axes, the one of largest variance first."""
        return (vectors - self.mean) @ self.axes.T

    def reconstruct(self, vectors: Vectors) -> Vectors:
        """The nearest points of the plane."""
        return self.mean + self.codes(vectors) @ self.axes

    def value(self, vectors: Vectors) -> float:
        """Mean squared distance from the plane."""
        return _error(vectors, self.reconstruct(vectors))


@dataclass(frozen=True, eq=False)
class KMeans:
    """K-means: a sentence's code is its cluster."""

    centres: Float[np.ndarray, "k d"]
    title = "K-means"
    summary = "hard EM: minimises the squared distance to the nearest centre"
    unit = "squared error per sentence"

    @classmethod
    def fit(cls, vectors: Vectors, size: int, seed: int = 0) -> "KMeans":
        """The best of a few starts; clusters in order of size."""
        from sklearn import cluster

        make: Any = cluster.KMeans  # its stub takes n_init as a string only
        with _quiet():
            fitted = make(_size(vectors, size), n_init=_STARTS, random_state=seed).fit(vectors)
        count = np.bincount(fitted.labels_, minlength=len(fitted.cluster_centers_))
        return cls(fitted.cluster_centers_[np.argsort(-count, kind="stable")])

    def groups(self, vectors: Vectors) -> Int[np.ndarray, " n"]:
        """The cluster of each."""
        centres = self.centres
        distance = (centres**2).sum(1) - 2 * vectors @ centres.T
        return distance.argmin(1)

    def codes(self, vectors: Vectors) -> Codes:
        """1 at the cluster, 0 elsewhere."""
        return np.eye(len(self.centres))[self.groups(vectors)]

    def reconstruct(self, vectors: Vectors) -> Vectors:
        """The centre of each one's cluster."""
        return self.centres[self.groups(vectors)]

    def value(self, vectors: Vectors) -> float:
        """Inertia a sentence: the mean squared distance to the nearest centre."""
        return _error(vectors, self.reconstruct(vectors))


@dataclass(frozen=True, eq=False)
class Mixture:
    """A mixture of diagonal Gaussians: a code is the posterior over components."""

    fitted: Any
    title = "Mixture"
    summary = "EM: maximises the likelihood itself, because its posterior is exact"
    unit = "nats per sentence, a density of the vectors"

    @classmethod
    def fit(cls, vectors: Vectors, size: int, seed: int = 0, iterations: int = 200) -> "Mixture":
        """EM from the clusters of k-means, until the likelihood converges.

        Args:
            vectors: What it is fitted on.
            size: Components.
            seed: Of the start.
            iterations: Of EM, at most.

        Source:
            Dempster, Laird & Rubin (1977), Maximum likelihood from incomplete data.
        """
        from sklearn.mixture import GaussianMixture

        fitted = GaussianMixture(
            _size(vectors, size),
            covariance_type="diag",
            reg_covar=max(_LEAST_VARIANCE * float(vectors.var(0).mean()), 1e-12),
            max_iter=iterations,
            tol=1e-5,
            random_state=seed,
        )
        with _quiet():
            fitted.fit(vectors)
        return cls(fitted)

    def groups(self, vectors: Vectors) -> Int[np.ndarray, " n"]:
        """The most probable component of each."""
        return self.codes(vectors).argmax(1)

    def codes(self, vectors: Vectors) -> Codes:
        """The posterior of the component: exact, by Bayes' rule."""
        return self.fitted.predict_proba(vectors)

    def reconstruct(self, vectors: Vectors) -> Vectors:
        """The mean of the components, weighted by that posterior."""
        return self.codes(vectors) @ self.fitted.means_

    def value(self, vectors: Vectors) -> float:
        """Mean log-likelihood."""
        return float(self.fitted.score(vectors))


BASELINES: dict[str, type[Baseline]] = {
    "pca": LinearAutoencoder,
    "k-means": KMeans,
    "mixture": Mixture,
}


def _error(vectors: Vectors, decoded: Vectors) -> float:
    return float(((vectors - decoded) ** 2).sum(1).mean())


def _size(vectors: Vectors, size: int) -> int:
    """At most as many groups as there are distinct vectors."""
    if len(vectors) > 50 * size:
        return size
    return max(1, min(size, len(np.unique(vectors, axis=0))))


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the warning that k-means did not converge."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield
