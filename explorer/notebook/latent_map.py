"""A run's map as a notebook widget, whose pick and selection can be read, set and observed."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

import anywidget
import traitlets

from explorer.errors import ExplorerError
from explorer.explore import map_answers, map_caption, map_criteria
from explorer.explore.colourings import DEFAULT_COLOURING, available, colouring_of
from explorer.explore.criteria import Area
from explorer.explore.criterion import Criterion
from explorer.explore.map_views import DEFAULT_VIEW, VIEWS, MapView, view_of
from explorer.explore.run import Run
from explorer.map_component.map_event import MapEvent, read_event
from explorer.map_component.map_spec import MapSpec
from explorer.models.decoding_settings import Decoding
from explorer.notebook.module import module

HEIGHT = 520


class LatentMap(anywidget.AnyWidget):
    """A run's map in Jupyter, marimo, Colab or VS Code; moving over it decodes.

    All attributes can be set and observed: the map follows them, and they follow what is done on
    the map.

    Attributes:
        pick: The picked sentence as a row of `run.texts`, a position as (x, y), or None.
        query: The selection as text, as `Run.select` takes it and the address of the app's map
            has it; empty for none, or for rows that were set.
        selection: The selected rows of `run.texts`, ascending.
        view: A key of `explorer.explore.map_views.VIEWS`.
        colour: One of `colours`.
        words: Whether decoded sentences are written all over the map.
    """

    _esm = module()
    _spec = traitlets.Dict().tag(sync=True)
    _name = traitlets.Unicode().tag(sync=True)

    pick = traitlets.Any(None, allow_none=True)
    query = traitlets.Unicode()
    selection = traitlets.List(traitlets.Int())
    view = traitlets.Unicode(DEFAULT_VIEW)
    colour = traitlets.Unicode(DEFAULT_COLOURING)
    words = traitlets.Bool()

    def __init__(self, run: Run, height: int = HEIGHT, **attributes: Any) -> None:
        """Shows a run.

        Args:
            run: The run, with a map.
            height: In CSS pixels.
            **attributes: Initial values of the attributes.

        Raises:
            ExplorerError: If the run has no map, or a value is not possible.
        """
        self.run, self.height = run, height
        self._count = len(run.needed_atlas)
        self._queried: list[int] = []  # the rows that `query` selected
        super().__init__(**attributes)
        self._name = f"latent-map-{uuid4().hex}"
        self.on_msg(self._receive)
        self._draw()

    @property
    def colours(self) -> Sequence[str]:
        """The colourings of this run."""
        return available(self.run)

    @property
    def texts(self) -> list[str]:
        """The selected sentences."""
        return [self.run.texts[row] for row in self.selection]

    @traitlets.validate("view", "colour")
    def _check_name(self, proposal: Mapping[str, Any]) -> str:
        trait, value = proposal["trait"].name, proposal["value"]
        known = list(VIEWS) if trait == "view" else list(self.colours)
        if value not in known:
            raise ExplorerError(f"{trait} is one of {', '.join(known)}, not {value!r}")
        return value

    @traitlets.validate("selection")
    def _check_rows(self, proposal: Mapping[str, Any]) -> list[int]:
        rows = sorted(set(proposal["value"]))
        if rows and not 0 <= rows[0] <= rows[-1] < self._count:
            raise ExplorerError(f"selection: a row is 0 to {self._count - 1}")
        return rows

    @traitlets.validate("pick")
    def _check_pick(self, proposal: Mapping[str, Any]) -> int | tuple[float, float] | None:
        pick = proposal["value"]
        if pick is None or (isinstance(pick, int) and 0 <= pick < self._count):
            return pick
        if isinstance(pick, tuple | list) and len(pick) == 2:
            ((x, y),) = map_answers.read_positions(f"{pick[0]},{pick[1]}").tolist()
            return x, y
        raise ExplorerError(f"pick is a row, 0 to {self._count - 1}, a position (x, y) or None")

    @traitlets.validate("query")
    def _check_query(self, proposal: Mapping[str, Any]) -> str:
        if proposal["value"]:
            self.run.select(proposal["value"])
        return proposal["value"]

    @traitlets.observe("query")
    def _select(self, change: Mapping[str, Any]) -> None:
        before, query = self._queried, change["new"]
        self._queried = self.run.select(query).tolist() if query else []
        if query or self.selection == before:
            self.selection = self._queried

    @traitlets.observe("selection")
    def _selected(self, change: Mapping[str, Any]) -> None:
        if change["new"] != self._queried:
            self.query = ""

    @traitlets.observe("pick", "selection", "query", "view", "colour", "words")
    def _changed(self, _: Mapping[str, Any]) -> None:
        self._draw()

    @property
    def _layout_view(self) -> MapView:
        return view_of(self.run, self.view)

    def _draw(self) -> None:
        """Sends what the map shows; positions and colours are asked for by the map."""
        view, colours = self._layout_view, colouring_of(self.run, self.colour).colours_of(self.run)
        decode = f"{self._name}/decode?view={self.view}"
        has_selection = bool(self.selection or self.query)
        spec = MapSpec(
            points_url=f"{self._name}/points?view={self.view}",
            colours_url=f"{self._name}/colours?by={self.colour}",
            hover_url=f"{self._name}/hover",
            decode_url=decode if self.words else "",
            lens_url=decode,
            legend=colours.legend,
            kind=colours.kind,
            legend_title=colours.title,
            labels=map_caption.region_labels(self.run, view),
            overlays=view.ellipses,
            highlight=self.selection if has_selection else None,
            selected=_selected_of(self.pick),
            axes=view.axes,
            description=map_caption.description(self.run, view),
            spoken=f"{len(self.selection):,} sentences selected." if has_selection else "",
            caption=map_caption.caption(self.run),
            view_parameter="",
            areas=True,
            selects_classes=self.colour in map_criteria.CLASS_CRITERIA,
            height=self.height,
        )
        self._spec = spec.as_data()

    def _receive(self, _: Any, content: Any, buffers: Any) -> None:
        """A message of the browser: something done on the map, or a question."""
        if not isinstance(content, Mapping):
            return
        event = read_event(content.get("event"))
        if event is not None:
            self._act(event)
        elif isinstance(content.get("question"), int):
            self._reply(content["question"], str(content.get("ask")), content.get("parameters"))

    def _act(self, event: MapEvent) -> None:
        if event.kind == "clear":
            self.pick = None
            self.query, self.selection = "", []
        elif event.kind == "point":
            self.pick = event.index if 0 <= event.index < self._count else None
        elif event.kind == "place":
            self.pick = (event.x, event.y)
        else:
            condition = self._condition(event)
            if condition is not None:
                self.query = str(condition)

    def _condition(self, event: MapEvent) -> Criterion | None:
        """What an event on the map selects by."""
        if event.kind == "area":
            return Area.of(self.view, event.area)
        if event.kind == "region":
            return map_criteria.of_region(self.run, event.index)
        return map_criteria.of_class(self.run, self.colour, event.index)

    def _reply(self, question: int, what: str, parameters: Any) -> None:
        """Answers a question of the map, as the app's routes do over HTTP."""
        buffers: list[bytes] = []
        text, status = "", 200
        try:
            answer = self._answer(what, parameters if isinstance(parameters, Mapping) else {})
        except ExplorerError as error:
            answer, status = {"error": str(error)}, 422
        if isinstance(answer, bytes):
            buffers = [answer]
        else:
            text = json.dumps(answer)
        self.send({"answer": question, "status": status, "text": text}, buffers)

    def _answer(self, what: str, parameters: Mapping[str, Any]) -> Any:
        if what == "points":
            return map_answers.point_bytes(self._layout_view)
        if what == "colours":
            return map_answers.colour_bytes(
                colouring_of(self.run, self.colour).colours_of(self.run)
            )
        if what == "hover":
            return map_answers.sentence(self.run, map_answers.read_row(parameters.get("i", "")))
        if what == "decode":
            xy = map_answers.read_positions(str(parameters.get("at", "")))
            return map_answers.decoded(self.run, self._layout_view, xy, Decoding())
        raise ExplorerError(f"a map asks for points, colours, hover or decode, not {what!r}")


def _selected_of(pick: int | tuple[float, float] | None) -> dict[str, Any] | None:
    if isinstance(pick, tuple):
        return {"x": pick[0], "y": pick[1]}
    return None if pick is None else {"row": pick}
