"""Figures of sentences, neighbours and paths, on sentences whose answers can be counted."""

import random

import numpy as np
import pytest

from explorer.evaluation import interpolations, retrieval, samples
from explorer.evaluation.reconstruction import (
    bleu,
    by_length,
    exact_match,
    token_accuracy,
)
from explorer.evaluation.reconstruction import (
    repeated_content_words as repeated,
)

SENTENCES = [
    ["a", "dog", "runs", "over", "the", "green", "grass"],
    ["two", "men", "play", "chess", "in", "a", "small", "park"],
    ["a", "woman", "reads"],
]


def test_a_perfect_reconstruction_has_full_marks() -> None:
    assert bleu(SENTENCES, SENTENCES) == pytest.approx(100)
    assert exact_match(SENTENCES, SENTENCES) == 1
    assert token_accuracy(SENTENCES, SENTENCES) == 1


def test_an_unknown_word_matches_nothing_not_even_itself() -> None:
    unknown = ["<unk>"] * 8
    assert bleu([unknown], [unknown]) == 0
    assert exact_match([["a", "<unk>"]], [["a", "<unk>"]]) == 0
    assert token_accuracy([["a", "<unk>"]], [["a", "<unk>"]]) == 0.5
    half = [["a", "dog", "runs", "over", "the", "<unk>", "grass"]]
    assert bleu(half, half) == pytest.approx(100 * (6 / 7 * 4 / 6 * 3 / 5 * 2 / 4) ** 0.25)


def test_tokens_are_compared_as_they_are() -> None:
    # Case and punctuation are tokens already: nothing is normalised a second time.
    assert exact_match([["A"]], [["a"]]) == 0
    odd = ["<b>", "&amp;", "$x$", ".", "\u2047"]
    assert bleu([odd], [odd]) == pytest.approx(100)


def test_token_accuracy_counts_places_of_the_reference() -> None:
    assert token_accuracy([["a", "b"]], [["a", "c", "d", "e"]]) == 0.25
    assert token_accuracy([["a", "b", "c"]], [["a"]]) == 1
    with pytest.raises(ValueError, match="no words"):
        token_accuracy([["a"]], [[]])
    with pytest.raises(ValueError, match="1 hypotheses for 2"):
        exact_match([["a"]], [["a"], ["b"]])


def test_length_buckets_cover_every_sentence_once() -> None:
    sentences = [["w"] * length for length in range(1, 40)]
    buckets = by_length(exact_match, sentences, sentences)
    assert sum(int(bucket["n"]) for bucket in buckets) == 39
    assert [bucket["words"] for bucket in buckets][-1] == "≥ 31"


def test_a_bucket_without_four_words_has_no_bleu() -> None:
    """It would be 0 for a perfect reconstruction."""
    short, longer = [["a", "b", "c"]], [["w"] * 8]
    (bucket,) = by_length(bleu, short + longer, short + longer)
    assert bucket["words"] == "6–10" and bucket["value"] == pytest.approx(100)
    assert len(by_length(bleu, [*short, ["a"] * 4], [*short, ["a"] * 4])) == 1


def test_content_words_are_counted_by_the_quarter_they_stand_in() -> None:
    meant = ["brown", "horses", "of", "the", "farm", "gallop", "over", "hills"]
    assert [total for _, total in repeated([meant], [meant])] == [2, 0, 2, 1]
    assert repeated([meant], [meant]) == repeated([meant[::-1]], [meant])
    assert repeated([["horses", "hill"]], [meant]) == [
        (1, 2),
        (0, 0),
        (0, 2),
        (0, 1),
    ]
    # Short words, stop words, numbers and what is no word do not count.
    nothing = ["a", "red", "with", "between", "2024", "<unk>", "--"]
    assert repeated([nothing], [nothing]) == [(0, 0)] * 4
    with pytest.raises(ValueError, match="0 hypotheses for 1"):
        repeated([], [meant])


def test_retrieval_is_perfect_where_groups_are_tight_and_chance_where_they_are_not() -> None:
    random = np.random.default_rng(0)
    groups = [image for image in range(60) for _ in range(5)]
    centres = random.normal(size=(60, 16))
    tight = centres[groups] + 0.01 * random.normal(size=(300, 16)) + 7.0
    assert retrieval.retrieve(tight, groups) == (1.0, 1.0)
    noise = retrieval.retrieve(random.normal(size=(300, 16)), groups)
    expected = retrieval.chance(groups)
    assert expected.p1 == pytest.approx(4 / 299)
    assert expected.r10 == pytest.approx(10 / 299)
    assert noise.p1 == pytest.approx(expected.p1, abs=0.03)
    assert noise.r10 == pytest.approx(expected.r10, abs=0.03)


def test_retrieval_does_not_depend_on_the_order_of_captions() -> None:
    random = np.random.default_rng(1)
    groups = np.arange(90) % 18
    vectors = random.normal(size=(18, 4))[groups] + random.normal(size=(90, 4))
    order = random.permutation(90)
    moved = retrieval.retrieve(vectors[order], groups[order].tolist())
    assert moved == pytest.approx(retrieval.retrieve(vectors, groups.tolist()))
    with pytest.raises(ValueError, match="share a group"):
        retrieval.retrieve(vectors, list(range(90)))


