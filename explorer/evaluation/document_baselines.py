"""Baselines of documents, fitted on counts: unigrams, mixtures of unigrams, LDA."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from explorer.latent_space import topics
from explorer.models import unigram_mixture

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_SMOOTHING = 1.0
"""Occurrences added to each word of each topic of a mixture; chosen on validation documents."""
_PASSES = 20
"""Over the documents, of LDA."""


@dataclass(frozen=True, slots=True)
class DocumentScores:
    """What one model reaches on held-out documents; None where it has none."""

    title: str
    per_document: float | None = None
    per_word: float | None = None
    npmi: float | None = None
    diversity: float | None = None


def baselines(
    train: "csr_matrix", test: "csr_matrix", num_topics: int = 50, seed: int = 0
) -> Iterator[DocumentScores]:
    """Fits each baseline to the counts of training documents, and measures it on others.

    Perplexities are exact but for LDA, whose variational bound scikit-learn gives per word only.

    Args:
        train: Counts (documents, words).
        test: The same of held-out documents, each with at least one word.
        num_topics: Of LDA and of the larger mixtures.
        seed: Of all starts.

    Source:
        Nigam et al. (2000); Hoffman, Blei & Bach (2010), Online Learning for LDA.
    """
    yield _unigrams(train, test)
    for count in dict.fromkeys((20, num_topics)):
        for hard in (False, True):
            yield _mixture(train, test, count, hard, seed)
    yield _lda(train, test, num_topics, seed)


def _unigrams(train: "csr_matrix", test: "csr_matrix") -> DocumentScores:
    counts = np.asarray(train.sum(0)).ravel() + 0.5
    nats = -np.asarray(test @ np.log(counts / counts.sum()))
    return _scored("unigrams", nats, test)


def _mixture(
    train: "csr_matrix", test: "csr_matrix", count: int, hard: bool, seed: int
) -> DocumentScores:
    steps = unigram_mixture.fit(train, count, seed, hard, smoothing=_SMOOTHING)
    mixture = unigram_mixture.fitted(steps)
    nats = -unigram_mixture.log_likelihoods(test, mixture)
    title = f"mixture of {count} unigrams, {'hard EM' if hard else 'EM'}"
    return _scored(title, nats, test, np.exp(mixture.log_words), train)


def _lda(train: "csr_matrix", test: "csr_matrix", count: int, seed: int) -> DocumentScores:
    from sklearn.decomposition import LatentDirichletAllocation

    lda = LatentDirichletAllocation(
        count, learning_method="online", max_iter=_PASSES, batch_size=256, random_state=seed
    ).fit(train)
    words = lda.components_ / lda.components_.sum(1, keepdims=True)
    scored = _coherent(words, train)
    return DocumentScores(f"LDA, {count} topics, online", None, lda.perplexity(test), *scored)


def _scored(
    title: str,
    nats: Float[np.ndarray, " documents"],
    test: "csr_matrix",
    words: Float[np.ndarray, "topics words"] | None = None,
    train: "csr_matrix | None" = None,
) -> DocumentScores:
    lengths = np.asarray(test.sum(1)).ravel()
    per_document = math.exp((nats / lengths).mean())
    per_word = math.exp(nats.sum() / lengths.sum())
    scored = (None, None) if words is None or train is None else _coherent(words, train)
    return DocumentScores(title, per_document, per_word, *scored)


def _coherent(
    words: Float[np.ndarray, "topics words"], train: "csr_matrix"
) -> tuple[float, float]:
    scores = topics.contrast(words)
    npmi = topics.coherences(topics.top_words(scores, topics.COHERENT), train).mean()
    return float(npmi), topics.diversity(topics.top_words(scores, topics.DIVERSE))
