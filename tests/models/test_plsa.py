"""Laws of pLSA: planted topics come back, and any number of documents is enough."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from explorer.models import plsa


def test_planted_topics_come_back() -> None:
    random = np.random.default_rng(0)
    planted = np.zeros((3, 30))
    for topic in range(3):
        planted[topic, 10 * topic : 10 * topic + 10] = random.dirichlet(np.full(10, 2.0))
    shares = random.dirichlet(np.full(3, 0.3), 400)
    counts = csr_matrix(np.stack([random.multinomial(80, row @ planted) for row in shares]))
    found = plsa.topics(counts, 3)
    assert np.allclose(found.sum(1), 1)
    distances = np.abs(planted[:, None] - found[None]).sum(2)
    assert sorted(distances.argmin(1)) == [0, 1, 2]
    assert distances.min(1).max() < 0.3


def test_one_topic_is_the_whole_text_and_the_seed_decides() -> None:
    counts = csr_matrix(np.random.default_rng(1).poisson(0.5, (60, 20)))
    whole = np.asarray(counts.sum(0)).ravel()
    assert np.allclose(plsa.topics(counts, 1)[0], whole / whole.sum(), atol=1e-3)
    assert np.array_equal(plsa.topics(counts, 5, seed=3), plsa.topics(counts, 5, seed=3))


@pytest.mark.parametrize("documents", [0, 1, 3])
def test_fewer_documents_than_topics_are_enough(documents: int) -> None:
    counts = csr_matrix(np.arange(documents * 6).reshape(documents, 6) % 4)
    topics = plsa.topics(counts, 8)
    assert topics.shape == (8, 6)
    assert (topics > 0).all()
    assert np.allclose(topics.sum(1), 1)


def test_of_many_documents_a_sample_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = csr_matrix(np.random.default_rng(2).poisson(0.3, (500, 12)))
    monkeypatch.setattr(plsa, "_DOCUMENTS", 50)
    few = plsa.topics(counts, 2)
    assert few.shape == (2, 12)
    assert np.array_equal(few, plsa.topics(counts, 2))
