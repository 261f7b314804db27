"""Laws of what needs no VAE: retrieval by words, copied sentences."""

import numpy as np
import pytest

from explorer.evaluation import baselines
from explorer.evaluation.retrieval import chance, retrieve

TOPICS = [[f"w{topic}a", f"w{topic}b", f"w{topic}c", f"w{topic}d"] for topic in range(60)]
RANDOM = np.random.default_rng(0)
TRAINING = [
    ["the", *RANDOM.permutation(TOPICS[topic])[:3], "is", f"r{RANDOM.integers(200)}", "."]
    for topic in RANDOM.integers(0, 60, 3000)
]


def captions(count: int) -> tuple[list[list[str]], list[int]]:
    """Two captions of each topic that share no word but stop words."""
    groups = [topic for topic in range(count) for _ in range(2)]
    halves = ([0, 1], [2, 3])
    tokens = [
        ["the", *(TOPICS[topic][word] for word in halves[row % 2]), "."]
        for row, topic in enumerate(groups)
    ]
    return tokens, groups


def test_word_vectors_know_words_that_occur_together_and_a_projection_does_not() -> None:
    tokens, groups = captions(60)
    found = baselines.by_fitted_words(tokens, groups, TRAINING, 0)
    assert set(found) == {"random_projection_32", "sif_32", "sif_32_white"}
    assert found["sif_32"].p1 > 0.9 and found["sif_32_white"].p1 > 0.9
    assert found["random_projection_32"].p1 == pytest.approx(chance(groups).p1, abs=0.1)


def test_a_projection_finds_the_same_words() -> None:
    tokens = [row[:4] for row in TRAINING[:40] for _ in range(2)]
    groups = [row for row in range(40) for _ in range(2)]
    # Equal captions are nearest but for the few that repeat another.
    assert baselines.by_fitted_words(tokens, groups, TRAINING, 0)["random_projection_32"].r10 == 1


def test_stop_words_and_the_order_of_the_training_sentences_change_nothing() -> None:
    tokens, groups = captions(60)
    found = baselines.by_fitted_words(tokens, groups, TRAINING, 0)
    padded = [["of", "and", *row, "!"] for row in tokens]
    assert baselines.by_fitted_words(padded, groups, TRAINING, 0) == found
    other = baselines.by_fitted_words(tokens, groups, TRAINING[::-1], 0)
    assert other["sif_32"].p1 == pytest.approx(found["sif_32"].p1, abs=0.05)


@pytest.mark.parametrize("training", [[["the", "of"]], [["a", "red", "kite"]] * 50])
def test_without_words_enough_there_is_no_baseline(training: list[list[str]]) -> None:
    assert baselines.by_fitted_words([["kite"]] * 4, [0, 0, 1, 1], training, 0) == {}


def test_an_encoder_is_scored_in_the_plane_of_the_training_vectors() -> None:
    random = np.random.default_rng(1)
    groups = [image for image in range(40) for _ in range(2)]
    signal = random.normal(size=(40, 4))[groups]
    noise = 0.1 * random.normal(size=(80, 60))
    training = np.hstack([random.normal(size=(500, 4)), np.zeros((500, 60))])
    # The training vectors do not vary where the noise is.
    assert baselines.by_encoder(np.hstack([signal, 100 * noise]), groups, training, 4).p1 == 1
    assert retrieve(np.hstack([signal, 100 * noise]), groups).p1 < 0.5


def test_a_copy_is_the_sentence_itself_where_it_was_trained_on() -> None:
    training = [["a", "red", "kite"], ["two", "old", "boats", "sail"], ["the", "red", "boat"]]
    copied = baselines.copies([*training, ["old", "boats", "sink"], ["nothing"]], training)
    assert copied[:3] == training
    assert copied[3] == training[1]
    assert copied[4] in training
