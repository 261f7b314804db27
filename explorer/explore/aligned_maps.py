"""Maps of several runs in one frame: positions, regions and colours of the first one's."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Int, UInt8

from explorer.explore.map_views import VIEWS, MapView, view_of
from explorer.explore.point_colours import NO_CLASS, colours
from explorer.explore.run import Run
from explorer.latent_space.home_box import HomeBox, home_box
from explorer.latent_space.map_alignment import MIN_SHARED, MapAlignment, align, moved, shared
from explorer.system.cache import Cache

NEIGHBOURS = 10
MAX_COMPARED = 4000
"""Shared sentences among which neighbourhoods are compared, evenly spaced if there are more."""

_aligned: "Cache[Aligned]" = Cache(24)


@dataclass(frozen=True, eq=False)
class Aligned:
    """A run's map aligned with the map of another, the frame. Parts are computed on first use."""

    run: Run
    frame: Run
    view: str

    @property
    def is_frame(self) -> bool:
        """Whether this map is the one that others are aligned with."""
        return self.run is self.frame

    @cached_property
    def pairs(self) -> tuple[Int[np.ndarray, " both"], Int[np.ndarray, " both"]]:
        """Atlas indexes of shared sentences, in this run and the frame; none across corpora."""
        here, there = self.run.needed_atlas, self.frame.needed_atlas
        if here.corpus_checksum != there.corpus_checksum:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        return shared(here.row, there.row)

    @cached_property
    def alignment(self) -> MapAlignment | None:
        """None for the frame, and where too few sentences are shared."""
        here, there = self.pairs
        if self.is_frame or len(here) < MIN_SHARED:
            return None
        return align(self.layout.xy[here], view_of(self.frame, self.view).xy[there])

    @property
    def layout(self) -> MapView:
        """The run's map before alignment."""
        return view_of(self.run, self.view)

    @cached_property
    def xy(self) -> Float32[np.ndarray, "n 2"]:
        """The position of every sentence of this run, in the frame."""
        return self.move(self.layout.xy)

    @cached_property
    def home(self) -> HomeBox:
        """What the first view of the aligned map shows."""
        return home_box(self.xy)

    def move(self, xy: Float[np.ndarray, "n 2"]) -> Float32[np.ndarray, "n 2"]:
        """Positions on the run's map, in the frame."""
        return xy.astype(np.float32) if self.alignment is None else self.alignment(xy)

    def latents(
        self, xy: Float[np.ndarray, "m 2"]
    ) -> tuple[Float32[np.ndarray, "m d"], Float[np.ndarray, " m"]]:
        """This run's latent points at positions in the frame, and distances to a sentence."""
        return self.layout.latents(xy if self.alignment is None else self.alignment.inverse(xy))

    @property
    def axes(self) -> dict[str, Any]:
        """The view's axes; without units on an aligned map."""
        if self.alignment is None:
            return self.layout.axes
        name = VIEWS[self.view].title
        return {"x": name, "y": f"aligned to {self.frame.name}", "units": False}

    @cached_property
    def regions(self) -> UInt8[np.ndarray, " n"]:
        """The colour of the frame's region for every shared sentence; grey for the others."""
        here, there = self.pairs
        ids = np.full(len(self.run.needed_atlas), NO_CLASS, np.uint8)
        ids[here] = colours(self.frame.needed_atlas, "cluster").ids[there]
        return ids

    @cached_property
    def compared(self) -> Int[np.ndarray, " some"]:
        """Indexes into `pairs` of the sentences whose neighbourhoods are compared."""
        count = len(self.pairs[0])
        return np.linspace(0, count - 1, min(count, MAX_COMPARED)).round().astype(np.int64)

    @cached_property
    def moved(self) -> Float[np.ndarray, " some"]:
        """How far the neighbourhood of each compared sentence differs, 0 to 1."""
        here, there = (rows[self.compared] for rows in self.pairs)
        return moved(
            self.frame.needed_atlas.mean[there], self.run.needed_atlas.mean[here], NEIGHBOURS
        )


def aligned(run: Run, frame: Run, view: str) -> Aligned:
    """A run's map aligned with that of another run, cached."""
    return _aligned.get((run, frame, view), lambda: Aligned(run, frame, view))
