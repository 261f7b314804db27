"""A run's map as a notebook widget, whose pick and selection can be read, set and observed."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

import anywidget
import traitlets

from explorer.errors import ExplorerError
from explorer.explore import map_answers
from explorer.explore.colourings import DEFAULT_COLOURING, available
from explorer.explore.map_views import DEFAULT_VIEW
from explorer.explore.run import Run
from explorer.map_component.map_event import MapEvent, read_event
from explorer.map_component.run_map import HEIGHT, RunMap, check_colour, check_view
from explorer.notebook.module import module


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
        if proposal["trait"].name == "view":
            return check_view(proposal["value"])
        return check_colour(self.run, proposal["value"])

    @traitlets.validate("selection")
    def _check_rows(self, proposal: Mapping[str, Any]) -> list[int]:
        rows = sorted(set(proposal["value"]))
        if rows and not 0 <= rows[0] <= rows[-1] < self._count:
            raise ExplorerError(f"selection: rows must be 0 to {self._count - 1}")
        return rows

    @traitlets.validate("pick")
    def _check_pick(self, proposal: Mapping[str, Any]) -> int | tuple[float, float] | None:
        pick = proposal["value"]
        if pick is None or (isinstance(pick, int) and 0 <= pick < self._count):
            return pick
        if isinstance(pick, tuple | list) and len(pick) == 2:
            ((x, y),) = map_answers.read_positions(f"{pick[0]},{pick[1]}").tolist()
            return x, y
        raise ExplorerError(
            f"pick must be a row from 0 to {self._count - 1}, a position (x, y) or None"
        )

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
    def _map(self) -> RunMap:
        return RunMap(
            run=self.run,
            view=self.view,
            colour=self.colour,
            words=self.words,
            height=self.height,
            pick=self.pick,
            query=self.query,
            selection=self.selection,
        )

    def _draw(self) -> None:
        """Sends what the map shows; positions and colours are asked for by the map."""
        self._spec = self._map.spec(self._name).as_data()

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
        after = self._map.after(event)
        self.pick, self.query = after.pick, after.query
        if not after.query:
            self.selection = list(after.selection)

    def _reply(self, question: int, what: str, parameters: Any) -> None:
        """Answers a question of the map, as the app's routes do over HTTP."""
        buffers: list[bytes] = []
        text, status = "", 200
        try:
            answer = self._map.answer(what, parameters)
        except ExplorerError as error:
            answer, status = {"error": str(error)}, 422
        if isinstance(answer, bytes):
            buffers = [answer]
        else:
            text = json.dumps(answer)
        self.send({"answer": question, "status": status, "text": text}, buffers)
