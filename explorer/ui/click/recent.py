"""Undo, redo and the list of recent picks; their trail on the map."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from explorer.explore.map_overlays import Overlay, Trail
from explorer.explore.map_views import MapView
from explorer.explore.run import Run
from explorer.map_component.map_event import MapEvent
from explorer.map_component.map_spec import PinnedAnswer
from explorer.ui.components.sentence_list import Row, sentence_list
from explorer.ui.session import recent_picks
from explorer.ui.session.picks import MapPick, Pick, SentencePick, TextPick
from explorer.ui.session.recent_picks import Visit

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

_ON_TRAIL = 8


def note(
    run: Run,
    layout: MapView,
    pick: Pick | None,
    answer: PinnedAnswer | None,
    at: Sequence[float] | None,
) -> None:
    """Notes a pick once its words are known.

    Args:
        run: The run.
        layout: The view of the map.
        pick: What is picked.
        answer: What the map says of it.
        at: The position of a typed sentence.
    """
    words = pick.text if isinstance(pick, TextPick) else answer.text if answer else ""
    if pick is None or not words:
        return
    if isinstance(pick, SentencePick):
        at = layout.xy[pick.index].tolist()
    elif isinstance(pick, MapPick):
        at = (pick.x, pick.y)
    if at is not None:
        x, y = (float(value) for value in at)
        recent_picks.recent(run).note(Visit(pick, layout.name, words, (x, y)))


def take(run: Run, event: MapEvent | None) -> MapEvent | None:
    """Undoes or redoes a pick if the event on the map says so; else returns the event."""
    step = 0 if event is None else {"undo": -1, "redo": 1}.get(event.kind, 0)
    if step == 0:
        return event
    recent_picks.go(run, recent_picks.recent(run).at + step)
    return None


def show(run: Run, box: "DeltaGenerator") -> None:
    """Buttons to undo and redo, and the list, in a box; nothing before there is a second pick."""
    known = recent_picks.recent(run)
    if len(known.visits) < 2:
        return
    with box.container(key="recent", horizontal=True, gap="small", vertical_alignment="center"):
        for step, name, icon in ((-1, "Undo", "undo"), (1, "Redo", "redo")):
            st.button(
                "",
                icon=f":material/{icon}:",
                key=f"recent_{icon}",
                type="tertiary",
                disabled=not 0 <= known.at + step < len(known.visits),
                help=f"{name}: the pick {'before' if step < 0 else 'after'} this one",
                on_click=recent_picks.go,
                args=(run, known.at + step),
            )
        with st.popover(
            f"Recent · {len(known.visits)}",
            icon=":material/history:",
            type="tertiary",
            key="recent_list",
        ):
            last = len(known.visits) - 1
            rows = [
                Row(index, visit.words, "now" if index == known.at else "")
                for index, visit in reversed(list(enumerate(known.visits)))
            ]
            sentence_list(rows, "Recent picks", f"recent_{last}", partial(recent_picks.go, run))


def trail(run: Run, layout: MapView) -> list[Overlay]:
    """The line through the last picks that have a position in this view, up to the current one."""
    known = recent_picks.recent(run)
    points = []
    for visit in known.visits[: known.at + 1]:
        if isinstance(visit.pick, SentencePick):
            points.append(layout.xy[visit.pick.index].tolist())
        elif visit.view == layout.name:
            points.append(list(visit.xy))
    return [Trail(points[-_ON_TRAIL:])] if len(points) > 1 else []
