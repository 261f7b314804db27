"""Plotly charts, and the map as a Plotly figure: for export, and where WebGL2 is missing."""

import html
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Int

from explorer.explore.map_overlays import Ellipse, Marker, Overlay, Path
from explorer.explore.palette import BLUE, RED
from explorer.explore.point_colours import NO_CLASS, RAMP_TOP, Colours, LegendEntry, colours
from explorer.latent_space.atlas import Atlas

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

SVG_POINTS = 5000
"""Points an SVG map draws before it becomes slow."""
GRID_CELLS = 40
"""Cells a side of the invisible grid that makes empty locations clickable."""

_ON_DOTS = {"font": {"size": 11, "color": "#ffffff"}, "bgcolor": "rgba(71, 85, 105, 0.85)"}
"""Words on dots: legible in both themes."""
_GREY = "#9aa5b1"
_LEAST_SPAN = 1.0  # of a strip's axis, nats: a line that is flat to the eye is flat
_LONGEST, _LINES = 80, 8  # characters a line of a hover, and lines


def plain_map(
    atlas: Atlas,
    texts: Sequence[str],
    *,
    by: str | Colours,
    xy: Float[np.ndarray, "n 2"],
    axes: Mapping[str, Any] | None = None,
    overlays: Sequence[Overlay] = (),
    highlight: Sequence[int] | None = None,
    most: int = SVG_POINTS,
    grid: bool = False,
    title: str = "",
) -> "Figure":
    """The map as SVG, with sentences on hover; points carry their atlas index as custom data.

    Args:
        atlas: The encoded corpus.
        texts: A text for each row; shown as typed, never read as markup.
        by: What colours the points: a key of `ATLAS_COLOURINGS`, or the colours themselves.
        xy: Positions.
        axes: `x`, `y` (names) and `units` (whether ticks mean something).
        overlays: Paths, markers and ellipses on top.
        highlight: Rows that stand out, the others turn grey.
        most: Draw at most this many points, evenly taken from the rows.
        grid: Put an invisible grid below, so that empty locations can be clicked.
        title: Above the map.
    """
    import plotly.graph_objects as go

    rows = drawn_evenly(len(atlas), most, highlight)
    figure = go.Figure()
    if grid:
        figure.add_trace(_grid(xy))
    colouring = by if isinstance(by, Colours) else colours(atlas, by)
    for name, colour, own in _groups(colouring, rows, highlight):
        figure.add_trace(
            go.Scatter(
                x=xy[own, 0],
                y=xy[own, 1],
                mode="markers",
                name=escape(name),
                marker={"size": 5, "color": colour, "opacity": 0.75},
                customdata=own.tolist(),
                text=[hover(texts[int(row)]) for row in own],
                hovertemplate="%{text}<extra></extra>",
                showlegend=isinstance(colour, str) and bool(name),
                unselected={"marker": {"opacity": 0.75}},
            )
        )
    _name_regions(figure, atlas, on_atlas=xy is atlas.xy)
    for overlay in overlays:
        _draw(figure, overlay)
    _dress(figure, axes or {"x": "", "y": "", "units": False}, title)
    return figure


def drawn_evenly(
    count: int, most: int | None, always: Sequence[int] | None = None
) -> Int[np.ndarray, " rows"]:
    """At most `most` row numbers at even distances; the rows of `always` are among them."""
    if most is None or count <= most:
        return np.arange(count)
    shown = np.asarray(list(always or [])[:most], np.int64)
    spread = np.linspace(0, count - 1, most - len(shown)).round().astype(np.int64)
    return np.union1d(spread, shown)


def strip(
    values: Sequence[float],
    name: str,
    unit: str,
    reference: float | None = None,
    at: Sequence[float] | None = None,
    along: str = "step",
) -> "Figure":
    """A low chart of one number at each step of a path, counted or placed by `at`."""
    import plotly.graph_objects as go

    figure = go.Figure(
        go.Scatter(
            x=list(range(1, len(values) + 1)) if at is None else list(at),
            y=list(values),
            mode="lines+markers",
            line={"color": BLUE, "width": 2},
            hovertemplate=f"{along} " + "%{x}: %{y:.2f} " + unit + "<extra></extra>",
        )
    )
    if reference is not None:
        figure.add_hline(y=reference, line={"dash": "dot", "color": _GREY, "width": 1})
    figure.update_layout(height=170, margin={"l": 50, "r": 10, "t": 8, "b": 36}, showlegend=False)
    figure.update_xaxes(title_text=along, tickformat="d" if at is None else None)
    shown = [value for value in (*values, reference) if value is not None and np.isfinite(value)]
    if shown and max(shown) - min(shown) < _LEAST_SPAN:
        middle = (max(shown) + min(shown)) / 2
        figure.update_yaxes(range=[middle - _LEAST_SPAN / 2, middle + _LEAST_SPAN / 2])
    figure.update_yaxes(title_text=f"{name}, {unit}")
    return figure


def escape(text: str) -> str:
    """Text that Plotly, which reads a few HTML tags and %{…}, shows as typed."""
    return html.escape(text, quote=False).replace("%{", "%&#123;").replace("$", "&#36;")


