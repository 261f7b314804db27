"""Laws of holes: none where the prior fits, in any number of dimensions; else the one there is."""

import numpy as np
import pytest

from explorer.latent_space.holes import AggregatePosterior, holes


def log_normal(z):
    return -0.5 * (z**2).sum(axis=1) - 0.5 * z.shape[1] * np.log(2 * np.pi)


def from_prior(count: int, d: int, scale: float, seed: int):
    """Posteriors that add up to N(0, I)."""
    generator = np.random.default_rng(seed)
    mean = generator.normal(size=(count, d)) * np.sqrt(1 - scale**2)
    return mean, np.full((count, d), scale)


def blobs(count: int, apart: float, seed: int = 0):
    """Two crowds along the first axis, far narrower than the prior."""
    generator = np.random.default_rng(seed)
    mean = generator.normal(size=(count, 2)) * 0.2
    mean[:, 0] += apart * np.where(np.arange(count) % 2, 1, -1)
    return mean, np.full((count, 2), 0.3)


def prior_samples(count: int, d: int, seed: int = 99):
    return np.random.default_rng(seed).normal(size=(count, d))


def test_the_mixture_is_the_mean_of_the_posteriors() -> None:
    mean, scale = from_prior(7, 3, 0.5, 0)
    z = prior_samples(5, 3)
    gap = (z[:, None] - mean) / scale
    each = -0.5 * (gap**2 + np.log(2 * np.pi * scale**2)).sum(axis=2)
    expected = np.log(np.exp(each).mean(axis=1))
    np.testing.assert_allclose(AggregatePosterior(mean, scale).log_density(z), expected)
    np.testing.assert_allclose(
        AggregatePosterior(mean, scale).log_density(z, np.full(5, 6)),
        AggregatePosterior(mean[:6], scale[:6]).log_density(z),
    )


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("scale", [0.2, 0.5, 0.8])
@pytest.mark.parametrize(("count", "d"), [(100, 2), (800, 2), (100, 32), (800, 32)])
def test_data_drawn_from_the_prior_have_no_hole(count, d, scale, seed) -> None:
    mean, width = from_prior(count, d, scale, seed)
    found = holes(prior_samples(1000, d, seed + 50), log_normal, mean, width, seed)
    assert found.items == []
    assert found.share == 0


@pytest.mark.parametrize("count", [100, 800, 3000])
def test_a_hole_is_found_from_the_least_share_on_that_is_said(count) -> None:
    """Samples of the prior far from every sentence, a little more or fewer of them than that."""
    mean, width = from_prior(count, 2, 0.5, 0)
    z = prior_samples(4000, 2)
    least = holes(z, log_normal, mean, width).least
    assert 0 < least < 0.3
    for factor, is_found in ((0.8, False), (1.2, True)):
        moved = z.copy()
        moved[: round(factor * least * len(z))] = (0.0, 30.0)
        # Its prior thinks of that place as of any other.
        found = holes(moved, lambda z: np.zeros(len(z)), mean, width)
        assert bool(found.items) == is_found


def test_few_sentences_tell_no_hole_from_chance() -> None:
    mean, width = from_prior(20, 2, 0.5, 0)
    found = holes(np.full((500, 2), 30.0), lambda z: np.zeros(len(z)), mean, width)
    assert found.least == 1.0 and found.share in (0.0, 1.0)


@pytest.mark.parametrize("count", [100, 800])
def test_the_hole_between_two_blobs_is_listed_as_one(count) -> None:
    z = prior_samples(1000, 2)
    found = holes(z, log_normal, *blobs(count, 3.0))
    (hole,) = found.items
    assert np.linalg.norm(hole.z) < 0.5  # between them, where the prior is highest
    assert hole.depth > 10
    assert hole.share == pytest.approx(found.share) and hole.share > 0.9


def test_depth_is_measured_from_what_is_usual_among_sentences() -> None:
    z = prior_samples(1000, 2)
    mean, scale = blobs(400, 1.5)
    found = holes(z, log_normal, mean, scale)
    place = int(np.flatnonzero((z == found.items[0].z).all(axis=1))[0])
    assert found.is_hole[place]
    assert found.items[0].depth == pytest.approx(found.typical - found.ratio[place])
    assert found.is_hole.mean() == found.share


def test_holes_that_sentences_part_are_told_apart() -> None:
    """A wall of sentences across the prior: a hole on each side of it."""
    generator = np.random.default_rng(0)
    mean = generator.normal(size=(800, 2)) * [0.05, 3.0]
    found = holes(prior_samples(1000, 2), log_normal, mean, np.full((800, 2), 0.2))
    assert len(found.items) == 2
    assert sorted(np.sign([hole.z[0] for hole in found.items])) == [-1, 1]


def test_a_prior_that_is_the_aggregate_has_no_hole_though_it_is_no_normal() -> None:
    mean, scale = blobs(400, 3.0)
    mixture = AggregatePosterior(*blobs(4000, 3.0, seed=5))
    generator = np.random.default_rng(1)
    z = mixture.sample(generator.integers(4000, size=1000), generator)
    assert holes(z, mixture.log_density, mean, scale).items == []


def test_the_same_seed_finds_the_same_holes() -> None:
    z = prior_samples(500, 2)
    one, other = (holes(z, log_normal, *blobs(200, 2.0), seed=4) for _ in range(2))
    np.testing.assert_array_equal(one.ratio, other.ratio)
    assert [hole.depth for hole in one.items] == [hole.depth for hole in other.items]


def test_points_without_width_are_refused() -> None:
    mean, scale = blobs(50, 1.0)
    with pytest.raises(ValueError, match="width"):
        holes(prior_samples(10, 2), log_normal, mean, np.zeros_like(scale))
