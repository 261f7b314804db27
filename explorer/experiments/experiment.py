"""What a guided experiment is: a claim, an expectation, settings, and a function to an outcome.

An outcome is data alone: numbers with names, charts, tables and links. The page, the command line
and a file show it without knowing the experiment.
"""

import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from explorer.errors import ExplorerError

LINES, POINTS, BARS = "lines", "points", "bars"
"""What a chart draws."""


@dataclass(frozen=True, slots=True)
class Series:
    """One named series of a chart."""

    name: str
    x: Sequence[float | str]
    y: Sequence[float]

    @classmethod
    def of(cls, name: str, points: Iterable[tuple[float, float]]) -> "Series":
        """The series of points (x, y)."""
        points = tuple(points)
        return cls(name, [x for x, _ in points], [y for _, y in points])


@dataclass(frozen=True, slots=True)
class Chart:
    """Series on common axes."""

    title: str
    x: str
    """What the horizontal axis is, with its unit."""
    y: str
    series: Sequence[Series]
    kind: str = LINES
    log_x: bool = False
    log_y: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of equal length; sentences in it are shown as typed."""

    title: str
    columns: Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Link:
    """A page of the explorer that shows more."""

    title: str
    page: str
    address: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of an outcome."""

    name: str
    value: float
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an experiment gave."""

    seen: str
    """What was seen, in sentences made from the figures."""
    as_expected: bool
    """Whether it is what was expected before the run."""
    figures: Sequence[Figure]
    charts: Sequence[Chart] = ()
    tables: Sequence[Table] = ()
    links: Sequence[Link] = ()

    def __getitem__(self, name: str) -> float:
        """The figure of this name.

        Raises:
            KeyError: If there is none.
        """
        return {figure.name: figure.value for figure in self.figures}[name]

    def as_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Outcome":
        """The outcome that `as_json` wrote.

        Raises:
            TypeError, KeyError: If it is none.
        """
        charts = [
            Chart(**{**chart, "series": [Series(**series) for series in chart["series"]]})
            for chart in content["charts"]
        ]
        return cls(
            content["seen"],
            content["as_expected"],
            [Figure(**figure) for figure in content["figures"]],
            charts,
            [Table(**table) for table in content["tables"]],
            [Link(**link) for link in content["links"]],
        )


Watch = Callable[[float, str, Sequence[Chart]], object]
"""Called while an experiment runs: the fraction that is done, what it does, and charts so far."""


def unwatched(fraction: float, note: str, charts: Sequence[Chart] = ()) -> None:
    """A `Watch` that does nothing."""


@dataclass(frozen=True)
class NoSettings:
    """Of an experiment that has none."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """An entry of `EXPERIMENTS`."""

    title: str
    claim: str
    """As a lecture states it."""
    trains: str
    """What is trained, or read, and on what."""
    seconds: float
    """About how long it takes with the default settings on one core."""
    expected: str
    """The outcome to expect, stated before the run."""
    run: Callable[[Any, int, Watch], Outcome]
    """From settings, seed and watch to the outcome; the same seed gives the same outcome."""
    code: str
    """Lines of a notebook that do the same."""
    settings: type = NoSettings
    """A frozen dataclass with defaults, its fields made by `setting`."""
    change: str = ""
    """What to change and try."""
    seed: int = 0
    """The default: a seed whose outcome is typical of ten."""
    sketch: Sequence[Sequence[float]] = ()
    """Curves of the expected outcome, drawn by hand: heights between 0 and 1 at even steps."""


def setting(
    default: Any,
    about: str,
    low: float = -math.inf,
    high: float = math.inf,
    choices: Sequence[str] = (),
) -> Any:
    """A field of settings.

    Args:
        default: Its value, which also tells its type: bool, int, float or str.
        about: What it is, in a few words.
        low: Its minimum.
        high: Its maximum.
        choices: Of a text, the values it may have; any without them.
    """
    metadata = {"about": about, "low": low, "high": high, "choices": tuple(choices)}
    return field(default=default, metadata=metadata)


def settings_of(experiment: Experiment, values: Mapping[str, Any]) -> Any:
    """Settings with some values changed.

    Args:
        experiment: Whose settings.
        values: By name; of their type, or as text.

    Raises:
        ExplorerError: For an unknown name or a value out of range.
    """
    fields = {item.name: item for item in dataclasses.fields(experiment.settings)}
    for name in values:
        if name not in fields:
            known = ", ".join(fields) or "none"
            raise ExplorerError(f"there is no setting {name!r}: the settings are {known}")
    return experiment.settings(
        **{name: _value(fields[name], value) for name, value in values.items()}
    )


def _value(item: "dataclasses.Field[Any]", value: Any) -> Any:
    kind, limits = type(item.default), item.metadata
    try:
        if kind is bool and isinstance(value, str):
            value = {"true": True, "false": False}[value.lower()]
        elif kind is not bool and isinstance(value, bool):
            raise ValueError
        result = kind(value)
    except (ValueError, KeyError, TypeError, OverflowError):
        wanted = {bool: "true or false", int: "a whole number", float: "a number"}.get(kind)
        raise ExplorerError(f"{item.name}={value!r} is not {wanted}") from None
    if kind is str:
        if limits["choices"] and result not in limits["choices"]:
            choices = ", ".join(limits["choices"])
            raise ExplorerError(f"{item.name}={result!r} is not one of {choices}")
    elif not limits["low"] <= result <= limits["high"]:  # nor is NaN
        raise ExplorerError(
            f"{item.name}={result:g} is not between {limits['low']:g} and {limits['high']:g}"
        )
    return result
