"""Laws of the way from latent space to the map and back."""

import numpy as np
import pytest

from explorer.latent_space import map_index
from explorer.latent_space.holes import AggregatePosterior
from explorer.latent_space.map_index import MapIndex, locate
from explorer.latent_space.neighbours import LatentIndex


@pytest.fixture(scope="module")
def world():
    """A flat world: latents of five dimensions whose map is their first two."""
    generator = np.random.default_rng(11)
    mean = generator.normal(size=(400, 5)).astype(np.float32)
    mean[:, 2:] *= 0.05
    scale = np.full_like(mean, 0.3)
    return mean, scale, mean[:, :2] * 2


def test_a_data_point_is_put_on_its_own_place(world):
    mean, _, xy = world
    places, distance = locate(mean[:50], LatentIndex(mean), xy)
    np.testing.assert_allclose(places, xy[:50], atol=1e-2)
    np.testing.assert_allclose(distance, 0, atol=1e-5)


def test_a_point_is_put_among_its_neighbours(world):
    mean, _, xy = world
    rest, rest_xy = mean[40:], xy[40:]
    places, _ = locate(mean[:40], LatentIndex(rest), rest_xy)
    assert np.median(np.linalg.norm(places - xy[:40], axis=1)) < 0.3


def test_shuffling_the_corpus_moves_nothing(world):
    mean, _, xy = world
    order = np.random.default_rng(0).permutation(len(mean))
    z = mean[:9] + 0.1
    for one, other in zip(
        locate(z, LatentIndex(mean), xy),
        locate(z, LatentIndex(mean[order]), xy[order]),
        strict=True,
    ):
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_a_far_point_says_how_far_it_is(world):
    mean, _, xy = world
    _, distance = locate(np.full((1, 5), 50.0), LatentIndex(mean), xy)
    assert distance[0] == pytest.approx(np.linalg.norm(50 - mean, axis=1).min(), rel=1e-4)


def test_more_neighbours_than_sentences_do_no_harm():
    places, _ = locate(np.zeros((3, 2)), LatentIndex(np.ones((2, 2))), np.ones((2, 2)))
    np.testing.assert_allclose(places, 1)


def test_a_click_on_a_sentence_gives_its_latent(world):
    mean, scale, xy = world
    index = MapIndex(mean, scale, xy)
    for row in (0, 7, 399):
        found = index.at(*xy[row].tolist())
        np.testing.assert_allclose(found.z, mean[row], atol=1e-2)
        assert found.nearest == row
        assert found.neighbours[0] == row
        assert found.weights.sum() == pytest.approx(1)
        assert not found.empty


def test_many_places_give_what_each_gives(world):
    index, xy = MapIndex(*world), world[2]
    asked = np.concatenate([xy[:4], [[1e3, -50.0], [0.3, 0.2]]])
    z, distance = index.latents(asked)
    found = [index.at(x, y) for x, y in asked]
    assert z == pytest.approx(np.stack([one.z for one in found]), abs=1e-6)
    assert distance == pytest.approx([one.distance for one in found], abs=1e-6)


def test_from_a_place_to_latent_and_back_is_near(world):
    mean, scale, xy = world
    index = MapIndex(mean, scale, xy)
    places = np.random.default_rng(4).normal(size=(60, 2))
    back, _ = locate(
        np.stack([index.at(x, y).z for x, y in places.tolist()]), LatentIndex(mean), xy
    )
    assert np.median(np.linalg.norm(back - places, axis=1)) < 0.3


def test_a_latent_from_the_map_is_as_long_as_its_neighbours():
    generator = np.random.default_rng(0)
    mean = generator.normal(size=(300, 32)).astype(np.float32)
    index = MapIndex(mean, np.ones_like(mean), generator.normal(size=(300, 2)))
    places = generator.normal(size=(20, 2)).tolist()
    norms = np.array([np.linalg.norm(index.at(x, y).z) for x, y in places])
    data = np.linalg.norm(mean, axis=1)
    assert (norms >= data.min() - 1e-3).all()
    assert (norms <= data.max() + 1e-3).all()


