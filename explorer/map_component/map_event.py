"""What a person did on the map."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

_LARGEST = 2.0**53
"""Bound on numbers from the browser, where larger integers are no longer exact."""

EventKind: TypeAlias = Literal[
    "point", "place", "box", "area", "region", "class", "clear", "undo", "redo", "no_webgl"
]

_MAX_CORNERS = 2000
"""Of an outline; the browser sends fewer."""

KINDS = ("point", "place", "box", "area", "region", "class", "clear", "undo", "redo")


@dataclass(frozen=True)
class Viewport:
    """The visible part of the map: its centre, and a zoom of 1 for the whole map."""

    x: float
    y: float
    zoom: float


@dataclass(frozen=True)
class MapEvent:
    """What a person did on the map.

    Attributes:
        kind: A sentence was picked (`point`), a position between sentences (`place`), a rectangle
            was drawn (`box`), an outline was drawn (`area`), the region of a sentence was asked
            for (`region`), or a class of the legend (`class`), the selection was cleared by
            Escape (`clear`), a pick is to be undone or redone (`undo`, `redo`), or the browser
            cannot draw the map (`no_webgl`).
        index: Atlas index of a picked sentence, or the number of a class, else −1.
        x: Map coordinate of the pick.
        y: Map coordinate of the pick.
        shift: Whether Shift was held: by convention "add", not "replace".
        serial: Grows with every event, so that the same position can be picked twice.
        view: The viewport at that moment.
        box: Left, right, bottom and top of a rectangle, map coordinates.
        area: Corners of an outline, map coordinates.
    """

    kind: EventKind
    index: int = -1
    x: float = 0.0
    y: float = 0.0
    shift: bool = False
    serial: int = 0
    view: Viewport | None = None
    box: tuple[float, float, float, float] | None = None
    area: tuple[tuple[float, float], ...] = ()

    @property
    def selection(self) -> dict[str, Any] | None:
        """What a pick selects, as `MapSpec.selected`."""
        if self.kind == "point":
            return {"row": self.index}
        return {"x": self.x, "y": self.y} if self.kind == "place" else None


def read_event(payload: Any) -> MapEvent | None:
    """An event from the browser's message; None for no message, or a malformed one."""
    if not isinstance(payload, Mapping) or payload.get("kind") not in KINDS:
        return None
    numbers = finite_numbers(payload, ("x", "y", "index", "serial"))
    if numbers is None:
        return None
    view = payload.get("view")
    viewport = finite_numbers(view, ("x", "y", "zoom")) if isinstance(view, Mapping) else None
    sides = payload.get("box")
    box = finite_numbers(dict(enumerate(sides)), range(4)) if isinstance(sides, list) else None
    area = _corners(payload.get("area"))
    if (payload["kind"] == "box" and box is None) or (payload["kind"] == "area" and not area):
        return None
    return MapEvent(
        kind=payload["kind"],
        index=int(numbers[2]),
        x=numbers[0],
        y=numbers[1],
        shift=payload.get("shift") is True,
        serial=int(numbers[3]),
        view=Viewport(*viewport) if viewport else None,
        box=(box[0], box[1], box[2], box[3]) if box else None,
        area=area,
    )


def _corners(payload: Any) -> tuple[tuple[float, float], ...]:
    """The corners of an outline; none where it is malformed."""
    if not isinstance(payload, list) or not 3 <= len(payload) <= _MAX_CORNERS:
        return ()
    corners = []
    for item in payload:
        is_pair = isinstance(item, list) and len(item) == 2
        numbers = finite_numbers(dict(enumerate(item)), range(2)) if is_pair else None
        if numbers is None:
            return ()
        corners.append((numbers[0], numbers[1]))
    return tuple(corners)


def finite_numbers(values: Mapping[Any, Any], names: Sequence[Any]) -> list[float] | None:
    """The named values as floats, or None unless all are numbers below 2⁵³."""
    numbers = []
    for name in names:
        value = values.get(name)
        if not isinstance(value, int | float) or not abs(value) < _LARGEST:
            return None
        numbers.append(float(value))
    return numbers
