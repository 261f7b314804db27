"""Downloads of the compared maps: a picture of each, and its changed neighbourhoods."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from explorer.explore.aligned_maps import Aligned
from explorer.explore.point_colours import available
from explorer.latent_space.atlas import Atlas
from explorer.runs import folder as folders
from explorer.ui.compare import neighbourhood_changes, selection
from explorer.ui.compare.runs import Column
from explorer.ui.components import charts, download_buttons, reproduce
from explorer.ui.session.selected_rows import Box

POINTS = 3000
"""Points of a picture: enough to read, few enough for vector graphics."""


def show(
    columns: Sequence[Column], maps: Mapping[int, Aligned], by: str, chosen: int | Box | None
) -> None:
    """Each map as aligned to the first, and the sentences whose neighbours changed."""
    for column in columns:
        there = maps[column.number]
        atlas = there.run.atlas
        assert atlas is not None
        lit = selection.highlight_of(there, chosen)
        drawn = charts.plain_map(
            like_frame(there) if by == "cluster" else atlas,
            there.run.texts,
            by=by if by in available(atlas) else "length",
            xy=there.xy,
            axes=there.axes,
            highlight=None if lit is None else lit.tolist(),
            most=POINTS,
            title=column.name,
        )
        download_buttons.chart(
            drawn,
            f"picture_{column.number}",
            f"Map of {column.name}",
            folders.command("export", there.run.folder, "--out map.png"),
            f"map-{column.name}",
        )
        if len(atlas) > POINTS:
            st.caption(f"{POINTS:,} of {len(atlas):,} points, evenly spaced.")
        if not there.is_frame and len(there.pairs[0]):
            name = f"moved-{column.name}"
            command = reproduce.moved(
                folders.typed(there.frame.folder), folders.typed(there.run.folder)
            )
            key = f"moved_{column.number}_files"
            download_buttons.table_files(neighbourhood_changes.table(there), name, key, command)


def like_frame(there: Aligned) -> Atlas:
    """A run's atlas with the regions of the frame; sentences the frame lacks have none."""
    own, frame = there.run.atlas, there.frame.atlas
    assert own is not None and frame is not None
    here, other = there.pairs
    cluster = np.full(len(own), -1, np.int32)
    cluster[here] = frame.cluster[other]
    return dataclasses.replace(own, cluster=cluster, levels=frame.levels)
