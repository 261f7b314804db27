"""The linear ancestors on the map: two more colourings, one more layout, fitted when asked for."""

import zlib
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from jaxtyping import Int

from explorer.explore.point_colours import CHOICES, Colours, available, categories, colours
from explorer.explore.run import Run
from explorer.runs import folder as folders
from explorer.ui.components.escaping import code

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


def prepare(run: Run, view: str, by: str) -> None:
    """Fits what a view or a colouring needs, under a word that says what takes so long."""
    if (view != WORDS and by not in COLOURINGS) or _is_ready(run, view, by):
        return
    with st.spinner("Counting words and fitting them…", show_time=True):
        if view == WORDS:
            places(run)
        if by in COLOURINGS:
            colours_of(run, by)


def _is_ready(run: Run, view: str, by: str) -> bool:
    key = (run.stamp, run.texts_are_real)
    placed = view != WORDS or (key in _keep and "plane" in vars(_keep[key]))
    return placed and (by not in COLOURINGS or (*key, by) in _groups)


def note(run: Run, view: str, by: str) -> None:
    """What is behind a linear layout or colouring: no z at all."""
    told = []
    if view == WORDS:
        told.append("The layout is PCA, a **linear autoencoder**: nothing of the model is in it.")
    if by == "k-means":
        told.append("Colours are clusters of **k-means**, which is EM with hard assignments.")
    elif by == "mixture":
        told.append(
            "Colours are the likeliest components of a **mixture of Gaussians**, fitted by EM."
        )
    if not told:
        return
    found, fit = of(run), folders.command("ancestors", run.folder)
    whose = "the training sentences" if found.is_real else "the model's own words, as no corpus is"
    whose += "" if found.is_real else " here"
    told.append(
        f"Fitted on the TF-IDF of {whose} ({len(found.train):,} of them, {found.words.count:,} "
        f"words); {code(fit)} prints what each comes to."
    )
    st.caption(" ".join(told))
