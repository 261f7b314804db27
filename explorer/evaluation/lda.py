"""Latent Dirichlet allocation, a baseline of documents: online, and by Gibbs sampling.

θ ~ Dirichlet(α); each word has a topic k ~ θ and is drawn from β_k.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from jaxtyping import Float

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_BATCH = 512
"""Documents inferred at once."""
_PASSES = 20
"""Over the documents, of online LDA."""
_SWEEPS = 1000
"""Of the Gibbs sampler."""
_UPDATES = 100
"""Of a document's posterior at most."""
_CHANGE = 1e-3
"""Mean change of a document's expected topic counts at which the updates end."""


class LDA(NamedTuple):
    """The parameters of the model."""

    alpha: Float[np.ndarray, " topics"]
    """Of the Dirichlet prior, positive."""
    words: Float[np.ndarray, "topics words"]
    """β; rows sum to 1."""


def online(train: "csr_matrix", count: int, seed: int) -> LDA:
    """Fits the model to counts (documents, words) by stochastic variational inference.

    Source:
        Hoffman, Blei & Bach (2010), Online Learning for LDA.
    """
    from sklearn.decomposition import LatentDirichletAllocation

    lda = LatentDirichletAllocation(
        count, learning_method="online", max_iter=_PASSES, batch_size=256, random_state=seed
    ).fit(train)
    words = lda.components_ / lda.components_.sum(1, keepdims=True)
    return LDA(np.full(count, 1 / count), words)


def by_gibbs(train: "csr_matrix", count: int, seed: int, sweeps: int = _SWEEPS) -> LDA:
    """Fits the model to counts (documents, words) by collapsed Gibbs sampling.

    α is optimised meanwhile; the topics are those of the last sweep.

    Raises:
        ImportError: Without tomotopy.

    Source:
        Griffiths & Steyvers (2004), Finding Scientific Topics; Minka (2000) for α.
    """
    import tomotopy

    sampler = tomotopy.LDAModel(k=count, seed=seed)
    rows: Any = train.tocsr()
    for start, end in zip(rows.indptr[:-1], rows.indptr[1:], strict=True):
        times = rows.data[start:end].astype(np.int64)
        sampler.add_doc(np.repeat(rows.indices[start:end], times).astype(str).tolist())
    sampler.train(sweeps, workers=1)
    words = np.zeros((count, rows.shape[1]))
    columns = np.array(sampler.used_vocabs, np.int64)
    for topic in range(count):
        words[topic, columns] = sampler.get_topic_word_dist(topic)
    # A word that no training document holds is as likely as a smoothed word without a count.
    words[words == 0] = words[words > 0].min()
    return LDA(np.array(sampler.alpha, float), words / words.sum(1, keepdims=True))


def bounds(counts: "csr_matrix", lda: LDA) -> Float[np.ndarray, " documents"]:
    """A lower bound of the log-likelihood of each document (documents, words), nats.

    Mean-field inference with fixed topics: E_q log p(x, θ) − E_q log q(θ), with the topics of the
    words summed out under E_q log θ.

    Source:
        Blei, Ng & Jordan (2003), equations 15–16; Hoffman, Blei & Bach (2010), equation 4.
    """
    rows: Any = counts
    batches = range(0, rows.shape[0], _BATCH)
    parts = [_bounds(rows[start : start + _BATCH].toarray(), lda) for start in batches]
    return np.concatenate([np.zeros(0), *parts])


def _bounds(
    counts: Float[np.ndarray, "documents words"], lda: LDA
) -> Float[np.ndarray, " documents"]:
    from scipy.special import gammaln, psi

    def log_theta() -> Float[np.ndarray, "documents topics"]:
        return psi(gamma) - psi(gamma.sum(1, keepdims=True))

    gamma = lda.alpha + counts.sum(1, keepdims=True) / len(lda.alpha)
    for _ in range(_UPDATES):
        weights = np.exp(log_theta())
        mixed = (weights @ lda.words).clip(min=1e-300)
        updated = lda.alpha + weights * ((counts / mixed) @ lda.words.T)
        change = np.abs(updated - gamma).mean()
        gamma = updated
        if change < _CHANGE:
            break
    logs = log_theta()
    mixed = (np.exp(logs) @ lda.words).clip(min=1e-300)
    prior = gammaln(lda.alpha.sum()) - gammaln(lda.alpha).sum() + logs @ (lda.alpha - 1)
    entropy = gammaln(gamma).sum(1) - gammaln(gamma.sum(1)) - ((gamma - 1) * logs).sum(1)
    return (counts * np.log(mixed)).sum(1) + prior + entropy
