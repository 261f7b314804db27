"""Plotly charts of how a latent space is used, and of the toy experiment."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from explorer.evaluation.collapse_onset import Moment
from explorer.evaluation.latent_use import ACTIVE_RATIO, ACTIVE_VARIANCE
from explorer.evaluation.metrics import written
from explorer.evaluation.verdict import COLLAPSED_RATE
from explorer.explore.palette import BLUE, GREEN, GREY, ORANGE, RED
from explorer.explore.thought_experiment import ENTROPY, Decoder
from explorer.ui.components.history_charts import Curve, History, Panel, series, stacked

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_MIN_VARIANCE = 1e-8  # a logarithmic axis has no 0


def rates(values: Sequence[float]) -> "Figure":
    """The rate of each dimension, largest first."""
    order = sorted(range(len(values)), key=lambda dimension: -values[dimension])
    figure = _bars(
        [values[dimension] for dimension in order],
        [f"dimension {dimension}" for dimension in order],
        "%{customdata}: %{y:.3f} nats<extra></extra>",
    )
    figure.update_yaxes(title_text="rate, nats", rangemode="tozero")
    # The chart of a collapsed run must not magnify its noise.
    figure.update_yaxes(range=[0, max(0.1, 1.08 * max(values, default=0.0))])
    return figure


def variances(values: Sequence[float], is_relative: bool = False) -> "Figure":
    """The variance of each dimension's posterior mean, largest first, with the threshold.

    Args:
        values: Of each dimension.
        is_relative: Whether they are relative to the posterior's width; the threshold is
            `ACTIVE_RATIO` then.
    """
    threshold = ACTIVE_RATIO if is_relative else ACTIVE_VARIANCE
    order = sorted(range(len(values)), key=lambda dimension: -values[dimension])
    shown = [max(values[dimension], _MIN_VARIANCE) for dimension in order]
    figure = _bars(
        shown,
        [f"dimension {dimension}" for dimension in order],
        "%{customdata}: variance %{y:.2g}<extra></extra>",
        [BLUE if value > threshold else GREY for value in shown],
    )
    lowest = min([threshold / 10, *shown])
    highest = max([10 * threshold, *shown])
    figure.update_yaxes(
        title_text="relative variance" if is_relative else "variance of the mean",
        type="log",
        dtick=1,
        range=[math.log10(lowest) - 0.1, math.log10(highest) + 0.3],
    )
    figure.add_hline(y=threshold, line={"dash": "dash", "color": RED, "width": 1.5})
    figure.add_annotation(
        x=1, y=1, xref="paper", yref="paper", xanchor="right", yanchor="bottom",
        text=f"dashed: active above {threshold}", showarrow=False, font={"size": 11},
    )  # fmt: skip
    return figure


def information(low: float, high: float, ceiling: float, rate: float | None) -> "Figure":
    """The interval of the mutual information, its ceiling and the rate."""
    import plotly.graph_objects as go

    figure = go.Figure(
        go.Bar(
            y=[""],
            base=[low],
            x=[max(high - low, 0.01)],
            orientation="h",
            marker={"color": BLUE},
            width=0.5,
            hovertemplate=f"between {low:.2f} and {high:.2f} nats<extra></extra>",
        )
    )
    top = 1.1 * max(high, ceiling, rate or 0.0)
    lines = [(ceiling, f"log N = {written(ceiling)}", RED, "dash")]
    if rate is not None:
        lines.append((rate, f"rate {written(rate)}", ORANGE, "dot"))
    for row, (x, text, colour, dash) in enumerate(lines):
        figure.add_vline(x=x, line={"color": colour, "dash": dash, "width": 1.5})
        # Labels one above the other: the lines may be close.
        figure.add_annotation(
            x=x, y=1, yref="paper", yshift=14 * row, text=text, showarrow=False,
            xanchor="left" if x < 0.2 * top else "center", yanchor="bottom", font={"size": 11},
        )  # fmt: skip
    figure.update_xaxes(title_text="mutual information, nats", range=[0, top], title_standoff=8)
    figure.update_yaxes(showticklabels=False, fixedrange=True)
    figure.update_layout(height=170, margin={"l": 10, "r": 10, "t": 38, "b": 46})
    return figure


def history(columns: History, collapse: Moment | None) -> "Figure":
    """β; rate, mutual information and shuffled-z gap; active units: what the run recorded."""

    def curve(column: str, name: str, colour: str, dash: str = "solid") -> Curve:
        return Curve(name, *series(columns, column), colour, dash)

    panels = [
        Panel("β", [curve("beta", "β", GREEN)]),
        Panel(
            "Nats",
            [
                curve("validation_rate", "rate", BLUE),
                curve("validation_mutual_information", "mutual information", ORANGE, "dash"),
                curve("validation_shuffled_z_gap", "shuffled-z gap", RED, "dot"),
            ],
        ),
        Panel("Active units", [curve("validation_active_units", "active units", GREY)]),
    ]
    recorded = [panel for panel in panels if not panel.is_empty]
    return stacked(recorded, mark=None if collapse is None else collapse.epoch)


def two_histories(histories: Mapping[str, History]) -> "Figure":
    """Rate and β by epoch of the collapsed run and of its counterpart, in this order."""
    styles = list(zip(histories.items(), ((RED, "solid"), (BLUE, "dash")), strict=False))

    def panel(title: str, *columns: str) -> Panel:
        curves = [
            Curve(name, *series(history, *columns), colour, dash)
            for (name, history), (colour, dash) in styles
        ]
        return Panel(title, curves)

    figure = stacked([panel("Rate, nats", "validation_rate", "rate"), panel("β", "beta")])
    # An autoencoder phase has hundreds of nats, a collapsed run hundredths.
    figure.update_yaxes(type="log", dtick=1, row=1, col=1)
    figure.add_shape(
        type="line", xref="x domain", yref="y", x0=0, x1=1, y0=COLLAPSED_RATE, y1=COLLAPSED_RATE,
        line={"dash": "dot", "color": GREY, "width": 1.5},
    )  # fmt: skip
    return figure


def decoder_name(decoder: Decoder) -> str:
    """What the decoder conditions on, besides z."""
    return "autoregressive" if decoder.reads else "non-autoregressive"


def toy_curves(
    trajectories: Mapping[Decoder, Sequence[tuple[float, float]]],
) -> "Figure":
    """Rate and −ELBO of the toy models by report, nats."""

    def curve(decoder: Decoder, values: list[float]) -> Curve:
        name = f"{decoder_name(decoder)}, {'with' if decoder.latent else 'without'} z"
        steps = [float(step) for step in range(1, len(values) + 1)]
        colour = BLUE if decoder.reads else ORANGE
        return Curve(name, steps, values, colour, "solid" if decoder.latent else "dot")

    bounds = [
        curve(decoder, [sum(point) for point in points])
        for decoder, points in trajectories.items()
    ]
    rates = [
        curve(decoder, [rate for rate, _ in points])
        for decoder, points in trajectories.items()
        if decoder.latent
    ]
    figure = stacked(
        [Panel("Rate, nats", rates), Panel("−ELBO, nats", bounds)], x_title="report of training"
    )
    figure.update_yaxes(range=[0, 4 * ENTROPY], row=2, col=1)
    return figure


def plane(trajectories: Mapping[Decoder, Sequence[tuple[float, float]]], top: float) -> "Figure":
    """Rate and distortion of the decoders with z during training, and the optimum."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for decoder, trajectory in trajectories.items():
        colour = BLUE if decoder.reads else ORANGE
        name = decoder_name(decoder)
        ends = [0.0, ENTROPY, 1.6]
        figure.add_trace(
            go.Scatter(
                x=ends,
                y=[decoder.least_distortion(rate) for rate in ends],
                mode="lines",
                line={"color": colour, "dash": "dot", "width": 1.5},
                name=f"{name}: optimum",
                hoverinfo="skip",
            )
        )
        figure.add_trace(
            go.Scatter(
                x=[rate for rate, _ in trajectory],
                y=[distortion for _, distortion in trajectory],
                mode="lines",
                line={"color": colour, "width": 2},
                opacity=0.6,
                name=name,
                showlegend=False,
                hovertemplate="rate %{x:.2f}, distortion %{y:.2f}<extra>" + name + "</extra>",
            )
        )
        if trajectory:
            figure.add_trace(_end(trajectory[-1], colour, name, decoder.reads))
    figure.update_xaxes(title_text="rate, nats", range=[-0.06, 1.65])
    figure.update_yaxes(title_text="distortion, nats", range=[-0.15, top])
    figure.update_layout(
        height=380,
        margin={"l": 50, "r": 10, "t": 10, "b": 40},
        legend={"orientation": "h", "y": -0.2, "font": {"size": 11}},
    )
    return figure


def _end(point: tuple[float, float], colour: str, name: str, filled: bool) -> Any:
    import plotly.graph_objects as go

    return go.Scatter(
        x=[point[0]],
        y=[point[1]],
        mode="markers",
        marker={"size": 13, "color": colour, "symbol": "circle" if filled else "diamond"},
        name=f"{name}: after training",
        hovertemplate="rate %{x:.2f}, distortion %{y:.2f}<extra>" + name + "</extra>",
    )


def _bars(
    values: Sequence[float],
    names: Sequence[str],
    hover: str,
    colours: Sequence[str] | str = BLUE,
) -> "Figure":
    import plotly.graph_objects as go

    figure = go.Figure(
        go.Bar(
            x=list(range(1, len(values) + 1)),
            y=list(values),
            customdata=list(names),
            marker={"color": colours},
            hovertemplate=hover,
        )
    )
    figure.update_xaxes(title_text="dimensions, largest first", tickformat="d")
    figure.update_layout(
        height=260, margin={"l": 50, "r": 10, "t": 16, "b": 40}, bargap=0.15, showlegend=False
    )
    return figure
