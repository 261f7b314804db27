"""Overlays on the points of a map: paths, markers, ellipses, clouds of crosses, trails."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

import numpy as np

Number: TypeAlias = float | np.floating[Any]
Positions: TypeAlias = Sequence[Sequence[float]] | np.ndarray


@dataclass(frozen=True)
class Path:
    """A polyline with a moving marker; `path_slider(path=id)` moves it without the server.

    Attributes:
        points: Positions of the steps, map coordinates.
        id: Ties the path to its slider.
        ends: Names written at the first and the last step, or empty.
        position: Step the marker stands at until a slider moves it.
    """

    points: Positions
    id: str = "path"
    ends: Sequence[str] = ("A", "B")
    position: Number = 0.0


@dataclass(frozen=True)
class Marker:
    """A diamond with a few words beside it, such as "your sentence".

    Attributes:
        opacity: 0 to 1; positions found by neighbours fade with latent distance.
    """

    x: Number
    y: Number
    text: str = ""
    opacity: Number = 1.0


@dataclass(frozen=True)
class Ellipse:
    """An ellipse along the axes: centre, radii (map units) and a name such as "1 σ"."""

    x: Number
    y: Number
    rx: Number
    ry: Number
    text: str = ""


@dataclass(frozen=True)
class Cloud:
    """Small crosses, such as samples of the prior.

    Attributes:
        points: Map coordinates.
        opacity: 0 to 1.
        colour: As in CSS; empty for that of the text.
    """

    points: Positions
    opacity: Number = 0.8
    colour: str = ""


@dataclass(frozen=True)
class Trail:
    """A faint line through what was picked before, the last point being what is picked now."""

    points: Positions


Overlay: TypeAlias = Path | Marker | Ellipse | Cloud | Trail


def as_data(overlay: Overlay) -> dict[str, Any]:
    """JSON for the browser: the fields and a `type`; positions that are not finite are dropped."""
    data = {field.name: getattr(overlay, field.name) for field in fields(overlay)}
    data["type"] = type(overlay).__name__.lower()
    if isinstance(overlay, Path | Cloud | Trail):
        xy = [[float(x), float(y)] for x, y in overlay.points]
        data["points"] = [point for point in xy if all(map(math.isfinite, point))]
    if isinstance(overlay, Path):
        data["ends"] = [str(name) for name in overlay.ends]
    return {key: _plain(value) for key, value in data.items()}


def _plain(value: Any) -> Any:
    """Numbers of numpy as numbers of Python, for JSON."""
    return value.item() if hasattr(value, "item") else value
