"""Maps side by side: each aligned to that of the healthiest run, with one selection for all."""

import html
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from explorer.explore import map_caption
from explorer.explore.aligned_maps import Aligned, aligned
from explorer.explore.map_overlays import Ellipse
from explorer.explore.map_views import DEFAULT_VIEW, LATENT_VIEWS, VIEWS
from explorer.explore.point_colours import Colours, available, colours
from explorer.map_component.map_spec import MapSpec
from explorer.ui.compare import map_downloads, neighbourhood_changes, runs, selection
from explorer.ui.compare.runs import Column
from explorer.ui.compare.selection import Words
from explorer.ui.compare.summary import title
from explorer.ui.components import decode_settings
from explorer.ui.components.escaping import markdown
from explorer.ui.map import urls
from explorer.ui.map import view as map_view
from explorer.ui.map.component import latent_map
from explorer.ui.session import selected_rows, settings
from explorer.ui.session.selected_rows import Box

HEIGHT = 400
_KEYS = (
    "Arrow keys pan, plus and minus zoom, Enter selects the sentence nearest the centre, on all "
    "maps."
)


@settings.fragment
def show(columns: Sequence[Column]) -> None:
    """Maps, selection and changed neighbourhoods; a click reruns only this."""
    mapped = [column for column in columns if column.run.has_latent and column.run.atlas]
    if not mapped:
        st.info("None of these runs has a map. Draw one with `explorer atlas RUN`.")
        return
    reference = runs.reference(mapped)
    view, by = _controls(reference)
    frame = reference.run
    maps = {column.number: aligned(column.run, frame, view) for column in mapped}
    for column in mapped:
        event = map_view.take_event(_key(column))
        if event is not None and selection.take(maps[column.number], event):
            st.rerun(scope="fragment")
    chosen = selection.of_link(maps.values(), selected_rows.current())
    selected_rows.choose(chosen)
    selected_rows.write_address()  # before the answers, whose links carry it
    words = selection.words_of(maps, chosen)
    if by == "cluster":
        _legend(_colours(maps[reference.number], by))
    # The answer to a click is sent first, then the maps above it.
    above, below = st.container(), st.container()
    with below:
        selection.show(columns, maps, chosen, words)
    with above:
        columns_of_page = st.columns(len(columns), gap="small")
        for container, column in zip(columns_of_page, columns, strict=True):
            with container:
                _one(column, maps.get(column.number), by, chosen, words)
    others = [maps[column.number] for column in mapped if column is not reference]
    neighbourhood_changes.show([there for there in others if len(there.pairs[0])])
    with st.expander(
        "Download the maps and the changed neighbourhoods",
        icon=":material/download:",
        on_change="rerun",
        key="pictures",
    ) as files:
        if files.open:
            map_downloads.show(mapped, maps, by, chosen)


def _controls(reference: Column) -> tuple[str, str]:
    """Layout and colour of all maps, shared with the map page."""
    assert reference.run.atlas is not None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        view = st.segmented_control(
            "Layout",
            list(LATENT_VIEWS),
            format_func=lambda name: LATENT_VIEWS[name].title,
            default=DEFAULT_VIEW,
            required=True,
            key="layout",
            bind="query-params",
        )
        by = st.selectbox(
            "Colour",
            available(reference.run.atlas),
            format_func=str.capitalize,
            key="colour",
            bind="query-params",
            width=190,
            help=f"“Cluster” colours every sentence by its region on {reference.name}, on all "
            "maps: it shows whether those regions stay together or scatter.",
        )
        map_view.reading_switch()
    return view or DEFAULT_VIEW, by


def _legend(colours: Colours) -> None:
    """The classes of all maps in one line of the page: a map's own legend has no room for them."""
    items = " ".join(  # a line breaks at the blanks
        f'<span style="white-space: nowrap; margin-right: 1.1rem"><span aria-hidden="true" '
        f'style="color: {entry.colour}">●</span> {html.escape(entry.name)}</span>'
        for entry in colours.legend
        if entry.name
    )
    title = html.escape(colours.title)
    st.html(
        f"<div style='font-size: 0.8125rem; line-height: 1.7'><span style='opacity: 0.78; "
        f"margin-right: 0.8rem'>{title}</span> {items}</div>"
    )


