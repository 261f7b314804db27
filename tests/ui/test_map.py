"""Laws of the map's Python half: events, overlays, colours, the served scripts."""

import json
import re
from base64 import b64decode
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from explorer.explore.map_overlays import Marker, Path, as_data
from explorer.explore.point_colours import (
    MAX_CLASSES,
    NO_CLASS,
    available,
    colours,
    palette,
    ramp,
)
from explorer.latent_space.home_box import MIN_GAIN, HomeBox
from explorer.map_component.map_event import MapEvent, Viewport, read_event
from explorer.map_component.map_spec import MapSpec
from explorer.ui.map import scripts

PICK = {"kind": "point", "index": 3, "x": 1.5, "y": -2, "shift": True, "serial": 7}


def atlas(n=40, label=None, levels=True):
    region = np.arange(n) % 4 - 1
    names = [[SimpleNamespace(id=i, name=f"region {i}", x=0.0, y=0.0, size=9) for i in range(3)]]
    return SimpleNamespace(
        xy=np.zeros((n, 2), np.float32),
        cluster=region.astype(np.int32),
        regions=lambda level: region.astype(np.int32),
        levels=names if levels else [],
        split=["train"] * (n - 2) + ["test", "valid"],
        label=label,
        tokens=np.arange(n, dtype=np.int16),
        rate=np.linspace(0, 9, n, dtype=np.float32),
        distortion=np.linspace(0, 9, n, dtype=np.float32),
    )


def test_a_pick_keeps_what_the_browser_said():
    event = read_event({**PICK, "view": {"x": 1, "y": 2, "zoom": 3}})
    assert event == MapEvent("point", 3, 1.5, -2.0, True, 7, Viewport(1.0, 2.0, 3.0))


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        "point",
        {},
        {**PICK, "kind": "eval"},
        {**PICK, "x": "1"},
        {**PICK, "y": None},
        {**PICK, "x": float("nan")},
        {key: value for key, value in PICK.items() if key != "serial"},
    ],
)
def test_what_no_map_sends_is_no_event(payload):
    assert read_event(payload) is None


def test_a_broken_view_does_not_lose_the_pick():
    event = read_event({**PICK, "view": {"x": 1, "y": "?", "zoom": 3}})
    assert event is not None
    assert event.view is None


def test_overlays_reach_the_browser_as_plain_numbers():
    path = as_data(Path(np.array([[0, 1], [2, np.nan], [3, 4]], np.float32), ends=("a", "b")))
    assert path["type"] == "path"
    assert path["points"] == [[0.0, 1.0], [3.0, 4.0]]
    marker = as_data(Marker(np.float32(1), np.float64(2), "here"))
    assert {type(marker["x"]), type(marker["y"])} == {float}


@pytest.mark.parametrize("by", ["cluster", "length", "split", "rate", "label"])
def test_every_byte_that_is_not_grey_is_in_the_legend(by):
    coloured = colours(atlas(label=[f"label {i % 5}" for i in range(40)]), by)
    assert coloured.ids.dtype == np.uint8
    assert len(coloured.ids) == 40
    shown = set(coloured.ids.tolist()) - {NO_CLASS}
    known = {entry.id for entry in coloured.legend}
    if coloured.kind == "categories":
        assert shown <= known
    else:
        assert min(known) <= min(shown) <= max(shown) <= max(known)


def test_a_ramp_rises_with_the_value_and_ties_share_a_colour():
    values = atlas()
    values.tokens = np.array([5, 5, 9, 2] * 10, np.int16)
    ids = colours(values, "length").ids[:4].astype(int)
    assert ids[3] < ids[0] == ids[1] < ids[2]


def test_splits_keep_their_order():
    legend = colours(atlas(), "split").legend
    assert [entry.name for entry in legend] == ["train", "valid", "test"]


def test_sentences_outside_every_region_are_grey():
    values = atlas()
    coloured = colours(values, "cluster")
    assert ((coloured.ids == NO_CLASS) == (values.regions(0) < 0)).all()
    without = colours(atlas(levels=False), "cluster")
    assert (without.ids == NO_CLASS).all()
    assert without.legend == []


def test_many_labels_leave_the_rare_ones_grey():
    labels = [f"label {i}" for i in range(400)]
    coloured = colours(atlas(400, label=labels), "label")
    assert len(coloured.legend) == MAX_CLASSES
    assert (coloured.ids == NO_CLASS).sum() == 400 - MAX_CLASSES


