"""Alignment: a moved copy of a map is found again; neighbourhoods move only where they do."""

import numpy as np
import pytest

from explorer.errors import ExplorerError
from explorer.latent_space.map_alignment import align, moved, neighbourhoods, shared


def places(count: int = 200, seed: int = 0, dimensions: int = 2) -> np.ndarray:
    chance = np.random.default_rng(seed)
    return chance.normal(size=(count, dimensions)) * np.linspace(1, 3, dimensions)


def turned(xy: np.ndarray, angle: float, mirrored: bool) -> np.ndarray:
    cosine, sine = np.cos(angle), np.sin(angle)
    turn = np.array([[cosine, -sine], [sine, cosine]])
    return xy @ turn @ np.diag([-1.0 if mirrored else 1.0, 1.0])


@pytest.mark.parametrize("angle", [0.0, 1.0, np.pi, 5.0])
@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("scale", [0.01, 1.0, 40.0])
def test_a_turned_mirrored_scaled_and_shifted_copy_is_laid_back_onto_the_original(
    angle: float, mirrored: bool, scale: float
) -> None:
    xy = places()
    copy = scale * turned(xy, angle, mirrored) + np.array([7.0, -3.0])
    found = align(copy, xy)
    assert found.explained == pytest.approx(1.0)
    assert found.agrees
    assert found.scale == pytest.approx(1 / scale)
    assert found(copy) == pytest.approx(xy, abs=1e-5)


def test_what_was_registered_on_some_sentences_places_all_others() -> None:
    xy = places()
    copy = 2 * turned(xy, 0.7, True)
    assert align(copy[:20], xy[:20])(copy) == pytest.approx(xy, abs=1e-5)


@pytest.mark.parametrize("mirrored", [False, True])
def test_the_way_back_undoes_it(mirrored: bool) -> None:
    xy = places()
    found = align(3 * turned(xy, 0.7, mirrored) + 2, xy)
    assert found.inverse(found(xy)) == pytest.approx(xy, abs=1e-4)


def test_unrelated_maps_explain_next_to_nothing_of_each_other() -> None:
    found = align(places(2000, seed=1), places(2000, seed=2))
    assert found.explained < 0.01
    assert not found.agrees


def test_the_share_falls_as_noise_grows_and_does_not_depend_on_the_direction() -> None:
    xy = places()
    noise = np.random.default_rng(3).normal(size=xy.shape)
    shares = [align(xy + level * noise, xy).explained for level in (0.0, 0.3, 1.0, 10.0)]
    assert shares == sorted(shares, reverse=True)
    assert align(xy, xy + noise).explained == pytest.approx(align(xy + noise, xy).explained)


def test_a_map_that_is_one_point_explains_nothing_and_stays_finite() -> None:
    point, xy = np.zeros((50, 2)), places(50)
    for first, second in ((point, xy), (xy, point), (point, point)):
        found = align(first, second)
        assert found.explained == 0
        assert np.isfinite(found.inverse(xy)).all()
        assert np.isfinite(found(first)).all()


def test_too_few_shared_sentences_are_an_error_that_counts_them() -> None:
    with pytest.raises(ExplorerError, match="share 2 sentences"):
        align(places(2), places(2))


def test_shared_rows_are_found_on_both_sides() -> None:
    rows, other = np.array([1, 4, 6, 9]), np.array([0, 4, 9, 12])
    here, there = shared(rows, other)
    assert rows[here].tolist() == other[there].tolist() == [4, 9]
    assert len(shared(rows, other + 100)[0]) == 0


def test_identical_latents_have_not_moved() -> None:
    mean = places(100, dimensions=5)
    assert not moved(mean, mean.copy()).any()


def test_a_scaled_and_shifted_space_has_the_same_neighbours() -> None:
    mean = places(100, dimensions=5)
    assert not moved(mean, 3 * mean + 2).any()


def test_unrelated_latents_move_nearly_all_neighbours() -> None:
    away = moved(places(500, seed=1, dimensions=5), places(500, seed=2, dimensions=4))
    assert away.min() >= 0
    assert away.max() <= 1
    assert away.mean() > 0.9


def test_only_the_neighbourhoods_of_what_was_moved_change() -> None:
    # Ten far bundles of ten: exchanging two sentences of two bundles touches those two alone.
    chance = np.random.default_rng(0)
    mean = np.repeat(10 * np.eye(10), 10, axis=0) + 0.1 * chance.normal(size=(100, 10))
    other = mean.copy()
    other[[0, 10]] = mean[[10, 0]]
    away = moved(mean, other, k=5)
    assert away[[0, 10]] == pytest.approx([1.0, 1.0])
    assert not away[20:].any()


def test_a_sentence_is_no_neighbour_of_itself_even_among_equal_ones() -> None:
    mean = np.ones((6, 3))
    near = neighbourhoods(mean, 3)
    assert near.shape == (6, 3)
    assert not (near == np.arange(6)[:, None]).any()


def test_fewer_sentences_than_neighbours_compare_all_there_are() -> None:
    assert not moved(places(4), places(4, seed=1), k=10).any()
