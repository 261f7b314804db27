"""Controls of a path, and the density along it."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from explorer.explore.decoded_path import INTERPOLATIONS, DecodedPath
from explorer.ui.components import charts, download_buttons


def path_controls() -> tuple[str, int]:
    """Interpolation and number of steps of a path, and a button that reverses it."""
    with st.container(horizontal=True, vertical_alignment="bottom", width="content"):
        interpolation = st.segmented_control(
            "Interpolation",
            list(INTERPOLATIONS),
            format_func=INTERPOLATIONS.__getitem__,
            default="linear",
            required=True,
            key="way",
            bind="query-params",
            help="A straight line passes closer to the origin than its ends; spherical "
            "interpolation changes the distance from the origin evenly.",
        )
        steps = st.slider("Steps", 3, 25, 9, key="steps", bind="query-params", width=160)
        st.button("Swap", icon=":material/swap_horiz:", on_click=_swap, help="Swap A and B")
    return interpolation or "linear", steps


def _swap() -> None:
    """Exchanges the two sentences."""
    known = st.session_state
    known["from"], known["to"] = known.get("to", ""), known.get("from", "")


def density_strip(
    densities: tuple[Any, float] | None,
    at: Sequence[float] | None = None,
    along: str = "step",
    command: str = "",
) -> None:
    """How much of the corpus lies near every step of a path, or at every value of `along`."""
    if densities is None:
        return
    values, typical = densities
    st.markdown(
        "**Density along the path**",
        help="log q(z): log-density of the aggregate posterior at each step. The dotted line is "
        "its median at the sentences themselves, each without its own posterior; a path "
        "that dips far below it crosses a hole.",
    )
    download_buttons.chart(
        charts.strip(values.tolist(), "log q(z)", "nats", typical, at, along),
        "density_strip",
        "Density at every step of the path",
        command,
        "density",
    )


def path_summary(path: DecodedPath) -> str:
    """How many different sentences a path has, and its largest change, as Markdown."""
    count = len(path.texts)
    if path.distinct == 1:
        return f"**The same sentence** at all {count} steps"
    changes = path.changes
    largest = max(range(len(changes)), key=changes.__getitem__)
    return (
        f"**{path.distinct}** distinct sentences in {count} steps · largest change "
        f"{largest + 1}→{largest + 2}: {changes[largest]:.0%} of the words"
    )
