"""A run's map on a page: the WebGL2 component, or an SVG map without WebGL2."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from explorer.explore import map_caption
from explorer.explore.colourings import COLOURINGS, available, colouring_of
from explorer.explore.map_criteria import selects_classes
from explorer.explore.map_overlays import Marker, Overlay
from explorer.explore.map_views import DEFAULT_VIEW, VIEWS, MapView
from explorer.explore.point_colours import Colours
from explorer.explore.readable_texts import readable_texts
from explorer.explore.run import Run
from explorer.map_component.map_event import MapEvent
from explorer.map_component.map_spec import MapSpec, PinnedAnswer
from explorer.ui.components import colour_job, decode_settings
from explorer.ui.components.escaping import drawn_of
from explorer.ui.map import baselines, urls
from explorer.ui.map.component import current_event, latent_map
from explorer.ui.session import picks
from explorer.ui.session.picks import MapPick, Pick, SentencePick, TextPick

HEIGHT = 600
WHOLE_WINDOW: dict[str, Any] = {"height": 420, "margin": 106}
"""Of a map that fills the window below the navigation, in CSS pixels."""
PLAIN = "_plain_event_"
"""Prefix of a map's key: the last event on the SVG map that replaces it."""
_SEEN = "_seen_event"
_READ = {True: "words", False: "read"}  # keys of the switch, where it is on at first, or off


def controls(run: Run, can_be_read: bool = False) -> tuple[str, str]:
    """The controls of view and colouring; both are in the address.

    Args:
        run: The run.
        can_be_read: Whether to add `reading_switch`, on at first.
    """
    assert run.atlas is not None
    row = st.container(
        key="map_settings", horizontal=True, vertical_alignment="bottom", width="content"
    )
    with row:
        view = st.segmented_control(
            "Layout",
            list(VIEWS),
            format_func=lambda name: VIEWS[name].title,
            default=DEFAULT_VIEW,
            required=True,
            key="layout",
            bind="query-params",
            help=" ".join(item.help for item in VIEWS.values()),
        )
        names = available(run)
        by = st.selectbox(
            "Colour",
            names,
            format_func=lambda name: name[:1].upper() + name[1:],  # also the address's value
            key="colour",
            bind="query-params",
            width=210,
            help=_colour_help(names),
        )
        decode_settings.decode_settings(run)
        if can_be_read:
            reading_switch(at_first=True)
    view = view or DEFAULT_VIEW
    baselines.prepare(run, view)
    return view, by


def _colour_help(names: Sequence[str]) -> str:
    known = [name for name in names if name in COLOURINGS]
    lines = [f"- {name.capitalize()}: {COLOURINGS[name].help}" for name in known]
    return "\n".join(lines + ["- Column …: a column of the file."] * (len(known) < len(names)))


def reading_switch(at_first: bool = False) -> bool:
    """The switch that writes decoded sentences all over the map.

    Args:
        at_first: Whether it is on until somebody turns it off.
    """
    return st.toggle(
        "Read the map",
        value=at_first,
        key=_READ[at_first],
        bind="query-params",
        help="Decodes a grid of positions in view, greedily whatever the strategy. Each sentence "
        "stands below its dot and fades with the distance to the nearest dot. Zoom in for "
        "more.",
    )


def is_read(at_first: bool = False) -> bool:
    """Whether that switch is on."""
    return bool(st.session_state.get(_READ[at_first], at_first))


def take_event(key: str) -> MapEvent | None:
    """What the person just did on the map with this key; each event is returned once.

    It is read before the map is drawn, so that the answer can be drawn on the same map.
    """
    plain = st.session_state.pop(PLAIN + key, None)
    if plain is not None:
        return plain
    event = current_event(key)
    if event is None or not picks.is_finite_position(event.x, event.y):
        return None
    if st.session_state.get(_SEEN) == event.serial:
        return None
    st.session_state[_SEEN] = event.serial
    return event


def pick_from(event: MapEvent, run: Run) -> Pick | None:
    """The pick an event means; Escape means none."""
    if event.kind == "point" and run.atlas is not None and 0 <= event.index < len(run.atlas):
        return SentencePick(event.index)
    return MapPick(event.x, event.y) if event.kind == "place" else None


def text_at(run: Run, layout: MapView, pick: picks.Pick | None) -> str | None:
    """The sentence picked on the map, or decoded at a position; None without a pick.

    Where a decoded sentence could not be encoded, the nearest one of the map stands for it.
    """
    if isinstance(pick, picks.SentencePick):
        return picks.shortened(run.texts[pick.index])
    if isinstance(pick, picks.MapPick):
        if run.cannot_encode:
            return picks.shortened(run.texts[layout.at(pick.x, pick.y).nearest])
        return run.decode(layout.at(pick.x, pick.y).z[None])[0]
    return None


def selected_of(pick: Pick | None, xy: Sequence[float] | None = None) -> dict[str, Any] | None:
    """What the map marks for a pick; `xy` is the position of a typed sentence."""
    if isinstance(pick, SentencePick):
        return {"row": pick.index}
    if isinstance(pick, MapPick):
        return {"x": pick.x, "y": pick.y}
    if isinstance(pick, TextPick) and xy is not None:
        return {"x": float(xy[0]), "y": float(xy[1])}
    return None