def test_only_what_says_something_is_offered():
    plain = atlas()
    assert "label" not in available(plain)
    plain.rate = np.zeros(40, np.float32)
    assert "rate" not in available(plain)
    with pytest.raises(KeyError):
        colours(plain, "label")


@pytest.mark.parametrize("count", [1, 7, 8, 60])
def test_colours_of_classes_differ(count):
    found = palette(count)
    assert len(set(found)) == count
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in found)


def test_the_ramp_gets_lighter_all_the_way():
    def lightness(colour):
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        return 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2

    steps = [lightness(colour) for colour in ramp()]
    assert steps == sorted(steps)


def test_an_inline_script_stays_small_and_names_the_version():
    stub = scripts.stub("map")
    assert len(stub) < 1200
    assert scripts.version() in stub


def test_every_module_imports_only_served_files():
    served = scripts.files()
    for content, _ in served.values():
        for name in re.findall(r'from "\./([\w.]+)"', content.decode()):
            assert name in served


def test_no_script_writes_html():
    for name, (content, _) in scripts.files().items():
        for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write"):
            assert way not in content.decode(), name


def script():
    import streamlit as st

    from explorer.explore.map_overlays import Ellipse
    from explorer.explore.point_colours import LegendEntry
    from explorer.map_component.map_event import Viewport
    from explorer.map_component.map_spec import MapSpec
    from explorer.ui.map.component import current_event, latent_map, path_slider

    spec = MapSpec(
        points_url="/p",
        colours_url="/c",
        hover_url="/h",
        legend=[LegendEntry("<b>", "#000000", 0)],
        overlays=[Ellipse(0, 0, 1, 1, "1 σ")],
        highlight=[1, 2],
        selected={"row": 1},
        view=Viewport(0, 0, 2),
        axes={"x": "UMAP 1", "y": "UMAP 2", "units": False},
        description="A map.",
    )
    event = latent_map(spec)
    position = path_slider(["a", "b"], position=9)
    st.text(f"{event} {current_event()} {position}")


def test_a_script_without_a_browser_gets_no_event():
    from streamlit.testing.v1 import AppTest

    test = AppTest.from_function(script).run(timeout=20)
    assert not test.exception
    assert test.text[0].value == "None None 1"


@pytest.mark.parametrize("rows", [[], [0], [7, 8], [3, 900], list(range(0, 1000, 3)), [99_999]])
def test_highlighted_rows_travel_as_a_list_or_as_bits(rows: list[int]) -> None:
    base = {"points_url": "", "colours_url": "", "hover_url": "", "legend": ()}
    axes = {"x": "", "y": "", "units": False}
    spec = MapSpec(**base, axes=axes, description="", highlight=rows)
    sent = spec.as_data()["highlight"]
    if isinstance(sent, dict):
        bits = np.frombuffer(b64decode(sent["bits"]), np.uint8)
        assert np.flatnonzero(np.unpackbits(bits, bitorder="little")).tolist() == rows
    else:
        assert sent == rows
    assert len(json.dumps(sent)) <= 40 + 8 * len(rows)


def test_the_first_view_travels_where_it_leaves_something_out() -> None:
    base = {"points_url": "", "colours_url": "", "hover_url": "", "legend": (), "description": ""}
    spec = MapSpec(**base, axes={"x": "", "y": "", "units": False})
    assert spec.as_data()["home"] is None
    home = HomeBox(0.0, 1.0, 2.0, 3.0)
    assert replace(spec, home=home).as_data()["home"] is None
    sent = replace(spec, home=replace(home, islands=((0.5, 9.0),))).as_data()["home"]
    assert json.loads(json.dumps(sent)) == {
        **{"left": 0, "right": 1, "bottom": 2, "top": 3, "min_gain": MIN_GAIN},
        "islands": [[0.5, 9]],
    }


def test_an_outline_is_read_and_anything_else_is_not() -> None:
    payload = {"kind": "area", "x": 0, "y": 0, "index": -1, "serial": 1}
    event = read_event(payload | {"area": [[0, 1], [2.5, 3], [4, -5]]})
    assert event is not None
    assert event.area == ((0, 1), (2.5, 3), (4, -5))
    for area in (None, [], [[0, 1], [2, 3]], [[0, 1, 2]] * 3, [[0, "1"]] * 3, [0, 1, 2]):
        assert read_event(payload | {"area": area}) is None
    assert read_event(payload | {"area": [[0, float("nan")]] * 3}) is None
    assert read_event(payload | {"area": [[0, 1]] * 5000}) is None
