"""A run's map outside the app, as in a notebook: what it shows, answers and selects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from explorer.errors import ExplorerError
from explorer.explore import map_answers, map_caption, map_criteria
from explorer.explore.colourings import DEFAULT_COLOURING, available, colouring_of
from explorer.explore.criteria import Area
from explorer.explore.criterion import Criterion
from explorer.explore.map_views import DEFAULT_VIEW, VIEWS, MapView, view_of
from explorer.explore.point_colours import Colours
from explorer.explore.run import Run
from explorer.map_component.map_event import MapEvent
from explorer.map_component.map_spec import MapSpec
from explorer.models.decoding_settings import Decoding

HEIGHT = 520
"""Of the map, in CSS pixels."""

Pick = int | tuple[float, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunMap:
    """A run's map and its state.

    Attributes:
        run: The run, with a map.
        view: A key of `explorer.explore.map_views.VIEWS`.
        colour: One of `available(run)`.
        words: Whether decoded sentences are written all over the map.
        height: In CSS pixels.
        pick: The picked sentence as a row of `run.texts`, a position as (x, y), or None.
        query: The selection as text, as `Run.select` takes it; empty for none, or for rows that
            were set.
        selection: The selected rows of `run.texts`, ascending.
    """

    run: Run = field(repr=False)
    view: str = DEFAULT_VIEW
    colour: str = DEFAULT_COLOURING
    words: bool = False
    height: int = HEIGHT
    pick: Pick = None
    query: str = ""
    selection: Sequence[int] = ()

    @property
    def texts(self) -> list[str]:
        """The selected sentences."""
        return [self.run.texts[row] for row in self.selection]

    @property
    def layout(self) -> MapView:
        """The view that `view` names."""
        return view_of(self.run, self.view)

    @property
    def colours(self) -> Colours:
        """The colours that `colour` names."""
        return colouring_of(self.run, self.colour).colours_of(self.run)

    def spec(self, name: str) -> MapSpec:
        """What the map draws; it asks for the rest at the address `name`, for `answer`."""
        view, colours = self.layout, self.colours
        decode = f"{name}/decode?view={self.view}"
        has_selection = bool(self.selection or self.query)
        return MapSpec(
            points_url=f"{name}/points?view={self.view}",
            colours_url=f"{name}/colours?by={self.colour}",
            hover_url=f"{name}/hover",
            decode_url=decode if self.words else "",
            lens_url=decode,
            legend=colours.legend,
            kind=colours.kind,
            legend_title=colours.title,
            labels=map_caption.region_labels(self.run, view),
            overlays=view.ellipses,
            highlight=self.selection if has_selection else None,
            selected=_selected_of(self.pick),
            home=view.home,
            axes=view.axes,
            description=map_caption.description(self.run, view),
            spoken=f"{len(self.selection):,} sentences selected." if has_selection else "",
            caption=map_caption.caption(self.run),
            view_parameter="",
            areas=True,
            selects_classes=self.colour in map_criteria.CLASS_CRITERIA,
            height=self.height,
        )

    def after(self, event: MapEvent) -> "RunMap":
        """The map after something was done on it."""
        if event.kind == "clear":
            return replace(self, pick=None, query="", selection=())
        if event.kind == "point":
            known = 0 <= event.index < len(self.run.needed_atlas)
            return replace(self, pick=event.index if known else None)
        if event.kind == "place":
            return replace(self, pick=(event.x, event.y))
        condition = self._condition(event)
        if condition is None:
            return self
        query = str(condition)
        return replace(self, query=query, selection=self.run.select(query).tolist())

    def _condition(self, event: MapEvent) -> Criterion | None:
        """What an event on the map selects by."""
        if event.kind == "area":
            return Area.of(self.view, event.area)
        if event.kind == "region":
            return map_criteria.of_region(self.run, event.index)
        if event.kind == "class":
            return map_criteria.of_class(self.run, self.colour, event.index)
        return None

    def answer(self, what: str, parameters: Any) -> Any:
        """Answers a question of the map, as the app's routes do over HTTP: bytes or JSON.

        Args:
            what: points, colours, hover or decode.
            parameters: Of the browser, thus anything.

        Raises:
            ExplorerError: If there is no such question, or no such sentence or position.
        """
        given = parameters if isinstance(parameters, Mapping) else {}
        if what == "points":
            return map_answers.point_bytes(self.layout)
        if what == "colours":
            return map_answers.colour_bytes(self.colours)
        if what == "hover":
            return map_answers.sentence(self.run, map_answers.read_row(given.get("i", "")))
        if what == "decode":
            xy = map_answers.read_positions(str(given.get("at", "")))
            return map_answers.decoded(self.run, self.layout, xy, Decoding())
        raise ExplorerError(
            f"a map request must be points, colours, hover or decode, not {what!r}"
        )


def check_view(name: str) -> str:
    """A key of `VIEWS`.

    Raises:
        ExplorerError: If it is none.
    """
    return _one_of("view", name, list(VIEWS))


def check_colour(run: Run, name: str) -> str:
    """One of the colourings of a run.

    Raises:
        ExplorerError: If it is none.
    """
    return _one_of("colour", name, list(available(run)))


def _one_of(what: str, name: str, known: list[str]) -> str:
    if name not in known:
        raise ExplorerError(f"{what} must be one of {', '.join(known)}, not {name!r}")
    return name


def _selected_of(pick: Pick) -> dict[str, Any] | None:
    if isinstance(pick, tuple):
        return {"x": pick[0], "y": pick[1]}
    return None if pick is None else {"row": pick}
