"""Topics as ranked words, and how coherent and different they are."""

from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Int

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

COHERENT, DIVERSE = 10, 25
"""Words of a topic by which its coherence, and by which the diversity of all is measured."""


def contrast(words: Float[np.ndarray, "topics words"]) -> Float[np.ndarray, "topics words"]:
    """How much each word tells a topic from the average of all: p(w|t) log(p(w|t) / mean p(w)).

    These are the terms of the divergence of the topic from that average: a word has a large one if
    it is likely in the topic, and likelier than in others. Nats.

    Args:
        words: p(w|t), rows sum to 1.
    """
    safe = np.maximum(words, 1e-300)
    return words * (np.log(safe) - np.log(safe.mean(0)))


def top_words(scores: Float[np.ndarray, "topics words"], n: int) -> Int[np.ndarray, "topics n"]:
    """The words with the highest scores on each topic, the highest first."""
    return np.argsort(-scores, axis=1, kind="stable")[:, :n]


def coherences(
    top: Int[np.ndarray, "topics n"], documents: "csr_matrix"
) -> Float[np.ndarray, " topics"]:
    """NPMI of each topic: the mean over pairs of its words, −1 to 1.

    A pair has log(p(a, b) / p(a) p(b)) / −log p(a, b), with the fractions of documents that hold
    the words; −1 if none holds both, 1 if every document does.

    Args:
        top: Words of each topic.
        documents: Counts of the reference documents.

    Source:
        Bouma (2009); Lau, Newman & Baldwin (2014), Machine Reading Tea Leaves, section 3.
    """
    present: Any = documents.astype(bool).astype(np.float64).tocsc()
    number = present.shape[0]
    first, second = np.triu_indices(top.shape[1], 1)
    result = []
    for words in top:
        columns = present[:, words]
        together = np.asarray((columns.T @ columns).todense()) / number
        alone = together.diagonal()
        both = together[first, second]
        with np.errstate(divide="ignore", invalid="ignore"):
            npmi = np.log(both / (alone[first] * alone[second])) / -np.log(both)
        npmi = np.where(both == 0, -1.0, np.where(both == 1, 1.0, npmi))
        result.append(npmi.mean())
    return np.array(result)


def diversity(top: Int[np.ndarray, "topics n"]) -> float:
    """The fraction of different words among the top words of all topics, 0 to 1.

    Source:
        Dieng, Ruiz & Blei (2020), arXiv:1907.04907, section 5, with 25 words a topic.
    """
    return len(np.unique(top)) / top.size
