"""Training histories as stacked panels on one axis of epochs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from explorer.explore.palette import RED
from explorer.ui.components.charts import escape

if TYPE_CHECKING:
    from plotly.graph_objects import Figure, Scatter

History = Mapping[str, Sequence[float | None]]
"""The columns of `history.csv`."""

_PANEL_HEIGHT, _TOP, _BOTTOM = 160, 70, 40  # pixels
_MAX_MARKERS = 40  # points of a curve beyond which markers merge into a thick line


@dataclass(frozen=True, slots=True)
class Curve:
    """One quantity of one history."""

    name: str
    epochs: Sequence[float]
    values: Sequence[float]
    colour: str
    dash: str = "solid"
    symbol: str = "circle"


@dataclass(frozen=True, slots=True)
class Panel:
    """Curves that share a vertical axis."""

    title: str
    curves: Sequence[Curve]

    @property
    def is_empty(self) -> bool:
        """Whether no curve has a point."""
        return not any(curve.epochs for curve in self.curves)


def series(history: History, *names: str) -> tuple[list[float], list[float]]:
    """Epochs and values of the first of these columns with a finite value."""
    for name in names:
        pairs = zip(history.get("epoch", ()), history.get(name, ()), strict=False)
        points = [
            (x, y)
            for x, y in pairs
            if x is not None and y is not None and np.isfinite((x, y)).all()
        ]
        if points:
            return [x for x, _ in points], [y for _, y in points]
    return [], []


def stacked(
    panels: Sequence[Panel],
    *,
    mark: float | None = None,
    x_title: str = "epoch",
    from_zero: bool = True,
) -> "Figure":
    """The panels one below the other.

    Args:
        panels: From top to bottom, at least one.
        mark: Epoch of a dashed vertical line.
        x_title: Title of the axis of epochs.
        from_zero: Start every vertical axis at 0, so that a flat curve looks flat.
    """
    from plotly.subplots import make_subplots

    figure = make_subplots(
        rows=len(panels), cols=1, shared_xaxes=True, vertical_spacing=0.25 / len(panels),
        subplot_titles=[panel.title for panel in panels],
    )  # fmt: skip
    figure.update_annotations(font_size=13, xanchor="left", x=0)
    in_legend: set[str] = set()
    for row, panel in enumerate(panels, start=1):
        for curve in panel.curves:
            # A single curve is named by the title of its panel.
            named = len(panel.curves) > 1 and len(curve.epochs) > 0
            figure.add_trace(_line(curve, named and curve.name not in in_legend), row=row, col=1)
            in_legend |= {curve.name} if named else set()
        if panel.is_empty:
            axis = "" if row == 1 else str(row)
            figure.add_annotation(
                text="not recorded", x=0.5, y=0.5, showarrow=False,
                xref=f"x{axis} domain", yref=f"y{axis} domain",
            )  # fmt: skip
    if mark is not None:
        figure.add_vline(x=mark, line={"dash": "dash", "color": RED, "width": 1.5})
    figure.update_xaxes(title_text=x_title, row=len(panels), col=1)
    if from_zero:
        figure.update_yaxes(rangemode="tozero")
    plot = _PANEL_HEIGHT * len(panels)
    figure.update_layout(
        height=plot + _TOP + _BOTTOM,
        margin={"l": 50, "r": 10, "t": _TOP, "b": _BOTTOM},
        legend={"orientation": "h", "x": 0, "y": 1 + 30 / plot, "yanchor": "bottom"},
    )
    return figure


def _line(curve: Curve, in_legend: bool) -> "Scatter":
    import plotly.graph_objects as go

    name = escape(curve.name)
    return go.Scatter(
        x=list(curve.epochs),
        y=list(curve.values),
        name=name,
        legendgroup=name,
        showlegend=in_legend,
        mode="lines+markers" if len(curve.epochs) < _MAX_MARKERS else "lines",
        line={"color": curve.colour, "dash": curve.dash, "width": 2},
        marker={"size": 6, "symbol": curve.symbol},
        hovertemplate="epoch %{x:.2f}: %{y:.3f}<extra>" + name + "</extra>",
    )
