"""The plotly map: every point knows its row, text is text, and what is left out is even."""

import numpy as np
import pytest

from explorer.explore.map_overlays import Ellipse, Marker, Path
from explorer.latent_space.atlas import Atlas
from explorer.ui.components import charts
from explorer.ui.components.history_charts import Curve, Panel, stacked
from explorer.ui.model.card import panels
from tests.tiny import AWKWARD

COUNT = 60


@pytest.fixture
def atlas() -> Atlas:
    chance = np.random.default_rng(0)
    mean = chance.normal(size=(COUNT, 3)).astype(np.float32)
    return Atlas(
        row=np.arange(COUNT, dtype=np.int32),
        split=["train", "test"] * (COUNT // 2),
        label=None,
        mean=mean,
        scale=np.ones_like(mean),
        tokens=np.arange(1, COUNT + 1, dtype=np.int16),
        distortion=np.ones(COUNT, np.float32),
        rate=np.ones(COUNT, np.float32),
        xy=mean[:, :2],
        cluster=np.full(COUNT, -1, np.int32),
        reconstruction=["x"] * COUNT,
        total=COUNT,
    )


def texts() -> list[str]:
    return [AWKWARD[row % len(AWKWARD)] for row in range(COUNT)]


@pytest.mark.parametrize("by", ["cluster", "length", "split"])
def test_each_point_stands_at_its_place_and_carries_its_row(atlas: Atlas, by: str) -> None:
    figure = charts.plain_map(atlas, texts(), by=by, xy=atlas.xy)
    seen = []
    for trace in figure.data:
        for x, y, row in zip(trace.x, trace.y, trace.customdata, strict=True):
            assert (x, y) == pytest.approx(tuple(atlas.xy[row]))
            seen.append(row)
    assert sorted(seen) == list(range(COUNT))


def test_hover_text_holds_no_markup_of_its_own(atlas: Atlas) -> None:
    figure = charts.plain_map(atlas, texts(), by="cluster", xy=atlas.xy)
    shown = "".join(text for trace in figure.data for text in trace.text)
    assert "<script>" not in shown
    assert "<b>" not in shown
    assert "$" not in shown


def test_a_long_sentence_is_broken_into_lines() -> None:
    assert "<br>" in charts.hover("word " * 100)
    assert not charts.hover("word " * 100).endswith("…")
    many = " ".join(f"word{place}" for place in range(400))
    *shown, last = charts.hover(many).split("<br>")
    assert last == "…" and many.startswith(" ".join(shown))
    assert len(charts.hover("x" * 100_000)) < 1000


@pytest.mark.parametrize(("count", "most"), [(10, None), (10, 20), (1000, 50), (5001, 5000)])
def test_points_left_out_are_left_out_evenly(count: int, most: int | None) -> None:
    rows = charts.drawn_evenly(count, most)
    assert len(rows) <= (most or count)
    assert {rows[0], rows[-1]} == {0, count - 1}
    assert np.ptp(np.diff(rows)) <= 1
    assert set(charts.drawn_evenly(1000, 10, [5, 7])) >= {5, 7}


def test_the_svg_map_has_a_grid_that_is_clickable_below_the_points(atlas: Atlas) -> None:
    figure = charts.plain_map(atlas, texts(), by="cluster", xy=atlas.xy, most=20, grid=True)
    assert all(trace.type == "scatter" for trace in figure.data)
    assert set(figure.data[0].customdata) == {-1}
    assert sum(len(trace.x) for trace in figure.data[1:]) == 20


def test_overlays_are_drawn(atlas: Atlas) -> None:
    overlays = [Path([[0, 0], [1, 1]]), Marker(0, 0, "<b>"), Ellipse(0, 0, 1, 2)]
    figure = charts.plain_map(
        atlas, texts(), by="cluster", xy=atlas.xy, overlays=overlays, highlight=[1, 2]
    )
    assert len(figure.layout.shapes) == 1
    assert "<b>" not in str(figure.data[-1].text)


def test_training_curves_skip_what_was_not_measured() -> None:
    columns = {"epoch": [0.5, 1.0], "beta": [0.0, 1.0], "validation_rate": [None, 3.0]}
    figure = stacked(panels(columns))
    assert [len(trace.x) for trace in figure.data if trace.name == "β"] == [2]
    assert 1 in [len(trace.x) for trace in figure.data if trace.name == "validation"]


def test_a_run_without_a_history_has_empty_curves() -> None:
    assert all(len(trace.x) == 0 for trace in stacked(panels({})).data)


def test_the_name_of_a_circle_has_a_ground_of_its_own(atlas: Atlas) -> None:
    circle = Ellipse(0.0, 0.5, 2.0, 1.0, "prior 1σ")
    drawn = charts.plain_map(
        atlas, ["x"] * COUNT, by="cluster", xy=atlas.xy, overlays=[circle]
    ).layout
    assert (drawn.shapes[-1].y0, drawn.shapes[-1].y1) == (-0.5, 1.5)
    name = drawn.annotations[-1]
    assert (name.text, name.y) == ("prior 1σ", 1.5)
    # White on a ground dark enough on a white page: a contrast of 4.5 (WCAG 2.2, 1.4.3).
    *ground, opacity = map(float, name.bgcolor.removeprefix("rgba(").rstrip(")").split(","))
    assert name.font.color == "#ffffff"
    shown = np.array([opacity * part / 255 + 1 - opacity for part in ground])
    linear = np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)
    assert 1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05) >= 4.5


def test_a_strip_of_next_to_nothing_is_drawn_flat() -> None:
    low, high = charts.strip([-29.3876, -29.387], "log q(z)", "nats").layout.yaxis.range
    assert high - low >= 1
    assert low < -29.3876 < -29.387 < high
    assert charts.strip([-20.0, -29.0], "log q(z)", "nats").layout.yaxis.range is None
    assert charts.strip([-20.0, -20.1], "log q(z)", "nats", -24.0).layout.yaxis.range is None


def test_a_curve_is_in_the_legend_once_and_only_where_its_panel_has_several() -> None:
    pair = [Curve(name, [1.0, 2.0], [3.0, 4.0], "#000000") for name in ("a", "b")]
    unrecorded = [Curve("c", [], [], "#000000")]
    figure = stacked([Panel("Alone", pair[:1]), Panel("First", pair), Panel("Second", pair),
                      Panel("Empty", unrecorded)], mark=1.5)  # fmt: skip
    assert [trace.showlegend for trace in figure.data] == [False, True, True, False, False, False]
    assert [note.text for note in figure.layout.annotations][4:] == ["not recorded"]
    assert {shape.x0 for shape in figure.layout.shapes} == {1.5}
