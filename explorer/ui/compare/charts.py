"""Charts of several runs: the rate–distortion plane, and training on one axis of epochs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.evaluation.metrics import written
from explorer.evaluation.published import Row, rows_with_rate
from explorer.evaluation.sampling_verdict import can_be_sampled
from explorer.evaluation.verdict import uses_z, value_of
from explorer.explore.run import Run
from explorer.ui.compare.runs import Column
from explorer.ui.components.charts import escape
from explorer.ui.components.history_charts import Curve, Panel, series, stacked

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_GREY = "#8a94a0"
_NUM_LINES = 6  # lines of equal ELBO, approximately
_MIN_LINE = 0.1  # fraction of the width: shorter lines of equal ELBO crowd a corner
_NAME = (0.16, 0.027)  # width and height of a name, as fractions of the chart
_OFFSET = (0.09, 0.025)  # from a point to the centre of its name, horizontally and vertically


PANELS = (
    ("β", ("beta",)),
    ("Rate, nats", ("validation_rate", "rate")),
    ("Distortion, nats", ("validation_distortion", "distortion")),
    ("Mutual information, nats", ("validation_mutual_information",)),
    ("Active units", ("validation_active_units",)),
)
"""Titles of the training curves and their columns of `history.csv`, in order of preference."""


def plane(columns: Sequence[Column], others: Sequence[Run]) -> "Figure":
    """Distortion against rate with lines of equal ELBO; a language model is such a line.

    Args:
        columns: The compared runs, in their colours.
        others: Runs on the same text, in grey.
    """
    import plotly.graph_objects as go

    chart = go.Figure()
    published = rows_with_rate(columns[0].run.config.corpus.name)
    runs = [column.run for column in columns] + list(others)
    points = [point for run in runs if (point := _point(run)) is not None]
    points += [point for row in published if (point := row.published.point) is not None]
    exact = [(run.name, value) for run in runs if (value := _exact(run)) is not None]
    low, high = _frame(points, [value for _, value in exact])
    _equal_elbo(chart, low, high)
    for name, value in exact:
        _diagonal(chart, value, low, high, f"{name} {written(value)}", is_model=True)
    for run in others:
        _dot(chart, run, _GREY, "circle-open", 9)
    for item in published:
        _cross(chart, item)
    for column in columns:
        _dot(chart, column.run, column.colour, column.symbol, 15)
    _name_apart(chart, low, high)
    chart.update_xaxes(title_text="Rate, nats per sentence", range=[low[0], high[0]])
    chart.update_yaxes(title_text="Distortion, nats per sentence", range=[low[1], high[1]])
    chart.update_layout(height=520, margin={"l": 60, "r": 20, "t": 20, "b": 50}, showlegend=False)
    return chart


def curves(columns: Sequence[Column]) -> "Figure":
    """The training of every run on one axis of epochs; validation figures where recorded."""
    panels = [
        Panel(
            title,
            [
                Curve(
                    column.name,
                    *series(column.run.history, *names),
                    column.colour,
                    column.dash,
                    column.symbol,
                )
                for column in columns
            ],
        )
        for title, names in PANELS
    ]
    return stacked(panels, x_title="epoch, pre-training included", from_zero=False)


def off_the_plane(runs: Sequence[Run]) -> list[str]:
    """The names of runs with neither a point nor a line on the plane."""
    return [run.name for run in runs if _point(run) is None and _exact(run) is None]


def _point(run: Run) -> tuple[float, float] | None:
    rate = value_of(run.metrics, "rate")
    distortion = value_of(run.metrics, "distortion")
    return None if rate is None or distortion is None else (rate, distortion)


def _exact(run: Run) -> float | None:
    """The exact negative log-likelihood of a language model."""
    entry = run.metrics.get("importance_nll", {})
    return value_of(run.metrics, "importance_nll") if entry.get("exact") else None


def _frame(
    points: Sequence[tuple[float, float]], exact: Sequence[float]
) -> tuple[tuple[float, float], tuple[float, float]]:
    """The lower left and the upper right corner of the plane; rate 0 is always inside."""
    x = [0.0, *(point[0] for point in points)]
    y = [point[1] for point in points] + list(exact) or [0.0, 1.0]
    wide, tall = max(max(x), 1.0), max(max(y) - min(y), 2.0)
    low = (-0.04 * wide, min(y) - 0.15 * tall)
    return low, (1.15 * wide, max(y) + 0.15 * tall)


def _equal_elbo(chart: "Figure", low: tuple[float, float], high: tuple[float, float]) -> None:
    """Thin lines on which rate + distortion is a round number."""
    least, most = low[0] + low[1], high[0] + high[1]
    step = _round_step((most - least) / _NUM_LINES)
    margin = _MIN_LINE * (high[0] - low[0])
    first = np.ceil((low[1] + margin) / step) * step
    for number, value in enumerate(np.arange(first, most - margin, step)):
        # Only the first is named in full: on a phone full names would overlap.
        named = f"{value:g}" if number else f"−ELBO {value:g}"
        _diagonal(chart, float(value), low, high, named)


def _round_step(step: float) -> float:
    power = 10 ** np.floor(np.log10(step))
    return float(power * min((1, 2, 5, 10), key=lambda factor: abs(factor * power - step)))


def _diagonal(
    chart: "Figure",
    total: float,
    low: tuple[float, float],
    high: tuple[float, float],
    name: str,
    is_model: bool = False,
) -> None:
    """The line rate + distortion = total, labelled on top, a language model's at the bottom."""
    left = max(0.0, total - high[1])
    right = min(high[0], total - low[1])
    if right <= left:
        return
    chart.add_shape(
        type="line", x0=left, y0=total - left, x1=right, y1=total - right, layer="below",
        line={"color": _GREY, "dash": "dash" if is_model else "dot", "width": 1 + is_model},
    )  # fmt: skip
    x = right if is_model else left
    chart.add_annotation(
        x=x, y=total - x, text=escape(name), showarrow=False,
        xanchor="left" if x < 0.6 * high[0] else "right",
        yanchor="bottom", font={"size": 11, "color": _GREY},
    )  # fmt: skip