@pytest.mark.parametrize("far", [1e4, 1e160, 1.7e308])
def test_outside_the_map_everything_is_defined_and_called_empty(world, far):
    found = MapIndex(*world).at(far, -far)
    assert found.weights.sum() == pytest.approx(1)
    assert np.isfinite(found.z).all()
    assert found.density == 0
    assert found.empty


def test_the_middle_of_a_bump_is_denser_than_its_rim(world):
    index = MapIndex(*world)
    assert index.at(0, 0).density > 75
    assert index.at(4.5, 0).density < 20


def test_density_is_a_percentage_spread_evenly_over_the_sentences(world):
    index = MapIndex(*world)
    density = np.array([index.at(x, y).density for x, y in world[2].tolist()])
    assert ((density >= 0) & (density <= 100)).all()
    assert np.median(density) == pytest.approx(50, abs=10)


def test_log_density_is_the_mixture_of_the_posteriors(world):
    mean, scale, xy = world
    scale = scale * np.random.default_rng(0).uniform(0.5, 2, scale.shape).astype(np.float32)
    z = np.random.default_rng(1).normal(size=(4, 5))
    parts = -0.5 * (((z[:, None] - mean) / scale) ** 2 + np.log(2 * np.pi * scale**2)).sum(axis=2)
    expected = np.log(np.exp(parts).mean(axis=1))
    np.testing.assert_allclose(MapIndex(mean, scale, xy).log_density(z), expected, rtol=1e-4)


def test_a_sentence_left_out_of_the_density_is_as_if_it_were_not_on_the_map(world):
    mean, scale, xy = world
    row = 7
    rest = MapIndex(*(np.delete(part, row, axis=0) for part in world))
    found = MapIndex(mean, scale, xy).log_density(mean[[row]], without=np.array([row]))
    np.testing.assert_allclose(found, rest.log_density(mean[[row]]))


def test_of_many_sentences_a_sample_gives_the_density(world, monkeypatch):
    mean, scale, xy = world
    monkeypatch.setattr(map_index, "POSTERIORS", len(mean) // 2)
    index, exact = MapIndex(mean, scale, xy), AggregatePosterior(mean, scale)
    rows, aggregate = index._aggregate
    assert len(rows) == len(aggregate) == len(mean) // 2 and (np.diff(rows) > 0).all()
    out = np.setdiff1d(np.arange(len(mean)), rows)[:1]
    z = mean[out]  # the own posterior of a sentence outside the sample is not in it
    np.testing.assert_allclose(index.log_density(z, out), index.log_density(z))
    own = rows[:1]
    assert index.log_density(mean[own], own) < index.log_density(mean[own])
    z = np.random.default_rng(3).normal(size=(200, mean.shape[1])).astype(np.float32)
    assert np.median(np.abs(index.log_density(z) - exact.log_density(z))) < 0.5


def test_a_model_without_posterior_width_has_no_log_density(world):
    mean, scale, xy = world
    index = MapIndex(mean, np.zeros_like(scale), xy)
    assert index.log_density(mean[:2]) is None


def test_typical_is_the_median_distance_of_nearest_sentences(world):
    mean = world[0]
    gaps = np.linalg.norm(mean[:, None] - mean, axis=2)
    np.fill_diagonal(gaps, np.inf)
    assert MapIndex(*world).typical == pytest.approx(np.median(gaps.min(axis=1)), rel=1e-3)


@pytest.mark.parametrize("count", [1, 2, 20])
def test_equal_sentences_and_tiny_maps_are_defined(count):
    mean = np.zeros((count, 3), np.float32)
    index = MapIndex(mean, np.ones_like(mean), np.zeros((count, 2)))
    found = index.at(0, 0)
    np.testing.assert_array_equal(found.z, 0)
    assert (found.distance, found.typical) == (0, 0)
    assert np.isfinite([found.density, *index.log_density(mean)]).all()
