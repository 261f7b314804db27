"""Laws of layouts: PCA in prior units, UMAP and its stand-in."""

import numpy as np
import pytest

from explorer.latent_space import projections
from explorer.latent_space.projections import PCA, hardly_varies, pca_layout, umap_layout
from explorer.latent_space.random_rows import draw


@pytest.fixture(scope="module")
def mean():
    """Three groups in six dimensions, with a few equal points."""
    generator = np.random.default_rng(7)
    centres = 4 * np.eye(6)[:3]
    points = centres[np.arange(90) % 3] + 0.3 * generator.normal(size=(90, 6))
    points[30:33] = points[0]
    return points.astype(np.float32)


def test_a_place_on_the_plane_survives_the_way_there_and_back(mean):
    plane = PCA.fit(mean)
    xy = np.random.default_rng(0).normal(size=(20, 2))
    np.testing.assert_allclose(plane.transform(plane.inverse(xy)), xy, atol=1e-5)


def test_points_on_a_plane_survive_the_projection():
    generator = np.random.default_rng(0)
    flat = generator.normal(size=(50, 2)) @ generator.normal(size=(2, 7)) + 3.0
    plane = PCA.fit(flat)
    np.testing.assert_allclose(plane.inverse(plane.transform(flat)), flat, atol=1e-5)
    assert plane.explained.sum() == pytest.approx(1)


def test_distances_on_the_plane_are_in_prior_units(mean):
    plane = PCA.fit(mean)
    np.testing.assert_allclose(plane.axes @ plane.axes.T, np.eye(2), atol=1e-12)
    xy = plane.transform(mean)
    np.testing.assert_allclose(xy.var(axis=0, ddof=1), plane.variance, rtol=1e-4)


def test_axes_have_the_same_sign_whatever_the_order_of_rows(mean):
    shuffled = mean[np.random.default_rng(1).permutation(len(mean))]
    np.testing.assert_allclose(PCA.fit(mean).axes, PCA.fit(shuffled).axes, atol=1e-5)


def test_the_prior_is_a_circle_around_the_projected_origin(mean):
    plane = PCA.fit(mean)
    one, two = plane.ellipses()
    origin = plane.transform(np.zeros((1, 6)))[0]
    np.testing.assert_allclose([one.x, one.y], origin, atol=1e-6)
    assert (one.radius_x, one.radius_y, two.radius_x, two.sigma) == (1, 1, 2, 2)
    projected = plane.transform(np.random.default_rng(0).normal(size=(20_000, 6)))
    inside = np.linalg.norm(projected - [one.x, one.y], axis=1) <= one.radius_x
    assert inside.mean() == pytest.approx(1 - np.exp(-0.5), abs=0.02)


@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (2, 1), (4, 1)])
def test_pca_of_next_to_nothing_is_defined(shape):
    points = np.random.default_rng(0).normal(size=shape)
    assert np.isfinite(PCA.fit(points).transform(points)).all()


@pytest.mark.parametrize("layout", [umap_layout, pca_layout])
def test_the_same_seed_gives_the_same_map(mean, layout):
    first, second = layout(mean, 10, 0.1, 3), layout(mean, 10, 0.1, 3)
    np.testing.assert_array_equal(first.xy, second.xy)
    assert first.meta == second.meta
    assert first.xy.shape == (90, 2)
    assert np.isfinite(first.xy).all()


@pytest.mark.parametrize("layout", [umap_layout, pca_layout])
def test_rows_keep_their_order(mean, layout):
    xy = layout(mean, 10, 0.1, 0).xy
    centres = np.stack([xy[group::3].mean(axis=0) for group in range(3)])
    centres[0] = xy[np.setdiff1d(np.arange(0, 90, 3), [30])].mean(axis=0)
    rows = np.setdiff1d(np.arange(90), [30, 31, 32])  # the equal points
    nearest = np.linalg.norm(xy[rows, None] - centres, axis=2).argmin(axis=1)
    np.testing.assert_array_equal(nearest, rows % 3)


def test_umap_says_how_it_was_made_and_how_far_it_can_be_trusted(mean):
    told = []
    made = umap_layout(mean, 10, 0.2, 5, lambda stage, share: told.append((stage, share)))
    assert made.meta["method"] == "umap"
    assert (made.meta["neighbours"], made.meta["min_dist"], made.meta["seed"]) == (10, 0.2, 5)
    assert 0.8 < made.meta["trustworthiness"]["value"] <= 1
    assert made.meta["trustworthiness"]["n"] == 90
    assert 0.3 < made.meta["neighbour_recall"]["value"] <= 1
    assert {stage for stage, _ in told} == {"neighbours", "layout", "trustworthiness"}
    shares = [share for stage, share in told if stage == "layout"]
    assert shares == sorted(shares)
    assert shares[-1] == 1


@pytest.mark.parametrize("count", [1, 2, 4, 16])
def test_too_few_points_for_umap_are_laid_out_by_pca_which_is_said(count):
    points = np.random.default_rng(0).normal(size=(count, 4)).astype(np.float32)
    made = umap_layout(points, 15, 0.1, 0)
    assert made.meta["method"] == "pca"
    assert str(count) in made.meta["reason"]
    assert made.xy.shape == (count, 2)


def test_as_many_points_as_umap_needs_are_laid_out_by_umap():
    points = np.random.default_rng(0).normal(size=(17, 4)).astype(np.float32)
    assert umap_layout(points, 15, 0.1, 0).meta["method"] == "umap"


def test_equal_means_are_one_place_and_noise():
    made = umap_layout(np.full((50, 4), 0.5, np.float32), 15, 0.1, 0)
    assert made.noise
    assert made.meta["reason"] == "all means are equal"
    assert not made.xy.any()


def test_a_layout_is_noise_only_where_no_dimension_is_active():
    generator = np.random.default_rng(0)
    asleep = 0.05 * generator.normal(size=(500, 4))
    assert hardly_varies(asleep)
    awake = asleep.copy()
    awake[:, 2] *= 10
    assert not hardly_varies(awake)
    assert hardly_varies(awake[:1])


def test_of_many_points_a_sample_is_fitted_and_the_others_lie_among_their_neighbours(
    mean, monkeypatch
):
    monkeypatch.setattr(projections, "_MOST_FITTED", 45)
    fitted = draw(len(mean), 45, seed=3)
    layout = umap_layout(mean, seed=3)
    alone = umap_layout(mean[fitted], seed=3)
    assert layout.meta["fitted"] == 45 and "fitted" not in alone.meta
    np.testing.assert_array_equal(layout.xy[fitted], alone.xy)
    groups = np.arange(90) % 3
    groups[30:33] = 0
    centres = np.stack([layout.xy[groups == group].mean(axis=0) for group in range(3)])
    nearest = np.linalg.norm(layout.xy[:, None] - centres, axis=2).argmin(axis=1)
    np.testing.assert_array_equal(nearest, groups)


@pytest.mark.parametrize("metric", projections.METRICS)
def test_a_point_that_equals_a_fitted_one_is_placed_on_it(mean, monkeypatch, metric):
    twice = np.concatenate([mean, mean])
    monkeypatch.setattr(projections, "_MOST_FITTED", 120)
    fitted = set(draw(len(twice), 120, seed=0).tolist())
    xy = umap_layout(twice, metric=metric).xy
    size = np.ptp(xy, axis=0).max()
    alone = [row for row in fitted if 33 <= row < 90 and row + 90 not in fitted]
    assert alone
    for row in alone:
        assert np.linalg.norm(xy[row] - xy[row + 90]) < 0.01 * size
