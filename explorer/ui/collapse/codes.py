"""How often each code of a run takes each of its categories."""

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from jaxtyping import Int

from explorer.evaluation.metrics import METRICS
from explorer.evaluation.verdict import value_of
from explorer.explore import run_codes
from explorer.explore.run import Run
from explorer.runs import folder as folders
from explorer.ui.components import download_buttons
from explorer.ui.components.escaping import markdown

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_COLOURS = ((0.0, "rgba(0, 114, 178, 0.06)"), (1.0, "rgb(0, 114, 178)"))


def show(run: Run) -> None:
    """A histogram of each code over the sentences of the map, and what was measured."""
    counts = run_codes.counts(run)
    used = int((counts > 0).sum())
    st.markdown(
        "**Use of the codes**",
        help="Each row is a code, its categories sorted from the most used to the least.",
    )
    alt = f"Histogram of {len(counts)} codes: {used:,} of {counts.size:,} values are used"
    figure = histogram(counts)
    download_buttons.chart(figure, "code_use", alt, folders.command("evaluate", run.folder))
    st.caption(
        f"The {len(run.needed_atlas):,} sentences of the map use **{used:,} of {counts.size:,}** "
        f"code values ({used / counts.size:.0%})."
    )
    for name in ("codes_used", "code_swap_changes"):
        if (value := value_of(run.metrics, name)) is not None:
            definition = METRICS[name]
            st.caption(
                f"{definition.title} on held-out sentences: **{value:.0%}**",
                help=markdown(definition.sentence),
            )


def histogram(counts: Int[np.ndarray, "codes categories"]) -> "Figure":
    """Sentences by category of each code, the most used category first."""
    import plotly.graph_objects as go

    order = np.argsort(-counts, axis=1, kind="stable")
    sorted_counts = np.take_along_axis(counts, order, 1)
    shown = max(1, int((sorted_counts > 0).any(0).sum()))
    figure = go.Figure(
        go.Heatmap(
            z=np.log10(1 + sorted_counts[:, :shown]),
            customdata=np.stack([order, sorted_counts], -1)[:, :shown],
            y=[str(code + 1) for code in range(len(counts))],
            x=list(range(1, shown + 1)),
            colorscale=_COLOURS,
            showscale=False,
            ygap=2,
            hovertemplate="code %{y}, value %{customdata[0]}: %{customdata[1]} "
            "sentences<extra></extra>",
        )
    )
    figure.update_xaxes(title_text="values, most frequent first", tickformat="d")
    figure.update_yaxes(title_text="code", autorange="reversed", fixedrange=True)
    figure.update_layout(height=60 + 28 * len(counts), margin={"l": 50, "r": 10, "t": 10, "b": 40})
    return figure
