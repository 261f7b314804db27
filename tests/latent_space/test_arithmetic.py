"""Laws of arithmetic with latent points."""

import numpy as np
import pytest

from explorer.errors import ExplorerError
from explorer.explore.run import open_run
from explorer.latent_space import arithmetic

CHANCE = np.random.default_rng(0)
A, B, C = CHANCE.standard_normal((3, 5)).astype(np.float32)
K = np.array([-1.0, 0.0, 0.5, 1.0, 3.0])


def test_where_a_is_b_the_answer_is_c():
    np.testing.assert_array_equal(arithmetic.analogy(A, A, C, K), np.tile(C, (5, 1)))


def test_no_step_is_c_and_a_whole_one_from_a_is_b():
    assert arithmetic.analogy(A, B, C, K).shape == (5, 5)
    np.testing.assert_array_equal(arithmetic.analogy(A, B, C, np.zeros(1))[0], C)
    np.testing.assert_allclose(arithmetic.analogy(A, B, A, np.ones(1))[0], B, atol=1e-6)


def test_going_along_a_direction_and_back_returns():
    there = arithmetic.analogy(A, B, C, np.array([1.5]))[0]
    np.testing.assert_allclose(arithmetic.analogy(A, B, there, np.array([-1.5]))[0], C, atol=1e-5)


def test_results_keep_the_precision_of_c():
    assert arithmetic.analogy(A, B, C, K).dtype == np.float32


def test_a_direction_is_turned_round_with_its_groups():
    high, low = CHANCE.standard_normal((7, 5)), CHANCE.standard_normal((4, 5))
    np.testing.assert_allclose(arithmetic.direction(high, low), -arithmetic.direction(low, high))
    np.testing.assert_allclose(arithmetic.direction(high + 2, high), np.full(5, 2.0))


def test_a_direction_needs_two_groups():
    with pytest.raises(ExplorerError, match="at least one sentence"):
        arithmetic.direction(np.empty((0, 5)), np.ones((2, 5)))


def test_groups_that_differ_are_apart_and_groups_alike_are_not():
    alike = np.random.default_rng(1).standard_normal((2, 400, 30))
    noise = arithmetic.separation(alike[0], alike[1])
    meant = arithmetic.separation(alike[0] + 1, alike[1])
    assert noise is not None and abs(noise) < 0.5
    assert meant is not None and meant > 3
    repeated = arithmetic.separation(
        np.repeat(alike[0], 2, axis=0), np.repeat(alike[1], 2, axis=0)
    )
    assert repeated is not None and abs(repeated) < 0.5  # each in one half, with its copy
    assert arithmetic.separation(alike[0, :3], alike[1]) is None
    assert arithmetic.separation(np.ones((8, 2)), np.zeros((8, 2))) is None


def test_a_random_direction_has_its_length_and_its_seed():
    drawn = arithmetic.random_direction(2.5, 6, seed=3)
    assert np.linalg.norm(drawn) == pytest.approx(2.5)
    np.testing.assert_array_equal(drawn, arithmetic.random_direction(2.5, 6, seed=3))


def test_a_traversal_changes_one_coordinate_only():
    walked = arithmetic.traverse(A, 2, K)
    np.testing.assert_allclose(walked[:, 2], K)
    np.testing.assert_array_equal(np.delete(walked, 2, 1), np.tile(np.delete(A, 2), (5, 1)))


@pytest.mark.parametrize("dimension", [-1, 5])
def test_a_traversal_of_no_dimension_is_refused(dimension):
    with pytest.raises(ExplorerError, match="not between 0 and 4"):
        arithmetic.traverse(A, dimension, K)


def test_an_example_differs_in_one_word_which_the_third_sentence_has():
    texts = ["a dog runs home", "a cat runs home", "we see one dog there", "it is so late"]
    assert arithmetic.examples(texts)[0] == (texts[0], texts[1], texts[2])


def test_the_third_sentence_of_an_example_is_one_that_is_said_often():
    texts = [
        "a dog runs home",
        "a cat runs home",
        "an odd dog sings opera",
        "we see one dog there",
    ]
    often = [*texts, texts[3]]
    assert arithmetic.examples(often)[0][2] == texts[3]
    assert arithmetic.examples([*often, *[texts[0]] * 9])[0][2] == texts[3], "but not A itself"


def test_without_such_a_pair_an_example_is_three_sentences_of_the_run():
    texts = ["one", "two three", "שלום", "$x^2$"]
    assert set(arithmetic.examples(texts)[0]) <= set(texts)
    assert arithmetic.examples(["alone"])[0] == ("alone", "alone", "alone")
    with pytest.raises(ExplorerError, match="no sentence"):
        arithmetic.examples([])


def test_a_run_does_the_same_with_sentences(tiny_run):
    run = open_run(tiny_run)
    texts = ["a dog sleeps at home", "a dog sings at home", "two cats sleeps outside"]
    a, b, c = run.encode(texts)
    np.testing.assert_allclose(
        run.analogy(*texts, [0, 1, 2]), arithmetic.analogy(a, b, c, np.arange(3.0)), atol=1e-5
    )
    np.testing.assert_allclose(
        run.traverse(texts[0], 1, K), arithmetic.traverse(a, 1, K), atol=1e-6
    )
    with pytest.raises(ExplorerError, match="dimension 4"):
        run.traverse(a, 4, K)
