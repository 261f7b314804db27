"""Laws of how far a map can be trusted."""

import numpy as np
import pytest

from explorer.latent_space import map_quality
from explorer.latent_space.map_quality import neighbour_recall, silhouettes, trustworthiness


@pytest.fixture(scope="module")
def points() -> np.ndarray:
    return np.random.default_rng(3).normal(size=(90, 6))


def test_trust_is_high_for_an_isometry_and_poor_for_a_random_map(points) -> None:
    flat = points[:, :2]
    value, count = trustworthiness(flat, flat[:, ::-1])
    assert value > 0.95
    assert count == 90
    random = np.random.default_rng(0).normal(size=(90, 2))
    assert trustworthiness(flat, random)[0] < 0.7
    assert trustworthiness(flat[:30], flat[:30]) is None


def test_all_neighbours_are_kept_by_an_isometry_and_few_by_a_random_map(points) -> None:
    flat = points[:, :2]
    assert neighbour_recall(flat, flat[:, ::-1] + 5) == (1.0, 90)
    assert neighbour_recall(flat[:31], flat[:31]) is None
    many = np.random.default_rng(1).normal(size=(2000, 2))
    random = np.random.default_rng(2).normal(size=(2000, 2))
    assert neighbour_recall(many, random)[0] == pytest.approx(15 / 1999, abs=0.004)


def test_equal_points_are_not_their_own_neighbours() -> None:
    equal = np.zeros((40, 2))
    value, _ = neighbour_recall(equal, equal)
    assert value == 1


def test_points_are_drawn_but_neighbours_are_looked_for_among_all(monkeypatch, points) -> None:
    whole = neighbour_recall(points, points[:, :2])
    monkeypatch.setattr(map_quality, "_POINTS", 40)
    assert trustworthiness(points, points[:, :2])[1] == 40
    some = neighbour_recall(points, points[:, :2])
    assert some[1] == 40
    assert some[0] == pytest.approx(whole[0], abs=0.1)


def test_regions_of_the_map_alone_are_not_separated_in_latent_space() -> None:
    generator = np.random.default_rng(0)
    region = np.repeat([0, 1, -1], 100)
    xy = generator.normal(size=(300, 2)) + 20 * region[:, None]
    found = silhouettes(generator.normal(size=(300, 8)), xy, region)
    assert found["map"] > 0.8
    assert abs(found["z"]) < 0.05
    assert found["n"] == 200
    assert silhouettes(xy, xy, region)["z"] == silhouettes(xy, xy, region)["map"]


@pytest.mark.parametrize("region", [[-1, -1, -1], [0, 0, -1], [0, 1, -1]])
def test_without_two_regions_of_points_there_is_no_silhouette(region) -> None:
    points = np.arange(6.0).reshape(3, 2)
    assert silhouettes(points, points, np.array(region)) == {}