def show(
    run: Run,
    layout: MapView,
    by: str,
    *,
    overlays: Sequence[Overlay] = (),
    highlight: Sequence[int] | np.ndarray | None = None,
    selected: Mapping[str, Any] | None = None,
    reading: bool = False,
    answer: PinnedAnswer | None = None,
    spoken: str = "",
    boxes: bool = False,
    joining: str = "",
    key: str = "map",
    height: int = HEIGHT,
    margin: int = 0,
) -> None:
    """Draws the map; `take_event` returns a click in the rerun it starts.

    Args:
        run: The run.
        layout: The view.
        by: The colouring.
        overlays: What lies on top.
        highlight: Rows that stand out.
        selected: What is marked as picked.
        reading: Whether decoded sentences are written all over the map.
        answer: The words pinned to the selection.
        spoken: For screen readers, announced when it changes.
        boxes: Whether rectangles can be drawn on it.
        joining: As `MapSpec.joining`, where sentences can be selected on it; else empty.
        key: Identity of the map in the session.
        height: In CSS pixels.
        margin: Of the window's height, left to the rest of the page; `MapSpec` has the rule.
    """
    atlas = run.atlas
    assert atlas is not None
    by = colour_job.colouring(run, by)
    colours = colouring_of(run, by).colours_of(run)
    lens_url = urls.decode_url(run, layout.name, decode_settings.decoding(run))
    spec = MapSpec(
        points_url=urls.points_url(run, layout.name),
        colours_url=urls.colours_url(run, by),
        hover_url=urls.hover_url(run),
        decode_url=lens_url if reading else "",
        lens_url=lens_url,
        legend=colours.legend,
        kind=colours.kind,
        legend_title=colours.title,
        labels=map_caption.region_labels(run, layout),
        overlays=[*layout.ellipses, *overlays],
        highlight=highlight,
        selected=selected,
        heard=st.session_state.get(_SEEN),
        answer=answer,
        home=layout.home,
        axes=layout.axes,
        description=map_caption.description(run, layout),
        spoken=spoken,
        caption=map_caption.caption(run),
        boxes=boxes,
        areas=bool(joining),
        joining=joining,
        selects_classes=bool(joining) and selects_classes(by, colours),
        height=height,
        margin=margin,
    )
    event = latent_map(spec, key)
    baselines.note(run, layout.name, by)
    if event is not None and event.kind == "no_webgl":
        show_plain(
            run,
            replace(spec, description=map_caption.description(run, layout, is_used=False)),
            colours,
            layout.xy,
            key,
        )


def show_plain(run: Run, spec: MapSpec, colours: Colours, xy: np.ndarray, key: str) -> None:
    """The map of a browser without WebGL2; `take_event` returns a click on it, too.

    Args:
        run: The run.
        spec: The map it replaces.
        colours: Of its sentences.
        xy: Their positions.
        key: Identity in the session of the map it replaces.
    """
    from explorer.ui.components import charts

    assert run.atlas is not None
    figure = charts.plain_map(
        run.atlas,
        readable_texts(run, run.texts),
        by=colours,
        xy=xy,
        axes=spec.axes,
        overlays=[*spec.overlays, *_mark_of(spec.selected, xy)],
        highlight=None if spec.highlight is None else [int(row) for row in spec.highlight],
        grid=True,
    )
    shown = drawn_of(min(len(run.atlas), charts.SVG_POINTS), len(run.atlas), "points")
    missing = ["decoded sentences on the map"] * is_read() + ["rectangles"] * spec.boxes
    missing += ["lasso and rectangle"] * spec.areas
    note = f" {' and '.join(missing).capitalize()} need WebGL2." if missing else ""
    st.caption(f"This browser has no WebGL2. This is a plain map of {shown}.{note}")

    def picked() -> None:
        points = st.session_state[f"{key}_svg"].get("selection", {}).get("points", [])
        st.session_state[PLAIN + key] = event_from_svg(points, run)

    st.plotly_chart(
        figure,
        key=f"{key}_svg",
        on_select=picked,
        selection_mode="points",
        alt=spec.description,
        config={"displayModeBar": False, "scrollZoom": True},
    )


def _mark_of(selected: Mapping[str, Any] | None, xy: np.ndarray) -> list[Marker]:
    """The marker of a pick on an SVG map."""
    if selected is None:
        return []
    x, y = xy[selected["row"]].tolist() if "row" in selected else (selected["x"], selected["y"])
    return [Marker(x, y)]


def event_from_svg(points: Sequence[Mapping[str, Any]], run: Run) -> MapEvent | None:
    """The event of a Plotly selection: a sentence if one was hit, else a position of the grid."""
    for point in points:
        index = point.get("customdata")
        index = index[0] if isinstance(index, list) and index else index
        if isinstance(index, int) and run.atlas is not None and 0 <= index < len(run.atlas):
            return MapEvent("point", index)
    for point in points:
        x, y = point.get("x"), point.get("y")
        if picks.is_finite_position(x, y):
            return MapEvent("place", x=float(x), y=float(y))  # type: ignore[arg-type]
    return None
