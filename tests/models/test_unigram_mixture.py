"""EM climbs, the bound touches after each E step, and hard EM climbs something else."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from explorer.errors import ExplorerError
from explorer.models import unigram_mixture
from explorer.models.unigram_mixture import Step

TOPICS, WORDS = 3, 30


def documents(seed: int = 0, count: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Counts of documents with one of three topics each, and the topics."""
    random = np.random.default_rng(seed)
    words = random.dirichlet(np.full(WORDS, 0.2), TOPICS)
    topic = random.integers(TOPICS, size=count)
    lengths = random.integers(5, 40, size=count)
    rows = [random.multinomial(n, words[k]) for n, k in zip(lengths, topic, strict=True)]
    return np.array(rows, float), topic


def steps(hard: bool, smoothing: float = 0.0, seed: int = 0) -> list[Step]:
    counts, _ = documents()
    return list(
        unigram_mixture.fit(counts, TOPICS, seed, hard, smoothing=smoothing, tolerance=1e-9)
    )


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_em_never_lowers_the_likelihood_and_the_bound_touches_it_after_each_e_step(
    smoothing: float,
) -> None:
    taken = steps(hard=False, smoothing=smoothing)
    for values in (
        [step.log_likelihood + step.log_prior for step in taken],
        [step.bound + step.log_prior for step in taken],
    ):
        assert (np.diff(values) >= -1e-6).all()
        assert values[-1] > values[0] + 100
    for step in taken:
        gap = step.log_likelihood - step.bound
        assert gap >= -1e-6
        assert step.name != "E" or gap < 1e-6
    assert max(step.log_likelihood - step.bound for step in taken if step.name == "M") > 1


def test_hard_em_climbs_its_own_objective_and_stays_below_the_likelihood() -> None:
    taken = steps(hard=True)[1:]
    assert (np.diff([step.bound for step in taken]) >= -1e-6).all()
    assert all(step.bound < step.log_likelihood for step in taken)
    assert all(set(np.unique(step.responsibilities)) == {0.0, 1.0} for step in taken)


def test_the_topics_of_the_documents_are_recovered_and_sum_to_one() -> None:
    counts, topic = documents()
    best = max((steps(hard=False, seed=seed)[-1] for seed in range(5)), key=lambda s: s.bound)
    assert np.allclose(np.exp(best.mixture.log_words).sum(1), 1)
    assert np.isclose(np.exp(best.mixture.log_weights).sum(), 1)
    assigned = best.responsibilities.argmax(1)
    purity = sum(np.bincount(topic[assigned == k]).max() for k in np.unique(assigned))
    assert purity / len(counts) > 0.9


def test_counts_may_be_sparse_and_a_document_may_be_empty() -> None:
    counts, _ = documents()
    counts[7] = 0
    dense, sparse = (
        unigram_mixture.fitted(unigram_mixture.fit(given, TOPICS, smoothing=0.1))
        for given in (counts, csr_matrix(counts))
    )
    assert np.allclose(dense.log_words, sparse.log_words)
    assert np.isclose(unigram_mixture.log_likelihoods(counts[7:8], dense)[0], 0)


def test_fewer_documents_than_topics_is_refused() -> None:
    with pytest.raises(ExplorerError, match="5 topics need at least as many documents, not 2"):
        next(unigram_mixture.fit(np.ones((2, 4)), 5))
