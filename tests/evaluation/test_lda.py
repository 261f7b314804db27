"""The bound of LDA lies below the likelihood, and both fits find planted topics."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from explorer.evaluation import lda
from explorer.evaluation.document_baselines import baselines
from explorer.evaluation.lda import LDA

TOPICS, WORDS = 3, 30


def documents(count: int = 300, seed: int = 0) -> tuple[csr_matrix, np.ndarray]:
    """Counts of documents that mix three topics of ten words each, and the topics."""
    random = np.random.default_rng(seed)
    words = np.kron(np.eye(TOPICS), np.full(WORDS // TOPICS, TOPICS / WORDS))
    mixed = random.dirichlet(np.full(TOPICS, 0.2), count) @ words
    rows = [random.multinomial(random.integers(20, 60), row) for row in mixed]
    return csr_matrix(np.array(rows, float)), words


def model(seed: int = 0, concentration: float = 0.4) -> LDA:
    random = np.random.default_rng(seed)
    return LDA(np.full(TOPICS, concentration), random.dirichlet(np.ones(WORDS), TOPICS))


@pytest.mark.parametrize("concentration", [0.1, 1.0, 5.0])
def test_the_bound_is_below_the_likelihood_and_near_it(concentration: float) -> None:
    fitted = model(concentration=concentration)
    counts, _ = documents(20)
    thetas = np.random.default_rng(1).dirichlet(fitted.alpha, 200_000)
    logs = counts.toarray() @ np.log(thetas @ fitted.words).T  # (documents, draws)
    top = logs.max(1)
    exact = top + np.log(np.exp(logs - top[:, None]).mean(1))
    found = lda.bounds(counts, fitted)
    assert (found < exact + 0.02).all()
    assert (exact - found).mean() < 2


def test_a_document_of_one_word_has_its_exact_likelihood_but_for_the_gap() -> None:
    fitted = LDA(np.array([1.0, 2.0, 3.0]), model().words)
    exact = np.log(fitted.alpha / fitted.alpha.sum() @ fitted.words)
    found = lda.bounds(csr_matrix(np.eye(WORDS)), fitted)
    assert (found <= exact + 1e-9).all() and (exact - found < 0.3).all()


def test_one_topic_is_a_model_of_unigrams_and_needs_no_bound() -> None:
    counts, _ = documents(20)
    words = np.full((1, WORDS), 1 / WORDS)
    exact = counts.toarray().sum(1) * np.log(1 / WORDS)
    assert np.allclose(lda.bounds(counts, LDA(np.ones(1), words)), exact)


@pytest.mark.parametrize("how", ["online", "by_gibbs"])
def test_planted_topics_are_found(how: str) -> None:
    if how == "by_gibbs":
        pytest.importorskip("tomotopy")
    counts, words = documents()
    fitted = getattr(lda, how)(counts, TOPICS, 0)
    assert np.allclose(fitted.words.sum(1), 1) and (fitted.words > 0).all()
    likeness = fitted.words @ words.T / (words @ words.T).max()
    assert sorted(likeness.argmax(1).tolist()) == [0, 1, 2]
    assert likeness.max(1).min() > 0.8


def test_a_word_without_a_training_document_has_a_probability() -> None:
    pytest.importorskip("tomotopy")
    counts = documents()[0].tolil()
    counts[:, 0] = 0
    fitted = lda.by_gibbs(counts.tocsr(), TOPICS, 0, sweeps=20)
    assert 0 < fitted.words[:, 0].max() < 0.01
    assert np.isfinite(lda.bounds(documents()[0], fitted)).all()


def test_the_table_has_gibbs_sampling_where_tomotopy_is_at_hand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("tomotopy")
    counts, _ = documents()

    def titles() -> list[str]:
        return [scores.title for scores in baselines(counts[:250], counts[250:], TOPICS)]

    assert "LDA, 3 topics, Gibbs sampling" in titles()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert not any("Gibbs" in title for title in titles())
