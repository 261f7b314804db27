"""What the player of a playback is given to draw, and where a person is in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from explorer.explore.map_overlays import Ellipse, as_data
from explorer.explore.playback_story import Series
from explorer.explore.point_colours import LegendEntry
from explorer.map_component.map_event import finite_numbers
from explorer.map_component.map_spec import axes_data


@dataclass(frozen=True)
class Moment:
    """Where a person is in a playback.

    Attributes:
        epoch: Of the training, between the first and the last snapshot.
        index: The pinned sentence among the probes; −1 for none.
    """

    epoch: float
    index: int = -1


@dataclass(frozen=True)
class PinRequest:
    """A sentence to pin; the player obeys each serial once."""

    index: int
    serial: int


@dataclass(frozen=True, kw_only=True, eq=False)
class PlayerSpec:
    """A player: positions and colours by address, the rest by value.

    Attributes:
        frames_url: Address of float32 x, y pairs, snapshot by snapshot.
        colours_url: Address of a byte a point.
        sentence_url: Address that answers `?i=index` with `text`, `note`, `row` and
            `reconstructions`.
        legend: Names and colours of the bytes.
        legend_title: What the colours mean.
        kind: Whether the bytes are classes or positions on a ramp.
        snapshots: `epoch`, `beta`, `share` and `variance` of each.
        series: The panels of the time line.
        ellipses: The prior's.
        axes: `x`, `y` (names) and `units` (whether ticks mean something).
        reconstructed: Indexes of the sentences whose reconstructions are stored.
        start: Where to begin, once the positions are loaded.
        pin: A sentence to pin now.
        description: For screen readers: what the player shows.
        caption: A line under the map.
        height: In CSS pixels.
    """

    frames_url: str
    colours_url: str
    sentence_url: str
    legend: Sequence[LegendEntry]
    legend_title: str
    kind: Literal["categories", "ramp"]
    snapshots: Sequence[Mapping[str, float]]
    series: Sequence[Series]
    ellipses: Sequence[Ellipse]
    axes: Mapping[str, Any]
    reconstructed: Sequence[int]
    start: Moment
    pin: PinRequest | None
    description: str
    caption: str
    height: int = 480

    def as_data(self) -> dict[str, Any]:
        """The player as JSON for the browser."""
        same = ("frames_url", "colours_url", "sentence_url", "legend_title", "kind")
        same += ("description", "caption", "height")
        return {name: getattr(self, name) for name in same} | {
            "legend": [entry._asdict() for entry in self.legend],
            "snapshots": [dict(item) for item in self.snapshots],
            "series": [vars(item) for item in self.series],
            "overlays": [as_data(item) for item in self.ellipses],
            "axes": axes_data(self.axes),
            "reconstructed": [int(index) for index in self.reconstructed],
            "start": vars(self.start),
            "asked": None if self.pin is None else vars(self.pin),
        }


def read_moment(payload: Any) -> Moment | None:
    """A moment from the browser's message; None for no message, or a malformed one."""
    numbers = finite_numbers(payload, ("epoch", "index")) if isinstance(payload, Mapping) else None
    return None if numbers is None else Moment(numbers[0], int(numbers[1]))
