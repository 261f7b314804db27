"""The plane of prior and sentences as a Plotly chart with clickable marks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from explorer.explore.map_overlays import Ellipse
from explorer.latent_space.projections import PCA
from explorer.ui.components.charts import add_circle, hover

if TYPE_CHECKING:
    from plotly.graph_objects import Figure, Scatter


_HIGHLIGHT = "#e7298a"  # unlike the colour of any kind, in both themes
_NUMBERS = "#76808c"  # of marks beside a highlighted one: legible in both themes


@dataclass(frozen=True, eq=False)
class Marks:
    """Marks of one kind: latent points, all projected on the same plane."""

    kind: str
    """One letter: a click returns it, followed by the index of the mark."""
    name: str
    z: Float[np.ndarray, "m d"]
    colour: str
    symbol: str
    size: int
    texts: Sequence[str]
    """Hover texts."""
    opacity: float = 0.8
    numbered: bool = False
    indexes: Sequence[int] | None = None
    """Of the marks, ascending, where only some of a kind are drawn; 0, 1, … by default."""


def plane(
    pca: PCA,
    marks: Sequence[Marks],
    ellipses: bool,
    selected: tuple[str, int] | None = None,
    number: int = 0,
) -> "Figure":
    """All marks on the plane of the sentences' largest variance, in units of z.

    Args:
        pca: The plane.
        marks: Later ones lie on top, the kind of the selected mark on top of all.
        ellipses: Whether to draw one and two standard deviations of N(0, I).
        selected: The kind and the index of the highlighted mark.
        number: The browser treats another number as another chart.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for item in sorted(marks, key=lambda item: selected is not None and item.kind == selected[0]):
        index = _position(item, selected)
        figure.add_trace(_scatter(item, pca.transform(item.z), marks.index(item), index))
    for item in pca.ellipses() if ellipses else ():
        name = f"prior {item.sigma:g}σ"
        add_circle(figure, Ellipse(item.x, item.y, item.radius_x, item.radius_y, name))
    names = [f"PC {i} ({fraction:.0%})" for i, fraction in enumerate(pca.explained, start=1)]
    figure.update_xaxes(title_text=names[0], zeroline=False)
    figure.update_yaxes(title_text=f"{names[1]}, in units of z", zeroline=False, scaleanchor="x")
    figure.update_layout(
        meta=number,
        margin={"l": 44, "r": 10, "t": 10, "b": 80},
        dragmode="pan",
        hoverlabel={"align": "left"},
        legend={
            **{"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom"},
            **{"font": {"size": 11}, "itemsizing": "constant"},
        },
    )
    return figure


def _position(item: Marks, selected: tuple[str, int] | None) -> int | None:
    """The position of the highlighted mark among those of its kind; None for another kind."""
    if selected is None or selected[0] != item.kind:
        return None
    return selected[1] if item.indexes is None else list(item.indexes).index(selected[1])


def _scatter(
    item: Marks, xy: Float[np.ndarray, "m 2"], rank: int, selected: int | None
) -> "Scatter":
    """One trace: marks of a kind, with their rank in the legend and the selected position."""
    import plotly.graph_objects as go

    indexes = range(len(xy)) if item.indexes is None else item.indexes

    return go.Scatter(
        x=xy[:, 0].round(3),
        y=xy[:, 1].round(3),
        mode="markers+text" if item.numbered else "markers",
        name=item.name,
        legendrank=rank,
        text=[str(number + 1) for number in range(len(xy))] if item.numbered else None,
        textposition="middle right",
        textfont={"size": 12, "weight": 700},
        marker={
            "color": item.colour,
            "symbol": item.symbol,
            "size": item.size,
            "opacity": item.opacity,
        },
        customdata=[f"{item.kind}{index}" for index in indexes],
        hovertext=[hover(text) for text in item.texts],
        hovertemplate="%{hovertext}<extra></extra>",
        selectedpoints=None if selected is None else [selected],
        unselected={"marker": {"opacity": item.opacity}, "textfont": {"color": _NUMBERS}},
        selected={"marker": {"size": item.size + 14, "color": _HIGHLIGHT, "opacity": 1}},
    )
