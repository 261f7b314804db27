"""Laws of the coordinates in which a map tells meanings apart."""

import numpy as np
from scipy.spatial.distance import pdist

from explorer.latent_space.meaning_space import meaning_space

RNG = np.random.default_rng(0)
MEAN = RNG.normal(size=(400, 6)).astype(np.float32)
MEANING = RNG.normal(size=(2, 30))
VECTORS = MEAN[:, :2] @ MEANING + RNG.normal(scale=0.1, size=(400, 30))
"""What the first two dimensions alone say."""


def test_distances_are_longer_along_the_directions_that_carry_meaning():
    space = meaning_space(MEAN, VECTORS)
    steps = {}
    for dimension in (0, 1, 2, 5):
        moved = np.vstack([MEAN, MEAN[:1] + 0.5 * np.eye(6, dtype=np.float32)[dimension]])
        vectors = np.vstack([VECTORS, VECTORS[:1]])
        both = meaning_space(moved, vectors)
        steps[dimension] = np.linalg.norm(both[-1] - both[0])
    assert min(steps[0], steps[1]) > 1.2 * max(steps[2], steps[5])
    assert space.shape == (400, 12) and space.dtype == np.float32


def test_it_is_a_linear_map_of_latent_points():
    space = meaning_space(MEAN, VECTORS).astype(np.float64)
    points = np.hstack([MEAN - MEAN.mean(0), np.ones((400, 1))])
    fitted = points @ np.linalg.lstsq(points, space, rcond=None)[0]
    np.testing.assert_allclose(fitted, space, atol=1e-5)


def test_neither_the_units_of_z_nor_a_rotation_of_the_vectors_matter():
    rotation = np.linalg.qr(RNG.normal(size=(30, 30)))[0]
    known = pdist(meaning_space(MEAN, VECTORS))
    other = pdist(meaning_space(7 * MEAN + 3, 5 * VECTORS @ rotation - 1))
    np.testing.assert_allclose(other, known, rtol=1e-3, atol=1e-4)


def test_where_nothing_is_predicted_latent_distances_remain():
    same = np.ones((400, 30))
    known = pdist(MEAN)
    distances = pdist(meaning_space(MEAN, same))
    np.testing.assert_allclose(distances / known, (distances / known).mean(), rtol=1e-4)
    collapsed = meaning_space(np.zeros((400, 6), np.float32), VECTORS)
    assert np.isfinite(collapsed).all() and not collapsed.any()
