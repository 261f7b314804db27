"""A playback as Plotly figures: one snapshot for export, and an animation without WebGL2."""

from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Int

from explorer.explore import playback_story
from explorer.explore.palette import RED
from explorer.explore.point_colours import NO_CLASS, RAMP_TOP
from explorer.explore.run import Run
from explorer.ui.components.charts import add_circle, escape

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

FILM_POINTS = 800
"""Sentences of an animation: SVG is slow with more."""

_GREY = "#9aa5b1"
_PINNED = RED


def moment(run: Run, epoch: float, by: str, pinned: int = -1) -> "Figure":
    """All sentences at one epoch, with the trail of the pinned one.

    Args:
        run: A run with a playback.
        epoch: Between snapshots, positions are interpolated.
        by: Colouring, one of `playback_story.colour_choices`.
        pinned: Index of a sentence; −1 for none.
    """
    import plotly.graph_objects as go

    playback = playback_story.playback_of(run)
    positions = playback.positions(epoch)
    figure = go.Figure(_clouds(run, by, positions, np.arange(len(playback.row))))
    if pinned >= 0:
        before = playback.xy[playback.epoch <= epoch, pinned]
        trail = np.vstack([before, positions[pinned]])
        figure.add_trace(
            go.Scatter(
                x=trail[:, 0],
                y=trail[:, 1],
                mode="lines+markers",
                line={"color": _PINNED, "width": 2},
                marker={"size": [5] * len(before) + [12], "color": _PINNED},
                name="pinned sentence",
                hoverinfo="skip",
            )
        )
    figure.update_layout(title_text=escape(f"{run.name}, epoch {epoch:.2f}"), title_font_size=14)
    # As in the player: only the prior's circles give a close view its scale.
    return _with_axes(figure, run, positions if playback_story.ellipses(run) else playback.xy)


def film(run: Run, by: str) -> "Figure":
    """The playback with Plotly's play button and slider, of at most `FILM_POINTS` sentences."""
    import plotly.graph_objects as go

    playback = playback_story.playback_of(run)
    count = len(playback.row)
    shown = np.linspace(0, count - 1, min(count, FILM_POINTS)).round().astype(np.int64)
    figure = go.Figure(_clouds(run, by, playback.xy[-1], shown))
    names = [f"{epoch:.2f}" for epoch in playback.epoch]
    figure.frames = [
        go.Frame(data=_clouds(run, by, xy, shown), name=name)
        for xy, name in zip(playback.xy, names, strict=True)
    ]
    steps = [{"label": name, "method": "animate", "args": [[name], _timing(0)]} for name in names]
    play = {"label": "Play", "method": "animate", "args": [None, _timing(400)]}
    pause = {"label": "Pause", "method": "animate", "args": [[None], _timing(0)]}
    figure.update_layout(
        sliders=[{"steps": steps, "active": len(steps) - 1, "currentvalue": {"prefix": "epoch "}}],
        updatemenus=[{"type": "buttons", "buttons": [play, pause], "x": 0, "y": 1.1,
                      "xanchor": "left", "direction": "left"}],
    )  # fmt: skip
    return _with_axes(figure, run, playback.xy)


def _clouds(
    run: Run, by: str, xy: Float[np.ndarray, "n 2"], shown: Int[np.ndarray, " m"]
) -> list[Any]:
    """A trace for each class, or one for a ramp; every frame has the same traces."""
    import plotly.graph_objects as go

    colours = playback_story.colours_of(run, by)
    ids = colours.ids[shown]
    groups: list[tuple[str, Any, np.ndarray]] = [("", _GREY, shown[ids == NO_CLASS])]
    if colours.kind == "ramp":
        stops = np.array([entry.id for entry in colours.legend])
        near = np.abs(ids[:, None].astype(int) - stops).argmin(axis=1)
        colour = [colours.legend[stop].colour for stop in near[ids <= RAMP_TOP].tolist()]
        groups.append(("", colour, shown[ids <= RAMP_TOP]))
    else:
        groups += [(entry.name, entry.colour, shown[ids == entry.id]) for entry in colours.legend]
    return [
        go.Scatter(
            x=xy[members, 0],
            y=xy[members, 1],
            mode="markers",
            name=escape(name),
            marker={"size": 5, "color": colour, "opacity": 0.7},
            showlegend=bool(name),
            hoverinfo="skip",
        )
        for name, colour, members in groups
    ]


def _timing(milliseconds: int) -> dict[str, Any]:
    frame = {"duration": milliseconds, "redraw": False}
    return {"frame": frame, "transition": {"duration": 0}, "mode": "immediate"}


def _with_axes(figure: "Figure", run: Run, seen: Float[np.ndarray, "*moments n 2"]) -> "Figure":
    """Adds axes, the prior's ellipses, and a square range that holds them and `seen`."""
    ellipses = playback_story.ellipses(run)
    axes = playback_story.axes(playback_story.playback_of(run))
    reach = 1.05 * max(
        [float(np.abs(seen).max(initial=1e-3))]
        + [max(abs(item.x) + item.rx, abs(item.y) + item.ry) for item in ellipses]
    )
    for item in ellipses:
        add_circle(figure, item)
    figure.update_layout(
        height=620,
        margin={"l": 40, "r": 10, "t": 60, "b": 40},
        legend={"orientation": "h", "y": -0.1, "font": {"size": 11}, "itemsizing": "constant"},
    )
    square = {"range": [-reach, reach], "zeroline": False, "constrain": "domain"}
    figure.update_xaxes(title_text=axes["x"], **square)
    figure.update_yaxes(title_text=axes["y"], scaleanchor="x", **square)
    return figure
