"""What is said of a run that a link names and that cannot be opened here."""

from collections.abc import Sequence

import streamlit as st

from explorer.evaluation.published import BENCHMARKS
from explorer.runs import folder as folders
from explorer.ui.components.escaping import markdown

_LONGEST = 60  # characters of a name that is no run's


def warn(names: Sequence[str]) -> None:
    """A line for every run that is asked for and not shown."""
    for name in names:
        st.warning(why(name), icon=":material/link_off:")


def why(name: str) -> str:
    """Why a run is not there, as Markdown."""
    folder = folders.by_name().get(name)
    if folder is None:
        shown = name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…"
        return f"There is no run {markdown(repr(shown))} here."
    if not folders.is_report(folder):
        return f"**{markdown(name)}** cannot be opened; the sidebar says why."
    told = f"**{markdown(name)}** comes without weights: only its recipe and figures are here"
    tables = [table for table, (_, rows) in BENCHMARKS.items() if name in rows]
    return f"{told} (`explorer benchmark {tables[0]}`)." if tables else f"{told}."
