"""The map in a notebook: attributes that follow each other, and questions of the browser."""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer import ExplorerError, LatentMap, open_run
from explorer.explore.map_views import view_of


@pytest.fixture
def widget(tiny_run: Path) -> LatentMap:
    return open_run(tiny_run).map()


def tells(widget: LatentMap, **content: Any) -> None:
    """A message from the browser."""
    widget._receive(widget, content, [])


def rows_of(sent: list[int] | dict[str, str]) -> list[int]:
    """The rows of a highlight, which the map is sent as a list or as bits."""
    if isinstance(sent, list):
        return sorted(sent)
    bits = np.frombuffer(base64.b64decode(sent["bits"]), np.uint8)
    return np.flatnonzero(np.unpackbits(bits, bitorder="little")).tolist()


def did(widget: LatentMap, kind: str, **event: Any) -> None:
    tells(widget, event={"kind": kind, "index": -1, "x": 0, "y": 0, "serial": 1, **event})


def answer(widget: LatentMap, ask: str, **parameters: str) -> tuple[int, Any]:
    """The status, and bytes or JSON, of a question."""
    sent: list[tuple[dict, list[bytes]]] = []
    widget.send = lambda content, buffers=None: sent.append((content, buffers or []))  # type: ignore[method-assign]
    tells(widget, question=7, ask=ask, parameters=parameters)
    ((content, buffers),) = sent
    assert content["answer"] == 7
    return content["status"], buffers[0] if buffers else json.loads(content["text"])


def test_a_query_selects_what_select_selects(widget: LatentMap) -> None:
    query = f"label:{widget.run.atlas.label[0]}"
    seen = []
    widget.observe(lambda change: seen.append(change["new"]), "selection")
    widget.query = query
    expected = widget.run.select(query).tolist()
    assert 0 < len(expected) < len(widget.run.atlas)
    assert widget.selection == expected == seen[-1] == rows_of(widget._spec["highlight"])
    assert widget.texts == [widget.run.texts[row] for row in expected]
    widget.query = ""
    assert widget.selection == [] and widget._spec["highlight"] is None


def test_rows_that_are_set_take_the_place_of_a_query(widget: LatentMap) -> None:
    widget.query = f"label:{widget.run.atlas.label[0]}"
    widget.selection = [3, 1, 3]
    assert widget.selection == [1, 3] and widget.query == ""
    assert rows_of(widget._spec["highlight"]) == [1, 3]


def test_an_outline_selects_the_sentences_in_it(widget: LatentMap) -> None:
    xy = view_of(widget.run, "umap").xy
    left, bottom = xy.min(0) - 1
    top = xy.max(0)[1] + 1
    middle = float(np.median(xy[:, 0]))
    area = [[float(left), float(bottom)], [middle, float(bottom)]]
    area += [[middle, float(top)], [float(left), float(top)]]
    did(widget, "area", area=area)
    assert widget.selection == widget.run.select(widget.query).tolist()
    off_the_line = np.abs(xy[:, 0] - middle) > 0.01
    inside = np.flatnonzero((xy[:, 0] < middle) & off_the_line)
    assert set(inside) <= set(widget.selection)
    did(widget, "clear")
    assert widget.selection == [] and widget.query == ""


def test_a_pick_is_a_row_or_a_position(widget: LatentMap) -> None:
    did(widget, "point", index=5)
    assert widget.pick == 5 and widget._spec["selected"] == {"row": 5}
    did(widget, "place", x=1.5, y=-2.0)
    assert widget.pick == (1.5, -2.0) and widget._spec["selected"] == {"x": 1.5, "y": -2.0}
    widget.pick = 0
    assert widget._spec["selected"] == {"row": 0}
    did(widget, "point", index=10**9)
    assert widget.pick is None


def test_the_map_is_given_what_it_asks_for(widget: LatentMap) -> None:
    view = view_of(widget.run, "umap")
    status, points = answer(widget, "points", view="umap")
    assert status == 200 and np.array_equal(np.frombuffer(points, "<f4"), view.xy.ravel())
    assert len(answer(widget, "colours", by="cluster")[1]) == len(widget.run.atlas)
    status, hover = answer(widget, "hover", i="2")
    assert status == 200 and hover["text"] == widget.run.texts[2]
    status, words = answer(widget, "decode", at="0,0;1,1")
    z, _ = view.latents(np.array([[0.0, 0.0], [1.0, 1.0]]))
    assert [item["text"] for item in words] == widget.run.decode(z)


@pytest.mark.parametrize(
    ("ask", "parameters"),
    [
        ("hover", {"i": "x"}),
        ("hover", {"i": "-1"}),
        ("decode", {"at": "nan,0"}),
        ("decode", {}),
        ("../secret", {}),
    ],
)
def test_a_question_without_an_answer_gets_a_sentence(
    widget: LatentMap, ask: str, parameters: dict[str, str]
) -> None:
    status, said = answer(widget, ask, **parameters)
    assert status == 422 and said["error"]


@pytest.mark.parametrize("content", [{"event": 3}, {"event": {"kind": "area"}}, {"question": "x"}])
def test_a_malformed_message_changes_nothing(widget: LatentMap, content: dict[str, Any]) -> None:
    before = dict(widget._spec)
    tells(widget, **content)
    assert widget._spec == before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("view", "tsne"),
        ("colour", "mood"),
        ("selection", [-1]),
        ("selection", [10**9]),
        ("pick", -1),
        ("pick", (1, float("nan"))),
        ("pick", ("a", "b")),
        ("query", "label:("),
    ],
)
def test_an_impossible_value_is_refused(widget: LatentMap, name: str, value: Any) -> None:
    before = getattr(widget, name)
    with pytest.raises(ExplorerError):
        setattr(widget, name, value)
    assert getattr(widget, name) == before
