"""Probabilistic latent semantic analysis: topics by maximum likelihood, without an encoder."""

from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_DOCUMENTS = 10_000
"""At most; of more, a random sample is read."""
_ITERATIONS = 40
_SMOOTHING = 0.1
"""Share of the whole text in each topic: without it the words a topic lacks are impossible."""


def topics(
    counts: "csr_matrix", num_topics: int, seed: int = 0
) -> Float[np.ndarray, "topics words"]:
    """p(w|k) of each topic k of p(w|d) = Σ_k θ_dk p(w|k), θ and topics free.

    They are fitted as a non-negative factorisation of the counts under the Kullback-Leibler
    divergence, whose minima are the maxima of the likelihood.

    Args:
        counts: Of the words of each document.
        num_topics: K.
        seed: Of the start and of the sample.

    Source:
        Hofmann (1999), Probabilistic Latent Semantic Indexing; Gaussier & Goutte (2005), Relation
        between PLSA and NMF and Implications.
    """
    from sklearn.decomposition import NMF

    size: Any = counts.shape
    if size[0] > _DOCUMENTS:
        rows = np.random.default_rng(seed).choice(size[0], _DOCUMENTS, replace=False)
        counts = counts[rows]
    everywhere = np.asarray(counts.sum(0)).ravel() + 0.5
    everywhere /= everywhere.sum()
    if not counts.nnz:  # no document with a word
        return np.tile(everywhere, (num_topics, 1))
    settings: dict[str, Any] = {"solver": "mu", "beta_loss": "kullback-leibler", "tol": 0}
    settings |= {"n_components": num_topics, "max_iter": _ITERATIONS, "random_state": seed}
    factors = NMF(**settings).fit(counts)
    own = factors.components_ + 1e-12
    own /= own.sum(1, keepdims=True)
    return (1 - _SMOOTHING) * own + _SMOOTHING * everywhere
