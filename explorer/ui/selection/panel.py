"""The panel of the selected sentences, and what selects them on the map."""

from dataclasses import dataclass
from typing import cast

import numpy as np
import streamlit as st
from jaxtyping import Int

from explorer.errors import ExplorerError
from explorer.explore import map_criteria
from explorer.explore.criteria import Area, Words
from explorer.explore.criterion import Criterion
from explorer.explore.run import Run
from explorer.explore.selection import Joining, Selection, described, joined, needs_model, rows_of
from explorer.map_component.map_event import MapEvent
from explorer.ui.components.escaping import markdown, message
from explorer.ui.selection import column_charts, comparison, conditions, summary, table
from explorer.ui.session import open_runs, selections
from explorer.ui.session.picks import Pick

ANSWER, SELECTION = "answer", "selection"
JOININGS: dict[str, str] = {"replace": "Replace", "and": "Narrow", "or": "Add", "not": "Remove"}
_SIDE, _JOINING, _LAST_PICK = "side", "joining", "_side_pick"


@dataclass(frozen=True, eq=False)
class Selected:
    """The selection of a run."""

    selection: Selection
    rows: Int[np.ndarray, " rows"] | None = None
    """Atlas indexes; None while they are not known."""
    problem: str = ""
    """Why they cannot be known."""


def take(run: Run, event: MapEvent | None, view: str, by: str) -> bool:
    """Selects what an event on the map selects, or nothing after Escape.

    Returns:
        Whether the event is dealt with; a pick is not.
    """
    if event is None:
        return False
    condition: Criterion | None = None
    if event.kind == "area":
        condition = Area.of(view, event.area)
    elif event.kind == "region":
        condition = map_criteria.of_region(run, event.index)
    elif event.kind == "class":
        condition = map_criteria.of_class(run, by, event.index)
    elif event.kind == "clear":
        clear()
        return False
    else:
        st.session_state[_SIDE] = ANSWER  # the same location can be picked again
        return False
    if condition is not None:
        add(run, condition)
    return True


def add(run: Run, condition: Criterion) -> None:
    """Selects by a condition, joined with what is selected as the person chose."""
    how = joining()
    before = selections.selection_of(run)
    if before is None:
        how = "not" if how == "not" else "replace"
    selections.set_selection(joined(before, condition, how))
    st.session_state[_SIDE] = SELECTION


def joining() -> Joining:
    """How what is selected next joins the selection."""
    return cast(Joining, st.session_state.get(_JOINING) or "replace")


def ask(run: Run) -> None:
    """The form of a condition to select by, and the charts of columns that do."""
    conditions.ask(run, add)
    chosen = current(run)
    selection, rows = (None, None) if chosen is None else (chosen.selection, chosen.rows)
    column_charts.show(run, selection, rows, _apply)


def _apply(selection: Selection | None) -> None:
    selections.set_selection(selection)
    st.session_state[_SIDE] = SELECTION


def clear() -> None:
    """Selects nothing."""
    selections.set_selection(None)
    st.session_state[_JOINING] = "replace"


def current(run: Run) -> Selected | None:
    """What is selected, and which sentences that are; None for no selection."""
    selection = selections.selection_of(run)
    if selection is None:
        return None
    if needs_model(selection) and not open_runs.is_warm(run):
        return Selected(selection)
    try:
        return Selected(selection, rows_of(run, selection))
    except ExplorerError as error:
        return Selected(selection, problem=str(error))


def highlight(selected: Selected | None) -> Int[np.ndarray, " rows"] | None:
    """The rows that the map shows in colour; None for all."""
    return None if selected is None else selected.rows


def spoken(selected: Selected | None) -> str:
    """What the map announces of a selection."""
    if selected is None or selected.rows is None:
        return ""
    return f"{len(selected.rows):,} sentences selected."


def is_open(selected: Selected | None, pick: Pick | None) -> bool:
    """Whether the panel shows the selection; where there is a pick too, a switch decides.

    A new pick turns the switch to its answer, but for one in the selection's own table.
    """
    known = st.session_state
    if known.setdefault(_LAST_PICK, pick) != pick and pick != table.last_pick():
        known[_SIDE] = ANSWER
    known[_LAST_PICK] = pick
    if selections.problem():
        st.warning(f"{message(selections.problem())}.", icon=":material/error:")
    if selected is None or pick is None:
        return selected is not None
    count = "" if selected.rows is None else f" · {len(selected.rows):,}"
    titles = {SELECTION: f"Selection{count}", ANSWER: "Answer"}
    known.setdefault(_SIDE, SELECTION)
    shown = st.segmented_control(
        "Listed next to the map",
        list(titles),
        format_func=titles.__getitem__,
        required=True,
        key=_SIDE,
        label_visibility="collapsed",
        width="stretch",
    )
    return shown == SELECTION


def offer_hits(run: Run, hits: Int[np.ndarray, " rows"]) -> None:
    """A button that selects the matches of the search."""
    query = st.session_state.get("find") or ""

    def select() -> None:
        add(run, Words(query.strip()))
        st.session_state["find"] = ""

    what = "this sentence" if len(hits) == 1 else f"these {len(hits):,} sentences"
    st.button(f"Select {what}", icon=":material/select:", key="select_hits", on_click=select)


def show(run: Run, selected: Selected) -> None:
    """The selection: its count and conditions, its table, and what it is."""
    if selected.problem:
        st.warning(f"{message(selected.problem)}.", icon=":material/error:")
        st.button("Clear", icon=":material/close:", key="selection_clear", on_click=clear)
        return
    if selected.rows is None:
        with st.spinner("Opening the model…", show_time=True):
            open_runs.warm(run)
        st.rerun()
        return
    _heading(run, selected.selection, len(selected.rows))
    st.segmented_control(
        "Next selection",
        list(JOININGS),
        format_func=JOININGS.__getitem__,
        default=None if _JOINING in st.session_state else "replace",
        required=True,
        key=_JOINING,
        width="stretch",
        help="How the next selection combines with this one: it replaces it, narrows it (and), "
        "adds to it (or), or is removed from it (and not). Select by lasso, region (S on the "
        "map), class of the legend, search or condition.",
    )
    if not len(selected.rows):
        st.info("No sentence on this map is selected.", icon=":material/filter_alt_off:")
    else:
        explained = any(st.session_state.get(key) for key in (summary.KEY, comparison.KEY))
        table.show(run, selected.selection, selected.rows, low=explained)
        summary.show(run, selected.selection, selected.rows)
        comparison.show(run, selected.selection, selected.rows)


def _heading(run: Run, selection: Selection, count: int) -> None:
    total = len(run.needed_atlas)
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.markdown(f"**{count:,} of {total:,} sentences**  :gray[· {count / total:.1%}]")
        st.button(
            "Clear",
            icon=":material/close:",
            type="tertiary",
            key="selection_clear",
            on_click=clear,
        )
    words = described(selection)
    st.caption(markdown(words[:1].upper() + words[1:]))
