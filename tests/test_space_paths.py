"""Laws of paths between latent points."""

import numpy as np
import pytest

from explorer.space import paths

A = np.array([1.0, 2.0, -0.5, 0.3])
B = np.array([-0.4, 1.0, 2.0, 3.0])


def test_steps_go_evenly_from_start_to_end():
    np.testing.assert_allclose(paths.steps(5), [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_array_equal(paths.steps(1), [0])


@pytest.mark.parametrize("path", paths.PATHS.values())
def test_a_path_starts_and_ends_at_its_ends(path):
    walked = path(A, B, paths.steps(7))
    assert walked.shape == (7, 4)
    np.testing.assert_allclose(walked[[0, -1]], [A, B], atol=1e-12)


@pytest.mark.parametrize("path", paths.PATHS.values())
def test_the_way_back_is_the_way_reversed(path):
    np.testing.assert_allclose(path(A, B, paths.steps(9))[::-1], path(B, A, paths.steps(9)))


@pytest.mark.parametrize("path", paths.PATHS.values())
def test_a_step_does_not_depend_on_the_other_steps(path):
    whole = path(A, B, paths.steps(5))
    np.testing.assert_allclose(path(A, B, np.array([0.75])), whole[3:4])


def test_the_norm_changes_linearly_on_the_sphere():
    norms = np.linalg.norm(paths.spherical(A, B, paths.steps(6)), axis=1)
    expected = np.linspace(np.linalg.norm(A), np.linalg.norm(B), 6)
    np.testing.assert_allclose(norms, expected)


def test_the_spherical_middle_bisects_the_angle():
    middle = paths.spherical(np.array([2.0, 0.0]), np.array([0.0, 2.0]), np.array([0.5]))
    np.testing.assert_allclose(middle[0], [2**0.5, 2**0.5])


@pytest.mark.parametrize("other", [np.zeros(4), 3 * A, -A, A])
def test_where_no_great_circle_is_defined_the_path_is_the_straight_line(other):
    t = paths.steps(5)
    np.testing.assert_allclose(paths.spherical(A, other, t), paths.linear(A, other, t))


def test_paths_keep_the_precision_of_their_start():
    for path in paths.PATHS.values():
        assert path(A.astype(np.float32), B.astype(np.float32), paths.steps(3)).dtype == np.float32


def test_equal_strides_are_perfectly_even():
    assert paths.evenness(np.full(4, 2.5)) == 1
    assert paths.evenness(np.array([0.0, 0.0])) == 1
    assert paths.evenness(np.array([])) == 1
    assert paths.evenness(np.array([0.0, 4.0])) == 0.5


def test_statistics_of_a_straight_path_through_its_data():
    walked = paths.linear(A, B, paths.steps(5))
    measured = paths.statistics(walked, walked[[0, 2, 4]])
    assert measured.detour == pytest.approx(1)
    assert measured.evenness == pytest.approx(1)
    assert measured.length == pytest.approx(np.linalg.norm(B - A))
    np.testing.assert_array_equal(measured.nearest[[0, 2, 4]], [0, 1, 2])
    stride = measured.length / 4
    np.testing.assert_allclose(measured.distance, [0, stride, 0, stride, 0], atol=1e-5)


def test_a_path_that_stays_has_no_length_and_no_detour():
    measured = paths.statistics(np.tile(A, (3, 1)), A[None])
    assert (measured.length, measured.detour, measured.evenness) == (0, 1, 1)
