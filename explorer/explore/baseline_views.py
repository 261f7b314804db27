"""The linear ancestors on the map: two more colourings, one more layout, fitted when asked for."""

import zlib
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Int

from explorer.explore.point_colours import CHOICES, Colours, available, categories, colours
from explorer.explore.run import Run

if TYPE_CHECKING:
    from explorer.explore.baseline_fit import Ancestry

WORDS = "words"
"""The layout's name in `Layout.view`."""
LAYOUT = "PCA of the words"
COLOURINGS = {
    "k-means": "Cluster of k-means",
    "mixture": "Component of the mixture",
}
"""What points can be coloured by besides `CHOICES`, with the title of the legend."""

_keep: dict[tuple[str, bool], "Ancestry"] = {}
_groups: dict[tuple[str, bool, str], Colours] = {}
_KEPT = 4
_fitting = Lock()


def of(run: Run) -> "Ancestry":
    """The ancestors of a run on its map; what was fitted is kept."""
    from explorer.explore.baseline_fit import ancestry

    key = (run.stamp, run.texts_are_real)
    found = _keep.get(key)
    if found is None or found.run is not run:
        while len(_keep) >= _KEPT:
            gone = next(iter(_keep))
            _keep.pop(gone, None)
            for name in COLOURINGS:
                _groups.pop((*gone, name), None)
        found = _keep[key] = ancestry(run)
    return found


def choices(run: Any) -> list[str]:
    """What a run's map can be coloured by."""
    assert run.atlas is not None
    return [*available(run.atlas), *COLOURINGS]


def title(by: str) -> str:
    """Of the legend."""
    return COLOURINGS.get(by) or CHOICES[by]


def colours_of(run: Any, by: str) -> Colours:
    """A colour for every sentence of the map, by any of `choices`."""
    assert run.atlas is not None
    if by not in COLOURINGS:
        return colours(run.atlas, by)
    key = (run.stamp, run.texts_are_real, by)
    with _fitting:
        found = of(run)
        if key not in _groups:
            group = found.group(by)
            _groups[key] = categories(group, _names(run, group), COLOURINGS[by])
        return _groups[key]


def _names(run: Run, group: Int[np.ndarray, " n"]) -> list[str]:
    """Groups by their telling words, as the regions of the map are named."""
    from explorer.latent_space.cluster_names import Namer

    return Namer(run.texts).names(group)


def mark(run: Any, view: str, by: str) -> str:
    """Distinguishes, in an address that is kept for good, what a run's stamp does not."""
    told = b""
    if view == WORDS:
        told += places(run).tobytes()
    if by in COLOURINGS:
        told += colours_of(run, by).ids.tobytes()
    return f"&of={zlib.crc32(told):08x}" if told else ""


def places(run: Run) -> np.ndarray:
    """Where every sentence stands on the plane of PCA of the words."""
    with _fitting:
        return of(run).plane[0].astype(np.float32)


def axes(run: Run) -> dict[str, object]:
    """Names of that plane's axes."""
    with _fitting:
        x, y = of(run).plane[1]
    return {"x": f"PC 1 of the words ({x:.0%})", "y": f"PC 2 ({y:.0%})", "units": True}


def is_ready(run: Run, view: str, by: str) -> bool:
    """Whether nothing is left to fit for a view and a colouring."""
    key = (run.stamp, run.texts_are_real)
    placed = view != WORDS or (key in _keep and "plane" in vars(_keep[key]))
    return placed and (by not in COLOURINGS or (*key, by) in _groups)
