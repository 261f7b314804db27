"""A training while it learns: its map, its curves, and what the model writes by now.

Everything shown was written by the training's own process; the page draws it.
"""

import math
from typing import TYPE_CHECKING, Any

import streamlit as st

from explorer.explore.palette import BLUE, CLASSES, GREY, ORANGE
from explorer.ui.components.charts import escape, hover
from explorer.ui.components.escaping import plain
from explorer.ui.components.history_charts import Curve, Panel, series, stacked
from explorer.workspace import job_progress, jobs
from explorer.workspace.jobs import Job

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_COLOURS = (*CLASSES, GREY)
_HEIGHT = 560
_SETTLE = 700
"""Milliseconds that the sentences take from one validation's positions to the next."""


def live_training(job: Job) -> None:
    """The map and the curves side by side, what the model writes below."""
    path = jobs.progress_path(job.id)
    reports = by_epoch(job_progress.read_reports(path))
    frame = job_progress.read_json(job_progress.live_path(path))
    if frame is None and len(reports) < 2:
        return
    left, right = st.columns([1, 1], gap="medium")
    if frame is not None:
        with left:
            _map(job, frame)
    if reports:
        with right:
            _verdict(reports)
            st.plotly_chart(_curves(reports), key=f"job_curves_{job.id}")
    if frame is not None:
        _words(frame)


def by_epoch(reports: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Reports with a validation; training values are means since the one before.

    On little text a report averages a few steps, whose noise would hide the curve.
    """
    result, since = [], []
    for report in reports:
        since.append(report)
        if report.get("validation"):
            means = {name: _mean(since, name) for name in ("distortion", "rate")}
            result.append(report | means)
            since = []
    return result


def _mean(reports: list[dict[str, Any]], name: str) -> float | None:
    values = [report[name] for report in reports if name in report]
    return sum(values) / len(values) if values else None


def _minus_elbo(report: dict[str, Any]) -> float | None:
    """On the validation sentences, in nats a sentence."""
    measured = report["validation"]
    value = measured.get("distortion", math.nan) + measured.get("rate", math.nan)
    return value if math.isfinite(value) else None


def _verdict(reports: list[dict[str, Any]]) -> None:
    """Whether the model knows the text better by now than the one it started from."""
    values = [(report["epoch"], value) for report in reports if (value := _minus_elbo(report))]
    if len(values) < 2 or values[0][0] > 0:
        return
    start, (epoch, best) = values[0][1], min(values[1:], key=lambda item: item[1])
    change = "better" if best < start else "not yet better"
    st.markdown(
        f"**{start:.1f} → {best:.1f} nats** per validation sentence (−ELBO, best at epoch "
        f"{epoch:.0f}): {change} than the model it started from."
    )


def _curves(reports: list[dict[str, Any]]) -> "Figure":
    history: dict[str, Any] = {
        name: [report.get(name) for report in reports] for name in ("epoch", "distortion", "rate")
    }
    for name in ("distortion", "rate"):
        values = [report["validation"].get(name) for report in reports]
        history[f"validation_{name}"] = values
    history["loss"] = [_minus_elbo(report) for report in reports]
    panels = [
        Panel("−ELBO, nats", [Curve("validation", *series(history, "loss"), ORANGE)]),
        *(
            Panel(
                f"{name.capitalize()}, nats",
                [
                    Curve("training", *series(history, name), BLUE),
                    Curve("validation", *series(history, f"validation_{name}"), ORANGE),
                ],
            )
            for name in ("distortion", "rate")
        ),
    ]
    return stacked(panels, from_zero=False)


def _map(job: Job, frame: dict[str, Any]) -> None:
    st.plotly_chart(
        _settling(frame),
        key=f"job_map_{job.id}",
        config={"displayModeBar": False},
        alt=f"The latent space of {job.name} after {frame['epoch']:.0f} epochs",
    )
    st.caption(
        f"{len(frame['xy'])} of your sentences in latent space after epoch {frame['epoch']:.1f}, "
        "projected onto the two directions of largest variance, in units of z."
    )


def _settling(frame: dict[str, Any]) -> "Figure":
    """Sentences that move from where they were at the validation before."""
    import plotly.graph_objects as go

    figure = go.Figure()
    labels = frame["labels"] or [""] * len(frame["xy"])
    for index, label in enumerate(sorted(set(labels))):
        rows = [row for row, other in enumerate(labels) if other == label]
        figure.add_trace(
            go.Scatter(
                x=[frame["xy"][row][0] for row in rows],
                y=[frame["xy"][row][1] for row in rows],
                ids=[str(row) for row in rows],
                text=[hover(frame["texts"][row]) for row in rows],
                name=escape(label) if label else "no label",
                showlegend=len(set(labels)) > 1,
                mode="markers",
                marker={"size": 6, "opacity": 0.75, "color": _COLOURS[index % len(_COLOURS)]},
                hovertemplate="%{text}<extra></extra>",
            )
        )
    figure.update_layout(
        height=_HEIGHT,
        margin={"l": 40, "r": 10, "t": 10, "b": 40},
        legend={"orientation": "h", "y": -0.06, "itemsizing": "constant"},
        hoverlabel={"align": "left"},
        transition={"duration": _SETTLE, "easing": "cubic-in-out"},
        uirevision="same",
    )
    figure.update_yaxes(scaleanchor="x")
    return figure


def _words(frame: dict[str, Any]) -> None:
    """What the model makes of sentences, and of draws from its prior."""
    left, right = st.columns([1, 1], gap="medium")
    with left:
        st.markdown("**Your sentences and their reconstructions**")
        st.dataframe(
            {"sentence": frame["sentences"], "reconstruction": frame["reconstructions"]},
            hide_index=True,
        )
    if frame["samples"]:
        with right:
            st.markdown("**The same samples of the prior, decoded**")
            for text in frame["samples"]:
                st.html(plain(text, quiet=True))
