"""What can lie on top of the points: paths, markers, ellipses, clouds of crosses."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

import numpy as np

Number: TypeAlias = float | np.floating[Any]
Places: TypeAlias = Sequence[Sequence[float]] | np.ndarray


@dataclass(frozen=True)
class Path:
    """A polyline with a moving marker; `path_slider(path=id)` moves it without the server.

    Attributes:
        points: Places of the steps, map coordinates.
        id: Ties the path to its slider.
        ends: Names written at the first and the last step, or empty.
        position: Step the marker stands at until a slider moves it.
    """

    points: Places
    id: str = "path"
    ends: Sequence[str] = ("A", "B")
    position: Number = 0.0


@dataclass(frozen=True)
class Marker:
    """A diamond with a few words beside it, such as "your sentence".

    Attributes:
        opacity: 0 to 1; what is placed by neighbours fades with its latent distance.
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
    """Small crosses, such as samples of the prior."""

    points: Places
    opacity: Number = 0.8


Overlay: TypeAlias = Path | Marker | Ellipse | Cloud


def as_data(overlay: Overlay) -> dict[str, Any]:
    """What the browser gets: the fields, a `type`, plain floats; places that are none left out."""
    data = {field.name: getattr(overlay, field.name) for field in fields(overlay)}
    data["type"] = type(overlay).__name__.lower()
    if isinstance(overlay, Path | Cloud):
        places = [[float(x), float(y)] for x, y in overlay.points]
        data["points"] = [place for place in places if all(map(math.isfinite, place))]
    if isinstance(overlay, Path):
        data["ends"] = [str(name) for name in overlay.ends]
    return {key: _plain(value) for key, value in data.items()}


def _plain(value: Any) -> Any:
    """Numbers of numpy as numbers of Python: the browser is sent JSON."""
    return value.item() if hasattr(value, "item") else value