def hover(text: str) -> str:
    """A sentence in lines that fit into a hover; eight of them, if it is longer."""
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + len(word) >= _LONGEST:
            lines.append(line)
            line = ""
        line = f"{line} {word}" if line else word[: 4 * _LONGEST]
    lines.append(line)
    more = ["…"] if len(lines) > _LINES else []
    return "<br>".join([escape(part) for part in lines[:_LINES] if part] + more)


def _groups(
    colouring: Colours, rows: Int[np.ndarray, " rows"], highlight: Sequence[int] | None
) -> list[tuple[str, Any, Int[np.ndarray, " own"]]]:
    """Name, colour (of all, or of each) and rows of every trace, what matters most last."""
    if highlight is not None:
        hit = np.isin(rows, np.asarray(list(highlight), np.int64))
        return [("", _GREY, rows[~hit]), ("found", RED, rows[hit])]
    ids = colouring.ids[rows]
    if colouring.kind == "ramp":
        return [("", _along(colouring.legend, ids), rows)]
    groups: list[tuple[str, Any, Int[np.ndarray, " own"]]] = [("", _GREY, rows[ids == NO_CLASS])]
    groups += [(entry.name, entry.colour, rows[ids == entry.id]) for entry in colouring.legend]
    return [group for group in groups if len(group[2])]


def _along(legend: Sequence[LegendEntry], ids: Any) -> list[str]:
    """The colour of each position on a ramp, of its nearest stop."""
    stops = np.array([entry.id for entry in legend])
    nearest = np.abs(ids[:, None].astype(int) - stops[None]).argmin(axis=1)
    return [
        _GREY if id_ > RAMP_TOP else legend[stop].colour
        for id_, stop in zip(ids.tolist(), nearest.tolist(), strict=True)
    ]


def _grid(positions: Float[np.ndarray, "n 2"]) -> Any:
    import plotly.graph_objects as go

    low, high = positions.min(axis=0), positions.max(axis=0)
    x, y = (np.linspace(low[i], high[i], GRID_CELLS) for i in (0, 1))
    across, up = np.meshgrid(x, y)
    return go.Scatter(
        x=across.ravel(),
        y=up.ravel(),
        mode="markers",
        marker={"size": 12, "opacity": 0},
        hoverinfo="none",
        showlegend=False,
        customdata=[-1] * across.size,
        unselected={"marker": {"opacity": 0}},
        selected={"marker": {"opacity": 0}},
    )


def _name_regions(figure: "Figure", atlas: Atlas, on_atlas: bool) -> None:
    if not (atlas.levels and on_atlas):
        return
    for region in atlas.levels[0]:
        figure.add_annotation(
            x=region.x,
            y=region.y,
            text=escape(region.name),
            showarrow=False,
            **_ON_DOTS,
        )


def _draw(figure: "Figure", overlay: Overlay) -> None:
    import plotly.graph_objects as go

    if isinstance(overlay, Ellipse):
        add_circle(figure, overlay)
        return
    if isinstance(overlay, Marker):
        points, mode, name = np.array([[overlay.x, overlay.y]]), "markers+text", overlay.text
    else:
        points = np.asarray(overlay.points, np.float64).reshape(-1, 2)
        mode, name = ("lines+markers", "path") if isinstance(overlay, Path) else ("markers", "")
    figure.add_trace(
        go.Scatter(
            x=points[:, 0],
            y=points[:, 1],
            mode=mode,
            text=[escape(name)] * len(points) if "text" in mode else None,
            textposition="top center",
            marker={"size": 11 if "text" in mode else 7, "symbol": "diamond", "color": RED},
            line={"color": RED, "width": 2},
            hoverinfo="skip",
            showlegend=False,
        )
    )


def _dress(figure: "Figure", axes: Mapping[str, Any], title: str) -> None:
    units = bool(axes["units"])
    figure.update_layout(
        title={"text": escape(title)} if title else None,
        height=620,
        margin={"l": 40 if units else 10, "r": 10, "t": 44 if title else 10, "b": 40},
        dragmode="pan",
        hoverlabel={"align": "left"},
        legend={"orientation": "h", "y": -0.08, "font": {"size": 11}, "itemsizing": "constant"},
    )
    for update, name in ((figure.update_xaxes, axes["x"]), (figure.update_yaxes, axes["y"])):
        update(title_text=name, showticklabels=units, showgrid=units, zeroline=False)
    if units:
        figure.update_yaxes(scaleanchor="x")


def add_circle(figure: "Figure", item: Ellipse) -> None:
    """Draws an ellipse, its name on a ground of its own: legible on dots and in both themes."""
    figure.add_shape(
        type="circle", line={"color": _GREY, "dash": "dot"},
        x0=item.x - item.rx, x1=item.x + item.rx, y0=item.y - item.ry, y1=item.y + item.ry,
    )  # fmt: skip
    figure.add_annotation(
        x=item.x, y=item.y + item.ry, text=escape(item.text), showarrow=False, borderpad=1,
        **_ON_DOTS,
    )  # fmt: skip
