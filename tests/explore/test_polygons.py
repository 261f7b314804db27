"""Laws of polygons on a map."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from explorer.explore.polygons import MAX_CORNERS, inside, simplified
from explorer.map_component.bundle import FOLDER


def ray_inside(x: float, y: float, corners: np.ndarray) -> bool:
    """The reference: crossings of a ray to the left, edge by edge."""
    crossings = 0
    for i in range(len(corners)):
        (x0, y0), (x1, y1) = corners[i], corners[(i + 1) % len(corners)]
        if min(y0, y1) <= y < max(y0, y1):
            crossings += x0 + (y - y0) / (y1 - y0) * (x1 - x0) > x
    return crossings % 2 == 1


def star(corners: int, seed: int) -> np.ndarray:
    """A polygon around the origin that does not cross itself."""
    random = np.random.default_rng(seed)
    angle = np.sort(random.uniform(0, 2 * np.pi, corners))
    return np.stack([np.cos(angle), np.sin(angle)], 1) * random.uniform(0.3, 2, (corners, 1))


@pytest.mark.parametrize("seed", range(8))
def test_inside_agrees_with_rays(seed: int) -> None:
    random = np.random.default_rng(seed)
    corners = star(3 + 5 * seed, seed) if seed % 2 else random.normal(size=(3 + 5 * seed, 2))
    points = random.normal(size=(500, 2)).astype(np.float32)
    expected = [ray_inside(float(x), float(y), corners) for x, y in points]
    assert inside(points, corners).tolist() == expected


def test_neighbouring_polygons_share_no_point() -> None:
    points = np.stack(np.meshgrid(np.arange(5.0), np.arange(5.0)), -1).reshape(-1, 2)
    square = np.array([(0, 0), (2, 0), (2, 2), (0, 2)], float)
    tiles = [inside(points, square + np.array([2 * i, 2 * j])) for i in range(3) for j in range(3)]
    assert (np.sum(tiles, axis=0) == 1).all()


def test_direction_and_start_of_an_outline_do_not_matter() -> None:
    corners = star(20, 1)
    points = np.random.default_rng(0).normal(size=(300, 2))
    expected = inside(points, corners)
    assert (inside(points, corners[::-1]) == expected).all()
    assert (inside(points, np.roll(corners, 7, axis=0)) == expected).all()


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e4])
def test_few_corners_keep_the_shape(scale: float) -> None:
    angle = np.linspace(0, 2 * np.pi, 700, endpoint=False)
    radius = 1 + 0.3 * np.sin(3 * angle) + 0.005 * np.random.default_rng(0).normal(size=700)
    drawn = scale * np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)
    corners = simplified(drawn)
    assert 3 <= len(corners) <= MAX_CORNERS
    points = scale * np.random.default_rng(1).uniform(-1.5, 1.5, (4000, 2))
    assert (inside(points, corners) == inside(points, drawn)).mean() > 0.99
    digits = max(len(f"{value:.12g}") for value in corners.flat)
    assert digits <= 11


def test_a_rectangle_has_four_corners_however_it_was_drawn() -> None:
    side = np.linspace(0, 1, 50, endpoint=False)
    zero, one = np.zeros(50), np.ones(50)
    drawn = [np.stack(pair, 1) for pair in ((side, zero), (one, side))]
    drawn += [np.stack(pair, 1) for pair in ((1 - side, one), (zero, 1 - side))]
    corners = simplified(np.concatenate(drawn))
    assert {tuple(corner) for corner in corners.tolist()} == {(0, 0), (1, 0), (1, 1), (0, 1)}


def test_a_line_encloses_nothing() -> None:
    line = simplified(np.array([(0, 0), (1, 1), (2, 2), (3, 3)], float))
    assert not inside(np.array([(1.0, 1.0), (0.5, 0.2)]), line).any()


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
@pytest.mark.parametrize("how", ["replace", "and", "or", "not"])
def test_the_browser_highlights_what_is_selected(tmp_path: Path, how: str) -> None:
    random = np.random.default_rng(3)
    corners = random.normal(size=(60, 2))
    points = np.concatenate([random.normal(size=(400, 2)), corners]).astype(np.float32)
    before = random.random(len(points)) < 0.5
    (tmp_path / "polygon.mjs").write_bytes((FOLDER / "polygon.js").read_bytes())
    script = f"""import("./polygon.mjs").then(({{ inside, joined }}) => {{
        const mask = inside(Float32Array.from({points.ravel().tolist()}), {corners.tolist()});
        const before = Uint8Array.from({before.astype(int).tolist()});
        console.log([...joined(before, mask, "{how}")].join(""), [...mask].join(""));
    }})"""
    answer = subprocess.run(["node", "-e", script], cwd=tmp_path, capture_output=True, check=True)
    selected, mask = (
        np.array([digit == "1" for digit in word]) for word in answer.stdout.decode().split()
    )
    expected = inside(points, corners)
    assert mask.tolist() == expected.tolist()
    joined = {
        "replace": expected,
        "and": before & expected,
        "or": before | expected,
        "not": before & ~expected,
    }[how]
    assert selected.tolist() == joined.tolist()
