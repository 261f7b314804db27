"""Laws of nearest sentences, of searching text and of edits."""

import time

import numpy as np
import pytest

from explorer.latent_space import neighbours
from explorer.latent_space.neighbours import TextIndex, edit_distance, nearest
from explorer.text.search_words import words

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


@pytest.fixture
def points():
    return np.random.default_rng(3).normal(1.0, 1.0, (60, 5)).astype(np.float32)


@pytest.mark.parametrize("metric", neighbours.METRICS)
def test_every_point_is_its_own_nearest(points, metric):
    index, distance = nearest(points, points, 1, metric)
    np.testing.assert_array_equal(index[:, 0], np.arange(60))
    np.testing.assert_allclose(distance, 0, atol=1e-3)


def test_euclidean_neighbours_are_those_of_the_definition(points):
    index, distance = nearest(points[:7] + 0.1, points, 9, "euclidean")
    exact = np.linalg.norm((points[:7] + 0.1)[:, None] - points, axis=2)
    np.testing.assert_array_equal(index, exact.argsort(axis=1)[:, :9])
    np.testing.assert_allclose(distance, np.sort(exact, axis=1)[:, :9], rtol=1e-4)


def test_cosine_neighbours_are_those_of_the_centred_definition(points):
    index, distance = nearest(points[:7] * 2, points, 9)
    centre = points.mean(axis=0)
    a, b = points[:7] * 2 - centre, points - centre
    cosine = a @ b.T / np.linalg.norm(a, axis=1)[:, None] / np.linalg.norm(b, axis=1)
    np.testing.assert_array_equal(index, (-cosine).argsort(axis=1)[:, :9])
    np.testing.assert_allclose(distance, np.sort(1 - cosine, axis=1)[:, :9], atol=1e-5)


@pytest.mark.parametrize("metric", neighbours.METRICS)
def test_shuffled_points_give_shuffled_indexes(points, metric):
    order = np.random.default_rng(0).permutation(60)
    index, distance = nearest(points[:5], points, 4, metric)
    shuffled, same = nearest(points[:5], points[order], 4, metric)
    np.testing.assert_array_equal(order[shuffled], index)
    np.testing.assert_allclose(same, distance, atol=1e-5)


def test_queries_in_blocks_equal_queries_at_once(points, monkeypatch):
    at_once = nearest(points, points, 5)
    monkeypatch.setattr(neighbours, "_BLOCK", 130)
    for whole, parts in zip(at_once, nearest(points, points, 5), strict=True):
        np.testing.assert_allclose(whole, parts, atol=1e-6)


def test_no_more_neighbours_are_given_than_there_are(points):
    index, _ = nearest(points[:2], points[:3], 10, "euclidean")
    assert index.shape == (2, 3)


@pytest.mark.parametrize("metric", neighbours.METRICS)
def test_equal_points_are_neighbours_without_nan(metric):
    index, distance = nearest(np.ones((2, 3)), np.ones((4, 3)), 4, metric)
    np.testing.assert_array_equal(index, [[0, 1, 2, 3]] * 2)
    assert np.isfinite(distance).all()


def test_an_unknown_metric_is_refused(points):
    with pytest.raises(ValueError, match="cosine, euclidean"):
        nearest(points, points, 1, "manhattan")


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


def test_search_in_twenty_thousand_sentences_feels_immediate():
    generator = np.random.default_rng(0)
    vocabulary = [f"w{number}" for number in range(3000)]
    rows = generator.zipf(1.3, (20_000, 12)).clip(max=3000) - 1
    index = TextIndex([" ".join(vocabulary[column] for column in row) for row in rows])
    durations = []
    for query in ("w0", "w1 w2", '"w0 w1" w', "w17 w40 w3"):
        start = time.perf_counter()
        index.search(query)
        durations.append(time.perf_counter() - start)
    assert np.median(durations) < 0.2  # some ten milliseconds on an idle core


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("Don't stop—ever!", ["don't", "stop", "ever"]),
        ("a <unk> b <UNK>", ["a", "b"]),
        ("'quoted' well-known", ["quoted", "well-known"]),
        ("हिन्दी पाठ", ["हिन्दी", "पाठ"]),
        ("走る", ["走", "る"]),
        ("🙂 ?!", []),
    ],
)
def test_words_of_any_script(text, expected):
    assert words(text) == expected


@pytest.mark.parametrize(
    ("a", "b", "edits"),
    [("", "", 0), ("a b", "", 2), ("a b c", "a x c", 1), ("a b c", "b c d", 2), ("a", "a", 0)],
)
def test_edits_are_counted_in_tokens_either_way(a, b, edits):
    assert edit_distance(a.split(), b.split()) == edits
    assert edit_distance(b.split(), a.split()) == edits


def test_edit_distance_obeys_the_triangle_inequality():
    generator = np.random.default_rng(1)
    for _ in range(20):
        a, b, c = (generator.integers(0, 3, generator.integers(0, 9)).tolist() for _ in range(3))
        a, b, c = (list(map(str, item)) for item in (a, b, c))
        assert edit_distance(a, c) <= edit_distance(a, b) + edit_distance(b, c)


@pytest.mark.parametrize("query", ["dog", "the d", '"dog runs"', "?!", "zebra", "", "dog dog"])
def test_all_matches_are_those_of_the_search(query: str) -> None:
    texts = ["the dog runs", "a dog?!", "dogs run the day", "runs the dog", "?!", "a cat"]
    index = TextIndex(texts)
    assert index.matching(query).tolist() == sorted(index.search(query, len(texts)).tolist())
