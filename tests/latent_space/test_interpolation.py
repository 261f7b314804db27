"""Laws of paths between latent points."""

import numpy as np
import pytest

from explorer.latent_space import interpolation

A = np.array([1.0, 2.0, -0.5, 0.3])
B = np.array([-0.4, 1.0, 2.0, 3.0])


def test_steps_go_evenly_from_start_to_end():
    np.testing.assert_allclose(interpolation.steps(5), [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_array_equal(interpolation.steps(1), [0])


@pytest.mark.parametrize("path", interpolation.PATHS.values())
def test_a_path_starts_and_ends_at_its_ends(path):
    walked = path(A, B, interpolation.steps(7))
    assert walked.shape == (7, 4)
    np.testing.assert_allclose(walked[[0, -1]], [A, B], atol=1e-12)


@pytest.mark.parametrize("path", interpolation.PATHS.values())
def test_the_way_back_is_the_way_reversed(path):
    np.testing.assert_allclose(
        path(A, B, interpolation.steps(9))[::-1], path(B, A, interpolation.steps(9))
    )


@pytest.mark.parametrize("path", interpolation.PATHS.values())
def test_a_step_does_not_depend_on_the_other_steps(path):
    whole = path(A, B, interpolation.steps(5))
    np.testing.assert_allclose(path(A, B, np.array([0.75])), whole[3:4])


def test_the_norm_changes_linearly_on_the_sphere():
    norms = np.linalg.norm(interpolation.spherical(A, B, interpolation.steps(6)), axis=1)
    expected = np.linspace(np.linalg.norm(A), np.linalg.norm(B), 6)
    np.testing.assert_allclose(norms, expected)


def test_the_spherical_middle_bisects_the_angle():
    middle = interpolation.spherical(np.array([2.0, 0.0]), np.array([0.0, 2.0]), np.array([0.5]))
    np.testing.assert_allclose(middle[0], [2**0.5, 2**0.5])


@pytest.mark.parametrize("other", [np.zeros(4), 3 * A, -A, A])
def test_where_no_great_circle_is_defined_the_path_is_the_straight_line(other):
    t = interpolation.steps(5)
    np.testing.assert_allclose(
        interpolation.spherical(A, other, t), interpolation.linear(A, other, t)
    )


def test_paths_keep_the_precision_of_their_start():
    for path in interpolation.PATHS.values():
        assert (
            path(A.astype(np.float32), B.astype(np.float32), interpolation.steps(3)).dtype
            == np.float32
        )
