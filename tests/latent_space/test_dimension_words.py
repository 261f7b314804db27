"""Laws of the words that name both sides of a coordinate."""

import numpy as np
import pytest

from explorer.latent_space.dimension_words import dimension_words

CHANCE = np.random.default_rng(0)
WHO, DOES = ("dogs", "a cat", "the man", "women"), ("are running", "is asleep", "sings", "eat")
TEXTS = [
    f"{CHANCE.choice(WHO)} {CHANCE.choice(DOES)} <b>here</b>{' again' * int(CHANCE.integers(4))}"
    for _ in range(600)
]


def has(*words: str) -> np.ndarray:
    return np.array([any(word in text.split() for word in words) for text in TEXTS], float)


def test_a_word_is_named_on_the_side_its_sentences_are_on() -> None:
    noise = CHANCE.normal(size=600)
    (found,) = dimension_words(TEXTS, (3 * has("cat") - 3 * has("dogs") + noise)[:, None])
    assert found.high[0] in ("cat", "a")
    assert found.low[0] == "dogs"


def test_function_words_count() -> None:
    (found,) = dimension_words(TEXTS, (has("is") + 0.1 * CHANCE.normal(size=600))[:, None])
    assert set(found.high) == {"is", "asleep"}


def test_chance_names_nothing() -> None:
    for found in dimension_words(TEXTS, CHANCE.normal(size=(600, 50))):
        assert found.low == found.high == []
        assert abs(found.length) < 0.2


def test_the_other_way_round_the_sides_change_places() -> None:
    along = np.stack([has("cat"), has("dogs") + 0.3 * CHANCE.normal(size=600)], axis=1)
    for one, other in zip(
        dimension_words(TEXTS, along), dimension_words(TEXTS, -along), strict=True
    ):
        assert (one.low, one.high) == (other.high, other.low)
        assert one.length == pytest.approx(-other.length)


def test_where_the_origin_is_and_what_the_unit_is_changes_nothing() -> None:
    along = CHANCE.normal(size=(600, 3)) + has("sings")[:, None]
    for one, other in zip(
        dimension_words(TEXTS, along), dimension_words(TEXTS, 7 + 100 * along), strict=True
    ):
        assert (one.low, one.high) == (other.low, other.high)
        assert one.length == pytest.approx(other.length)


def test_a_coordinate_that_is_the_length_says_so() -> None:
    along = np.array([len(text.split()) for text in TEXTS], np.float32)[:, None]
    assert dimension_words(TEXTS, along)[0].length == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("texts", [["?!"] * 30, ["a b"] * 30, ["same"], [""] * 3])
def test_texts_that_tell_nothing_apart_are_no_fault(texts: list[str]) -> None:
    along = np.arange(len(texts), dtype=np.float32)[:, None]
    assert dimension_words(texts, along)[0].low == dimension_words(texts, 0 * along)[0].high == []


def test_two_forms_of_a_word_are_one() -> None:
    texts = [f"{'dogs bark' if row % 2 else 'a dog'} {row % 7}" for row in range(200)]
    (found,) = dimension_words(
        texts, np.array([[float(row % 3 == 0) + row % 2] for row in range(200)])
    )
    assert len({word[:3] for word in found.high}) == len(found.high)