def test_queries_without_noise_find_what_the_vectors_find_and_noise_finds_chance() -> None:
    random = np.random.default_rng(2)
    groups = [image for image in range(60) for _ in range(5)]
    centres = random.normal(size=(60, 16))
    vectors = centres[groups] + 0.01 * random.normal(size=(300, 16))
    same, spread = retrieval.sampled(vectors, groups, np.stack([vectors] * 3))
    assert (same.p1.mean(), same.r10.mean()) == retrieval.retrieve(vectors, groups)
    assert spread == (0, 0)
    noise = vectors + 100 * random.normal(size=(10, 300, 16))
    lost, spread = retrieval.sampled(vectors, groups, noise)
    assert lost.p1.mean() == pytest.approx(retrieval.chance(groups).p1, abs=0.01)
    assert spread.p1 > 0


def test_words_alone_find_captions_with_the_same_words() -> None:
    groups = [image for image in range(40) for _ in range(2)]
    tokens = [[f"w{image}", f"v{image}"] for image in groups]
    found = retrieval.by_words(tokens, groups, 0)
    assert found["tfidf"] == (1.0, 1.0)
    assert set(found) == {"tfidf", "lsa_32"}
    lengths = [["w"] * (1 + image) for image in groups]
    assert retrieval.by_length(lengths, groups, 0).p1 == 1
    assert retrieval.by_words([[], []], [0, 0], 0) == {}


def test_novelty_is_the_share_that_was_not_trained_on() -> None:
    assert samples.novelty(SENTENCES, SENTENCES) == 0
    assert samples.novelty([*SENTENCES, ["new"]], SENTENCES) == 0.25
    near = samples.nearest_training([["a", "woman", "sings"], SENTENCES[0]], SENTENCES)
    assert near == pytest.approx([1 / 3, 0])


def test_distinct_n_counts_different_ones() -> None:
    assert samples.distinct_n([["a", "a", "b", "a"]], 1) == 0.5
    assert samples.distinct_n([["a", "b", "a", "b"]], 2) == pytest.approx(2 / 3)
    assert samples.distinct_n([["a"]], 2) == 0


def test_self_bleu_is_that_of_sacrebleu_with_all_others_as_references() -> None:
    import sacrebleu

    random = np.random.default_rng(0)
    said = [
        [f"w{word}" for word in random.integers(0, 4, random.integers(4, 9))] for _ in range(12)
    ]
    streams = [[" ".join(said[(row + shift) % 12]) for row in range(12)] for shift in range(1, 12)]
    expected = sacrebleu.corpus_bleu(
        [" ".join(tokens) for tokens in said], streams, tokenize="none", force=True
    ).score
    assert samples.self_bleu(said) == pytest.approx(expected)


def test_self_bleu_tells_repetition_from_variety() -> None:
    assert samples.self_bleu([SENTENCES[0]] * 5) == pytest.approx(100)
    assert samples.self_bleu([["a", "b", "c", "d"], ["e", "f", "g", "h"]]) == 0
    with pytest.raises(ValueError, match="at least two"):
        samples.self_bleu([["a"]])


def test_pairs_are_fixed_by_the_seed_and_hold_different_rows() -> None:
    found = interpolations.pairs(50, 20, 0)
    assert found == interpolations.pairs(50, 20, 0) != interpolations.pairs(50, 20, 1)
    assert len(found) == 20
    assert len({row for pair in found for row in pair}) == 40
    assert len(interpolations.pairs(5, 20, 0)) == 2


def test_smoothness_counts_sentences_and_measures_the_largest_leap() -> None:
    even = [["a", "a"], ["a", "b"], ["b", "b"]]
    leap = [["a", "a"], ["a", "a"], ["b", "b"]]
    still = [["a"], ["a"], ["a"]]
    assert interpolations.smoothness([even]).largest_step == 0.5
    assert interpolations.smoothness([leap]).largest_step == 1
    found = interpolations.smoothness([even, leap, still])
    assert found.distinct == 2
    assert found.largest_step == 0.75  # a path that stays has no leap
    assert (found.paths, found.leading) == (3, 2)
    assert interpolations.smoothness([still]).largest_step is None


@pytest.mark.parametrize("path", ["linear", "spherical"])
def test_paths_start_and_end_at_their_sentences(path) -> None:
    mean = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    z = interpolations.latents(mean, [(0, 1), (2, 3)], path).reshape(2, 11, 3)
    np.testing.assert_allclose(z[:, 0], mean[[0, 2]], atol=1e-6)
    np.testing.assert_allclose(z[:, -1], mean[[1, 3]], atol=1e-6)


def test_a_text_of_four_words_has_nearest_sentences_too() -> None:
    chance = random.Random(0)
    training = [chance.choices("acgt", k=12) for _ in range(1_200)]
    assert samples.nearest_training([training[3], list("aaaa")], training)[0] == 0.0
