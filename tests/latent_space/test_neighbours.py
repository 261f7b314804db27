"""Laws of nearest sentences and of edits."""

import numpy as np
import pytest

from explorer.latent_space import neighbours
from explorer.latent_space.neighbours import LatentIndex, edit_distance, nearest


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


@pytest.mark.parametrize("metric", neighbours.METRICS)
@pytest.mark.parametrize("k", [1, 3, 9, 60])
@pytest.mark.parametrize("rows", [7, 60])
def test_parts_of_queries_and_points_give_what_all_at_once_give(
    points, metric, k, rows, monkeypatch
):
    at_once = nearest(points, points, k, metric)
    monkeypatch.setattr(neighbours, "_BLOCK", 130)
    monkeypatch.setattr(neighbours, "_ROWS", rows)
    for whole, parts in zip(at_once, nearest(points, points, k, metric), strict=True):
        np.testing.assert_allclose(whole, parts, atol=1e-6)


@pytest.mark.parametrize("metric", neighbours.METRICS)
def test_many_searches_of_one_index_are_those_of_single_ones(points, metric):
    index = LatentIndex(points)
    for number in range(5):
        query = points[number : number + 2] * 1.5
        for one, other in zip(
            index.nearest(query, 4, metric), nearest(query, points, 4, metric), strict=True
        ):
            np.testing.assert_array_equal(one, other)


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
