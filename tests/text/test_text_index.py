"""Laws of searching texts by their words."""

import numpy as np
import pytest

from explorer.text.search_words import plain, words
from explorer.text.text_index import TextIndex

SENTENCES = [
    "A brown dog runs.",
    "Two dogs run in the park",
    "The café at the corner",
    "the CORNER of the cafe",
    "Une femme à l'école",
    "<script>alert(1)</script>",
    "=1+1 costs $x^2$",
    "",
    "?!",
    "smile 🙂 now",
    "犬が走る",
    "كلب يجري",
    "A dog.",
]


def _found(query, limit=50):
    return TextIndex(SENTENCES).search(query, limit).tolist()


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("dog", [12, 0, 1]),
        ("DOG runs", [0]),
        ("cafe", [3, 2]),
        ("CAFÉ corner", [3, 2]),
        ("ecole", [4]),
        ("l'école", [4]),
        ("script", [5]),
        ('"run in the"', [1]),
        ('"in run"', []),
        ('dogs "the park"', [1]),
        ("🙂", [9]),
        ("?!", [8]),
        ("走", [10]),
        ("犬 走る", [10]),
        ("كلب", [11]),
        ("", []),
        ("   ", []),
        ('""', []),
        ("zebra", []),
        ("dog zebra", []),
    ],
)
def test_search_finds_rows_with_all_words_in_any_case_and_accent(query, rows):
    assert sorted(_found(query)) == sorted(rows)


def test_the_words_as_typed_and_short_sentences_come_first():
    assert _found("dog") == [12, 0, 1]
    assert _found("dog", 1) == [12]


@pytest.mark.parametrize("query", ["dog", "the d", '"dog runs"', "?!", "zebra", "", "dog dog"])
def test_all_matches_are_those_of_the_search(query: str) -> None:
    texts = ["the dog runs", "a dog?!", "dogs run the day", "runs the dog", "?!", "a cat"]
    index = TextIndex(texts)
    assert index.matching(query).tolist() == sorted(index.search(query, len(texts)).tolist())


@pytest.mark.parametrize("seed", range(5))
def test_matches_are_those_of_the_definition(seed: int) -> None:
    random = np.random.default_rng(seed)
    vocabulary = ["a", "an", "ant", "bee", "Bée", "b-2", "犬", "it's", "?"]
    texts = [" ".join(random.choice(vocabulary, random.integers(0, 6))) for _ in range(200)]
    index = TextIndex(texts)
    for query in ("a", "an be", '"ant bee"', 'b "an ant a"', "犬 a", "it", '"it s"', '"be a"'):
        expected = [row for row, text in enumerate(texts) if _matches(query, text)]
        assert index.matching(query).tolist() == expected


def _matches(query: str, text: str) -> bool:
    own = words(plain(text).replace("'", " "))
    parts = words(plain(query).replace("'", " "))
    phrases = [words(part) for part in plain(query).split('"')[1::2]]
    return all(any(word.startswith(part) for word in own) for part in parts) and all(
        any(own[at : at + len(phrase)] == phrase for at in range(len(own))) for phrase in phrases
    )