def _one(
    column: Column, there: Aligned | None, by: str, chosen: int | Box | None, words: Words | None
) -> None:
    """One column: the run's name, its map, and how well it aligns with the reference."""
    st.html(title(column))
    if there is None:
        reason = "has no map yet: draw it with `explorer atlas`"
        if not column.run.has_latent:
            reason = "is a language model: it has no latent space to map"
        st.info(f"{markdown(column.name)} {reason}.")
        return
    _draw(column, there, by, chosen, words)
    st.caption(_fit(there))
    if there.run.atlas is not None and there.run.atlas.layout_is_noise:
        st.warning("This layout is noise: the posterior means hardly vary.")


def _draw(
    column: Column, there: Aligned, by: str, chosen: int | Box | None, words: Words | None
) -> None:
    run, frame = there.run, there.frame
    atlas = run.atlas
    assert atlas is not None and frame.atlas is not None
    by = by if by in available(atlas) else "length"
    colours = _colours(there, by)
    like = frame if by == "cluster" and not there.is_frame else None
    mark = selection.mark_of(there, chosen, words)
    is_read = map_view.is_read()
    spec = MapSpec(
        points_url=urls.points_url(run, there.view, None if there.is_frame else frame),
        colours_url=urls.colours_url(run, by, like),
        hover_url=urls.hover_url(run),
        decode_url=_lens_url(there) if is_read else "",
        lens_url=_lens_url(there),
        legend=colours.legend,
        kind=colours.kind,
        legend_title=colours.title if by != "cluster" else "",
        # Regions are those of the frame on all maps, with one legend above them.
        show_legend=by != "cluster",
        labels=[] if is_read else _labels(there),  # a narrow map has no room for both
        overlays=[*_ellipses(there), *mark.overlays],
        highlight=selection.highlight_of(there, chosen),
        selected=mark.selected,
        home=there.home,
        axes=there.axes,
        description=f"{_description(there)} {_KEYS}",
        caption=map_caption.caption(run),
        view_parameter="",
        boxes=True,
        link=f"{by}: {[entry.name for entry in colours.legend]}",
        height=HEIGHT,
    )
    event = latent_map(spec, _key(column))
    if event is not None and event.kind == "no_webgl":
        plain = replace(spec, description=_description(there))
        shown = colours if like is None else replace(colours, ids=there.regions)
        map_view.show_plain(run, plain, shown, there.xy, _key(column))


def _lens_url(there: Aligned) -> str:
    onto = None if there.is_frame else there.frame
    return urls.decode_url(there.run, there.view, decode_settings.decoding(there.run), onto)


def _colours(there: Aligned, by: str) -> Colours:
    """Colours and legend; regions are those of the frame."""
    atlas = there.frame.atlas if by == "cluster" else there.run.atlas
    assert atlas is not None
    return colours(atlas, by)


def _key(column: Column) -> str:
    return f"compare_map_{column.number}_{column.run.stamp}"


def _labels(there: Aligned) -> list[dict[str, Any]]:
    """The run's region names, aligned with its map."""
    atlas = there.run.atlas
    assert atlas is not None
    if not there.layout.shows_regions or not atlas.levels:
        return []
    items = atlas.levels[0]  # a narrow map has no room for finer ones
    moved = there.move(np.array([[item.x, item.y] for item in items], np.float64))
    return [
        {"x": x, "y": y, "text": item.name, "level": 0, "size": item.size}
        for item, (x, y) in zip(items, moved.tolist(), strict=True)
    ]


def _ellipses(there: Aligned) -> list[Ellipse]:
    """The prior's circles, which alignment only moves and scales."""
    scale = 1.0 if there.alignment is None else there.alignment.scale
    overlays = []
    for item in there.layout.ellipses:
        (x, y), *_ = there.move(np.array([[float(item.x), float(item.y)]])).tolist()
        overlays.append(Ellipse(x, y, float(item.rx) * scale, float(item.ry) * scale, item.text))
    return overlays


def _fit(there: Aligned) -> str:
    """How well a map aligns with the reference, in words."""
    if there.is_frame:
        return "The other maps are aligned to this one."
    fit, count = there.alignment, len(there.pairs[0])
    if fit is None:
        what = "different sentences" if not count else f"only {count} sentences in common"
        return f"Not aligned to the other maps: it shows {what}, so positions are not comparable."
    text = f"Procrustes-aligned on {count:,} shared sentences (R² **{fit.explained:.2f}**)."
    advice = "" if fit.agrees else " **These two maps do not agree**: compare neighbours instead."
    return text + advice


def _description(there: Aligned) -> str:
    assert there.run.atlas is not None
    view, count = VIEWS[there.view].description, len(there.run.atlas)
    return f"Map of {count:,} sentences of the run {there.run.name}, {view}."
