"""Maps of several runs in one frame: places, region names and colours of the first one's."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Int, UInt8

from explorer.explore.map_views import VIEWS, MapView, view_of
from explorer.explore.point_colours import NO_CLASS, colours
from explorer.explore.run import Run
from explorer.latent_space.map_alignment import LEAST, Registration, moved, register, shared
from explorer.system.cache import Cache

NEIGHBOURS = 10
MOST_MOVED = 4000
"""Shared sentences among which neighbourhoods are compared; more are drawn evenly."""

_aligned: "Cache[Aligned]" = Cache(24)


@dataclass(frozen=True, eq=False)
class Aligned:
    """A run's map laid onto the map of another, the frame. Parts are computed when asked for."""

    run: Run
    frame: Run
    view: str

    @property
    def is_frame(self) -> bool:
        """Whether this map is the one that stays as it is."""
        return self.run is self.frame

    @cached_property
    def pairs(self) -> tuple[Int[np.ndarray, " both"], Int[np.ndarray, " both"]]:
        """Atlas rows of the shared sentences, of this run and the frame; none across corpora."""
        own, other = self.run.atlas, self.frame.atlas
        assert own is not None and other is not None
        if own.corpus_checksum != other.corpus_checksum:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        return shared(own.row, other.row)

    @cached_property
    def registration(self) -> Registration | None:
        """How this map was moved; None for the frame, and where too few sentences are shared."""
        here, there = self.pairs
        if self.is_frame or len(here) < LEAST:
            return None
        return register(self.layout.xy[here], view_of(self.frame, self.view).xy[there])

    @property
    def layout(self) -> MapView:
        """The map as it was."""
        return view_of(self.run, self.view)

    @cached_property
    def xy(self) -> Float32[np.ndarray, "n 2"]:
        """The place of every sentence of this run."""
        return self.move(self.layout.xy)

    def move(self, xy: Float[np.ndarray, "n 2"]) -> Float32[np.ndarray, "n 2"]:
        """Places of the run's own map, on this one."""
        moving = self.registration
        return xy.astype(np.float32) if moving is None else moving(xy)

    def latents(
        self, xy: Float[np.ndarray, "m 2"]
    ) -> tuple[Float32[np.ndarray, "m d"], Float[np.ndarray, " m"]]:
        """What this run has at places of this map: latent points, distances to a sentence."""
        moving = self.registration
        return self.layout.latents(xy if moving is None else moving.back(xy))

    @property
    def axes(self) -> dict[str, Any]:
        """Axes have units only on a plane that nothing moved; a moved map's are the frame's."""
        if self.registration is None:
            return self.layout.axes
        name = VIEWS[self.view].title
        return {"x": name, "y": f"laid onto {self.frame.name}", "units": False}

    @cached_property
    def regions(self) -> UInt8[np.ndarray, " n"]:
        """The colour of the frame's region for every shared sentence; grey for the others."""
        here, there = self.pairs
        assert self.run.atlas is not None and self.frame.atlas is not None
        found = np.full(len(self.run.atlas), NO_CLASS, np.uint8)
        found[here] = colours(self.frame.atlas, "cluster").ids[there]
        return found

    @cached_property
    def compared(self) -> Int[np.ndarray, " some"]:
        """Places in `pairs` of the sentences whose neighbourhoods are compared."""
        count = len(self.pairs[0])
        return np.linspace(0, count - 1, min(count, MOST_MOVED)).round().astype(np.int64)

    @cached_property
    def moved(self) -> Float[np.ndarray, " some"]:
        """How much the neighbourhood of each compared sentence changed, 0 to 1."""
        here, there = (rows[self.compared] for rows in self.pairs)
        assert self.run.atlas is not None and self.frame.atlas is not None
        return moved(self.frame.atlas.mean[there], self.run.atlas.mean[here], NEIGHBOURS)


def aligned(run: Run, frame: Run, view: str) -> Aligned:
    """A run's map laid onto that of another run, cached."""
    return _aligned.get((run, frame, view), lambda: Aligned(run, frame, view))
