"""Laws of the first view of a map."""

import numpy as np
import pytest

from explorer.latent_space.home_box import MAX_LEFT_OUT, MIN_POINTS, HomeBox, home_box

SIDES = ("left", "right", "bottom", "top")


def cloud(count: int, seed: int = 0, scale: float = 1.0) -> np.ndarray:
    angle, radius = np.random.default_rng(seed).random((2, count))
    points = np.stack([np.cos(6.2832 * angle), np.sin(6.2832 * angle)], 1)
    return (scale * np.sqrt(radius)[:, None] * points).astype(np.float32)


def all_of(xy: np.ndarray) -> HomeBox:
    (left, bottom), (right, top) = xy.min(0).tolist(), xy.max(0).tolist()
    return HomeBox(left, right, bottom, top)


@pytest.mark.parametrize("count", [0, 1, 2, 30, 3000])
def test_a_compact_map_is_shown_whole(count: int) -> None:
    xy = cloud(count)
    assert home_box(xy) == (all_of(xy) if count else HomeBox(-1.0, 1.0, -1.0, 1.0))


def test_the_rim_of_a_map_without_gaps_is_shown() -> None:
    xy = np.random.default_rng(0).standard_normal((5000, 2)).astype(np.float32)
    assert home_box(xy) == all_of(xy)


def test_equal_points_have_a_box() -> None:
    xy = np.full((500, 2), 3.0, np.float32)
    assert home_box(xy) == all_of(xy)


@pytest.mark.parametrize("far", [(0, 3), (0, -3), (3, 0), (-3, 0), (4, 4)])
def test_a_small_island_far_away_is_left_out_on_every_side(far: tuple[int, int]) -> None:
    bulk, island = cloud(1000), cloud(25, 1, 0.1) + np.array(far, np.float32)
    box = home_box(np.concatenate([island, bulk]))
    assert [getattr(box, side) for side in SIDES] == [
        getattr(all_of(bulk), side) for side in SIDES
    ]
    assert box.islands == (pytest.approx(far, abs=0.1),)


def test_islands_are_left_out_together_up_to_a_bound() -> None:
    bulk = cloud(1000)
    near, farther = (
        cloud(10, 1, 0.1) + np.array([0, 3], np.float32),
        cloud(10, 2, 0.1) + np.array([0, 6], np.float32),
    )
    both = home_box(np.concatenate([bulk, near, farther]))
    assert both.top == all_of(bulk).top and len(both.islands) in (1, 2)
    large = cloud(int(1.5 * MAX_LEFT_OUT * 1000), 3, 0.1) + np.array([0, 3], np.float32)
    xy = np.concatenate([bulk, large])
    assert home_box(xy) == all_of(xy), "too many to leave out"


def test_a_map_of_few_points_is_shown_whole() -> None:
    xy = np.concatenate([cloud(MIN_POINTS - 2), np.array([[0, 9]], np.float32)])
    assert home_box(xy) == all_of(xy)
    assert home_box(np.concatenate([cloud(1), xy])).islands == ((0.0, 9.0),)


def test_a_nearby_island_is_shown() -> None:
    xy = np.concatenate([cloud(1000), cloud(10, 1, 0.05) + np.array([0, 1.3], np.float32)])
    assert home_box(xy) == all_of(xy)
