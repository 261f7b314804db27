"""Pictures of outcomes: charts, and small ones for the cards."""

import html
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from explorer.experiments.experiment import BARS, POINTS, Chart, Series
from explorer.explore.palette import CLASSES
from explorer.ui.components.charts import escape

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_SYMBOLS = ("circle", "square", "diamond", "cross", "triangle-up", "x")
_HEIGHT = 340
_MAX_MARKERS, _FEW = 40, 12
_WIDTH, _TALL = 240.0, 64.0
"""Of a small picture, its own units."""


def chart(item: Chart) -> "Figure":
    """A chart of an outcome."""
    import plotly.graph_objects as go

    figure = go.Figure([_trace(item, series, index) for index, series in enumerate(item.series)])
    figure.update_layout(
        height=_HEIGHT,
        margin={"l": 60, "r": 10, "t": 30, "b": 50},
        legend={"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom"},
        showlegend=len(item.series) > 1,
        hoverlabel={"align": "left"},
    )
    figure.update_xaxes(title_text=escape(item.x), type="log" if item.log_x else None)
    figure.update_yaxes(title_text=escape(item.y), type="log" if item.log_y else None)
    return figure


def _trace(item: Chart, series: Series, index: int) -> Any:
    import plotly.graph_objects as go

    name, look = escape(series.name), index % len(CLASSES)
    values = {"x": list(series.x), "y": list(series.y), "name": name}
    over = f"%{{x}}: %{{y:.4g}}<extra>{name}</extra>"
    if item.kind == BARS:
        return go.Bar(**values, marker={"color": CLASSES[look]}, hovertemplate=over)
    is_short = len(series.x) < _MAX_MARKERS
    mode = "lines+markers" if is_short else "lines"
    if item.kind == POINTS:  # single ones with a name, some joined, or a curve to compare with
        mode = "markers" if len(series.x) == 1 else mode if len(series.x) < _FEW else "lines"
    return go.Scatter(
        **values,
        mode=mode,
        line={"color": CLASSES[look], "dash": _DASHES[look], "width": 2},
        marker={
            "size": 10 if item.kind == POINTS else 6,
            "symbol": _SYMBOLS[look],
            "color": CLASSES[look],
        },
        hovertemplate=over,
    )


def small(item: Chart | None, sketch: Sequence[Sequence[float]]) -> str:
    """A small picture as an SVG image: of a chart, or of the sketch of what is expected."""
    label = "Sketch of the expected outcome" if item is None else f"Your last result: {item.title}"
    if item is None:
        lines = [
            [(index / max(len(row) - 1, 1), height) for index, height in enumerate(row)]
            for row in sketch
        ]
        shapes, style = _lines(lines, ' stroke-dasharray="5 4"'), "sketch"
    else:
        shapes, style = _shapes(item), "result"
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:g} {_TALL:g}" '
        f'preserveAspectRatio="none">{shapes}</svg>'
    )
    # As an image: Streamlit takes SVG out of HTML.
    source = f"data:image/svg+xml,{quote(drawing)}"
    return f'<img class="small-chart {style}" alt="{html.escape(label)}" src="{source}">'


def _shapes(item: Chart) -> str:
    if item.kind == BARS:
        heights = [value for series in item.series for value in series.y]
        top, step = max([*heights, 1e-9]), _WIDTH / max(len(heights), 1)
        return "".join(
            f'<rect x="{index * step + step * 0.15:.1f}" width="{step * 0.7:.1f}" '
            f'y="{_TALL * (1 - value / top):.1f}" height="{_TALL * value / top:.1f}" '
            f'fill="{CLASSES[0]}"/>'
            for index, value in enumerate(heights)
        )
    numbers = [
        [
            (_along(x, item.log_x), _along(y, item.log_y))
            for x, y in zip(series.x, series.y, strict=True)
        ]
        for series in item.series
    ]
    points = [point for line in numbers for point in line] or [(0.0, 0.0)]
    low = [min(point[axis] for point in points) for axis in (0, 1)]
    span = [(max(point[axis] for point in points) - low[axis]) or 1.0 for axis in (0, 1)]
    scaled = [
        [((x - low[0]) / span[0], (y - low[1]) / span[1]) for x, y in row] for row in numbers
    ]
    return _lines(scaled)


def _along(x: float | str, is_log: bool) -> float:
    if isinstance(x, str):
        return 0.0
    return math.log(x) if is_log and x > 0 else float(x)


def _lines(lines: Sequence[Sequence[tuple[float, float]]], dashes: str = "") -> str:
    """Polylines, and dots for single points; coordinates between 0 and 1, upwards."""
    shapes = []
    for index, line in enumerate(lines):
        colour = CLASSES[index % len(CLASSES)]
        at = [(4 + x * (_WIDTH - 8), _TALL - 4 - y * (_TALL - 8)) for x, y in line]
        if len(at) == 1:
            # A short line with round ends: a circle would be stretched with the picture.
            x, y = at[0]
            shapes.append(
                f'<path d="M{x:.1f},{y:.1f}h0.01" stroke="{colour}" stroke-width="9" '
                'stroke-linecap="round" vector-effect="non-scaling-stroke"/>'
            )
            continue
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
        shapes.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" '
            f'vector-effect="non-scaling-stroke"{dashes}/>'
        )
    return "".join(shapes)