def _name_apart(chart: "Figure", low: tuple[float, float], high: tuple[float, float]) -> None:
    """Puts names where they overlap no other and no edge, those of the compared runs first."""
    taken: list[tuple[float, float]] = []
    traces: Any = chart.data
    for trace in reversed(traces):
        x = (trace.x[0] - low[0]) / (high[0] - low[0])
        y = (trace.y[0] - low[1]) / (high[1] - low[1])
        sides = {
            f"{up} {aside}": (x + dx, y + dy)
            for aside, dx in (("right", _OFFSET[0]), ("left", -_OFFSET[0]))
            for up, dy in (("top", _OFFSET[1]), ("bottom", -_OFFSET[1]))
        }
        free = [
            side
            for side, (left, top) in sides.items()
            if _NAME[0] / 2 <= left <= 1 - _NAME[0] / 2
            and all(abs(left - a) > _NAME[0] or abs(top - b) > _NAME[1] for a, b in taken)
        ]
        side = free[0] if free else "top right"
        trace.textposition = side
        taken.append(sides[side])


def _dot(chart: "Figure", run: Run, colour: str, symbol: str, size: int) -> None:
    import plotly.graph_objects as go

    point = _point(run)
    if point is None:
        return
    rate, distortion = point
    verdicts = f"{uses_z(run.metrics).word}, {can_be_sampled(run.metrics).word}"
    hover = (
        f"{escape(run.name)} ({verdicts})<br>rate {written(rate)} nats, "
        f"distortion {written(distortion)} nats<br>−ELBO {written(rate + distortion)} nats"
    )
    _mark(chart, go, rate, distortion, run.name, hover, {"color": colour, "symbol": symbol}, size)


def _cross(chart: "Figure", row: Row) -> None:
    import plotly.graph_objects as go

    assert row.published.point is not None
    rate, distortion = row.published.point
    hover = (
        f"{escape(row.title)}, {escape(row.source)}, as published<br>"
        f"rate {rate}, distortion {distortion}"
    )
    if row.published.note:
        hover += f"<br>{escape(row.published.note)}"
    style = {"color": _GREY, "symbol": "x-thin-open"}
    _mark(chart, go, rate, distortion, row.source, hover, style, 10)


def _mark(
    chart: "Figure",
    go: Any,
    x: float,
    y: float,
    name: str,
    hover: str,
    style: dict[str, str],
    size: int,
) -> None:
    chart.add_trace(
        go.Scatter(
            x=[x],
            y=[y],
            mode="markers+text",
            text=[escape(name)],
            textposition="top right",
            marker={"size": size, "line": {"width": 1.5}, **style},
            name=escape(name),
            hovertemplate=f"{hover}<extra></extra>",
            cliponaxis=False,
        )
    )
