"""The mixture of unigrams, by EM and by hard EM: each document has one topic.

log p(x) = log Σ_k π_k Π_w β_kw^{c_w} for the counts c of a document x, without the multinomial
coefficient, as all perplexities of documents are given.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from explorer.errors import ExplorerError, at_least

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    Counts = Float[np.ndarray, "documents words"] | csr_matrix
    """How often each word occurs in each document, dense or sparse."""

_SPREAD = 0.1
"""Noise on the topics before the first step, relative; without it all would stay equal."""


def counted(ids: Sequence[Sequence[int]], words: int) -> "csr_matrix":
    """How often each of `words` words occurs in each document: (documents, words)."""
    from scipy.sparse import csr_matrix

    rows = np.repeat(np.arange(len(ids)), [len(row) for row in ids])
    columns = np.fromiter((word for row in ids for word in row), np.int64)
    return csr_matrix((np.ones(len(columns)), (rows, columns)), shape=(len(ids), words))


@dataclass(frozen=True, slots=True)
class Mixture:
    """The parameters of the model, as logarithms."""

    log_weights: Float[np.ndarray, " topics"]
    """log π."""
    log_words: Float[np.ndarray, "topics words"]
    """log β."""


@dataclass(frozen=True, slots=True)
class Step:
    """The state after half an iteration; all figures are nats, summed over the documents."""

    name: str
    """`start`, `E` or `M`."""
    iteration: int
    mixture: Mixture
    responsibilities: Float[np.ndarray, "documents topics"]
    """q(k|x), rows sum to 1; after hard EM one entry a row is 1."""
    log_likelihood: float
    """log p of all documents."""
    bound: float
    """Σ_x Σ_k q (log π_k + log p(x|k) − log q), at most `log_likelihood`; equal to it after a soft
    E step."""
    log_prior: float
    """log p(β) under the Dirichlet prior of the smoothing, up to a constant; 0 without it. EM
    never lowers `log_likelihood` + `log_prior`, nor `bound` + `log_prior`; hard EM, from its first
    E step on, never lowers the latter."""


def joint(counts: "Counts", mixture: Mixture) -> Float[np.ndarray, "documents topics"]:
    """Log π_k + log p(x|k) of each document and topic, nats."""
    return np.asarray(counts @ mixture.log_words.T) + mixture.log_weights


def log_likelihoods(counts: "Counts", mixture: Mixture) -> Float[np.ndarray, " documents"]:
    """Log p(x) of each document, nats."""
    return np.logaddexp.reduce(joint(counts, mixture), axis=1)


def expect(
    counts: "Counts", mixture: Mixture, hard: bool = False
) -> Float[np.ndarray, "documents topics"]:
    """The E step: q(k|x) = p(k|x), or with `hard` all of it on the most likely topic."""
    scores = joint(counts, mixture)
    if hard:
        return np.eye(scores.shape[1])[scores.argmax(1)]
    return np.exp(scores - np.logaddexp.reduce(scores, axis=1, keepdims=True))


def maximise(
    counts: "Counts",
    responsibilities: Float[np.ndarray, "documents topics"],
    smoothing: float = 0.0,
) -> Mixture:
    """The M step: the parameters that maximise the bound, plus the log prior of the smoothing.

    Args:
        counts: Of the documents.
        responsibilities: q(k|x), rows sum to 1.
        smoothing: Occurrences of each word added to each topic: a Dirichlet(1 + smoothing) prior.
            Without it a word that a topic lacks makes a new document impossible.
    """
    words = np.asarray(counts.T @ responsibilities).T + smoothing
    with np.errstate(divide="ignore", invalid="ignore"):  # of a topic without documents
        log_words = np.log(words) - np.log(words.sum(1, keepdims=True))
        log_weights = np.log(responsibilities.sum(0)) - np.log(len(responsibilities))
    floor = np.finfo(np.float64).min / 1e9  # 0 · log 0 counts as 0
    return Mixture(
        np.maximum(log_weights, floor), np.nan_to_num(log_words, nan=floor, neginf=floor)
    )


def fit(
    counts: "Counts",
    topics: int,
    seed: int = 0,
    hard: bool = False,
    iterations: int = 50,
    tolerance: float = 1e-5,
    smoothing: float = 0.0,
) -> Iterator[Step]:
    """Fits the model; yields the state at the start and after every E and M step.

    Args:
        counts: Of the training documents, not negative.
        topics: K.
        seed: Of the noise on the first topics.
        hard: Hard EM: each document belongs to its most likely topic alone (as k-means does),
            which climbs the likelihood of documents and topics together, another objective.
        iterations: At most this many pairs of steps.
        tolerance: Ends when an iteration raises the objective by less, relative to it.
        smoothing: See `maximise`.

    Raises:
        ExplorerError: If there are fewer documents than topics, or an argument is out of range.

    Source:
        Nigam, McCallum, Thrun & Mitchell (2000), Text Classification from Labeled and Unlabeled
        Documents using EM, section 3; Neal & Hinton (1998) for the bound.
    """
    at_least("topics", topics, 1)
    at_least("iterations", iterations, 1)
    at_least("smoothing", smoothing, 0)
    documents, _ = _shape(counts)
    if documents < topics:
        raise ExplorerError(f"{topics} topics need at least as many documents, not {documents}")
    step = _start(counts, topics, np.random.default_rng(seed), smoothing)
    yield step
    before = -np.inf
    for iteration in range(1, iterations + 1):
        q = expect(counts, step.mixture, hard)
        step = _measured(counts, "E", iteration, step.mixture, q, smoothing)
        yield step
        step = _measured(counts, "M", iteration, maximise(counts, q, smoothing), q, smoothing)
        yield step
        objective = step.bound + step.log_prior
        if objective - before <= tolerance * abs(objective):
            return
        before = objective


def fitted(steps: Iterator[Step]) -> Mixture:
    """The parameters at the end of `fit`."""
    return deque(steps, maxlen=1)[0].mixture


def _start(counts: "Counts", topics: int, random: np.random.Generator, smoothing: float) -> Step:
    """Topics near the words of all documents, and responsibilities that know nothing."""
    documents, words = _shape(counts)
    equal = np.full((documents, topics), 1 / topics)
    mixture = maximise(counts, equal, max(smoothing, 1e-3))
    noisy = mixture.log_words + _SPREAD * random.standard_normal((topics, words))
    noisy -= np.logaddexp.reduce(noisy, axis=1, keepdims=True)
    return _measured(counts, "start", 0, replace(mixture, log_words=noisy), equal, smoothing)


def _measured(
    counts: "Counts",
    name: str,
    iteration: int,
    mixture: Mixture,
    q: Float[np.ndarray, "documents topics"],
    smoothing: float,
) -> Step:
    scores = joint(counts, mixture)
    log_likelihood = np.logaddexp.reduce(scores, axis=1).sum()
    present = q > 0
    bound = (q[present] * (scores[present] - np.log(q[present]))).sum()
    log_prior = smoothing * mixture.log_words.sum() if smoothing else 0.0
    return Step(name, iteration, mixture, q, float(log_likelihood), float(bound), float(log_prior))


def _shape(counts: Any) -> tuple[int, int]:
    return counts.shape
