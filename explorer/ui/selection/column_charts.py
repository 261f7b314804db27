"""Charts of the columns beside the map: what is brushed or pressed there is selected."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import streamlit as st
from jaxtyping import Int

from explorer.explore import column_charts
from explorer.explore.run import Run
from explorer.explore.selection import Selection
from explorer.ui.map.component import state_of
from explorer.ui.map.scripts import stub
from explorer.ui.session import selections

KEY = "columns"
"""Whether the charts are open, in the session and in the address."""
_CHARTS = "column_charts"


def show(
    run: Run,
    selection: Selection | None,
    rows: Int[np.ndarray, " rows"] | None,
    apply: Callable[[Selection | None], None],
) -> None:
    """The charts, counted once they are asked for.

    Args:
        run: The run.
        selection: What is selected.
        rows: Its atlas indexes; None while they are not known, or for no selection.
        apply: Called with the selection after a change.
    """
    box = st.expander(
        "Columns",
        icon=":material/bar_chart:",
        key=KEY,
        on_change="rerun",
        bind="query-params",
    )
    if not box.open:
        return

    def change() -> None:
        made = state_of(st.session_state.get(_CHARTS), "change")
        if isinstance(made, dict):
            before = selections.selection_of(run)
            apply(column_charts.changed(run, before, made))

    with box:
        _component()(
            key=_CHARTS,
            data=column_charts.charts(run, selection, rows),
            on_change_change=change,
        )


@cache
def _component() -> Any:
    from streamlit.components import v2

    return v2.component("column_charts", js=stub("columns"))
