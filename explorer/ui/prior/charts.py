"""The plane of prior and sentences as a Plotly chart in which every mark can be clicked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from explorer.explore.map_overlays import Ellipse
from explorer.latent_space.projections import PCA
from explorer.ui.components.charts import add_circle, hover

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


_STANDS_OUT = "#e7298a"  # unlike the colour of any kind, on light and on dark


@dataclass(frozen=True, eq=False)
class Marks:
    """A kind of mark: latent points, projected on the same plane as all others."""

    kind: str
    """One letter: what a click sends back, before the number of the mark."""
    name: str
    z: Float[np.ndarray, "m d"]
    colour: str
    symbol: str
    size: int
    texts: Sequence[str]
    """For the hover."""
    opacity: float = 0.8
    numbered: bool = False


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
        marks: Later ones lie on top, those of the kind that stands out on top of all.
        ellipses: Whether to draw one and two standard deviations of N(0, I).
        selected: The kind and the place of a mark that stands out.
        number: The browser takes a plane of another number for another chart.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    # What stands out is not to lie below marks of another kind.
    for item in sorted(marks, key=lambda item: selected is not None and item.kind == selected[0]):
        xy = pca.transform(item.z)
        numbers = [str(place + 1) for place in range(len(xy))] if item.numbered else None
        figure.add_trace(
            go.Scatter(
                x=xy[:, 0].round(3),
                y=xy[:, 1].round(3),
                mode="markers+text" if item.numbered else "markers",
                name=item.name,
                legendrank=marks.index(item),
                text=numbers,
                textposition="middle right",
                textfont={"size": 12, "weight": 700},
                marker={
                    "color": item.colour,
                    "symbol": item.symbol,
                    "size": item.size,
                    "opacity": item.opacity,
                },
                customdata=[f"{item.kind}{place}" for place in range(len(xy))],
                hovertext=[hover(text) for text in item.texts],
                hovertemplate="%{hovertext}<extra></extra>",
                selectedpoints=[selected[1]] if selected and selected[0] == item.kind else None,
                unselected={"marker": {"opacity": item.opacity}},
                selected={"marker": {"size": item.size + 14, "color": _STANDS_OUT, "opacity": 1}},
            )
        )  # fmt: skip
    for item in pca.ellipses() if ellipses else ():
        name = f"prior {item.sigma:g}σ"
        add_circle(figure, Ellipse(item.x, item.y, item.radius_x, item.radius_y, name))
    names = [f"PC {place + 1} ({share:.0%})" for place, share in enumerate(pca.explained)]
    figure.update_xaxes(title_text=names[0], zeroline=False)
    figure.update_yaxes(title_text=f"{names[1]}, in units of z", zeroline=False, scaleanchor="x")
    figure.update_layout(
        meta=number,
        height=560,
        margin={"l": 44, "r": 10, "t": 10, "b": 40},
        dragmode="pan",
        hoverlabel={"align": "left"},
        legend={"orientation": "h", "y": -0.1, "font": {"size": 11}, "itemsizing": "constant"},
    )
    return figure
