"""A path between two sentences, decoded one way or both, and what is told about it."""

from dataclasses import dataclass

import numpy as np
import streamlit as st
from jaxtyping import Float, Float32

from explorer.explore.map_views import Layout
from explorer.explore.run import Run
from explorer.models.decoding_settings import Decoding
from explorer.ui.components.escaping import plain
from explorer.ui.session import state

WAYS = {"linear": "Linear", "spherical": "Spherical"}
"""Ways, with the words for a person, which are also their values in the address."""

_STEP = "step"
_NEXT = "_next_end"
_TYPICAL = 500  # sentences whose density is the scale of a path's


@dataclass(frozen=True, eq=False)
class Way:
    """One way from A to B."""

    z: Float32[np.ndarray, "steps latent"]
    texts: list[str]

    @property
    def distinct(self) -> int:
        """Different sentences on the way."""
        return len(set(self.texts))

    @property
    def told(self) -> str:
        """How many different sentences there are on the way, as Markdown."""
        count = len(self.texts)
        if self.distinct == 1:
            return f"**One sentence** at all {count} steps"
        return f"**{self.distinct}** different sentences in {count} steps"


def examples(run: Run) -> tuple[str, str]:
    """Two sentences of the map to start with."""
    texts = run.texts
    first, last = texts[len(texts) // 5], texts[4 * len(texts) // 5]
    return state.shortened(first), state.shortened(last)


def both(run: Run, a: str, b: str, steps: int, decoding: Decoding) -> dict[str, Way]:
    """The path both ways."""
    return {way: walk(run, a, b, steps, decoding, way) for way in WAYS}


def walk(run: Run, a: str, b: str, steps: int, decoding: Decoding, way: str) -> Way:
    """The path one way, decoded by itself: drawn words depend on what is decoded beside them."""
    return _walk(run, run.stamp, a, b, steps, decoding, way)


@st.cache_data(max_entries=128, show_spinner=False)
def _walk(_run: Run, stamp: str, a: str, b: str, steps: int, decoding: Decoding, way: str) -> Way:
    z = _run.path(a, b, steps, way == "spherical")
    return Way(z, _run.decode(z, decoding))


def densities(run: Run, way: Way) -> tuple[Float[np.ndarray, " steps"], float] | None:
    """Log q(z) at every step, and its median at sentences; None for a model without density.

    At a sentence q is that of the others: a step between two has no posterior of its own.
    Nor is there one where posteriors are no Gaussians: on a sphere, in a cube, of codes.
    """
    from explorer.evaluation.prior_diagnostics import has_gaussian_posterior

    if not has_gaussian_posterior(run.model):
        return None
    there = run.map_index.log_density(way.z)
    return None if there is None else (there, _typical_density(run, run.stamp))


@st.cache_data(max_entries=8, show_spinner=False)
def _typical_density(_run: Run, stamp: str) -> float:
    assert _run.atlas is not None
    count = len(_run.atlas)
    rows = np.linspace(0, count - 1, min(count, _TYPICAL)).round().astype(int)
    own = rows if count > 1 else None
    found = _run.map_index.log_density(_run.atlas.mean[rows], without=own)
    return float(np.median(found)) if found is not None else 0.0


def take_end(run: Run, layout: Layout, pick: state.Pick | None) -> None:
    """A pick on the map becomes A, the next one B, and so on."""
    text = text_at(run, layout, pick)
    if text is None:
        return
    end = next_end()
    st.session_state[end] = text
    st.session_state[_NEXT] = "to" if end == "from" else "from"


def text_at(run: Run, layout: Layout, pick: state.Pick | None) -> str | None:
    """The sentence that a click on the map means, as far as it is read; None for no click."""
    if isinstance(pick, state.Point):
        return state.shortened(run.texts[pick.index])
    if isinstance(pick, state.Spot):
        return run.decode(layout.at(pick.x, pick.y).z[None])[0]
    return None


def next_end() -> str:
    """Which end the next pick on the map sets, an empty one first: `from` or `to`."""
    known = st.session_state
    empty = (end for end in ("from", "to") if end in known and not (known[end] or "").strip())
    return next(empty, known.get(_NEXT, "from"))


def swap() -> None:
    """Exchanges the two sentences."""
    known = st.session_state
    known["from"], known["to"] = known.get("to", ""), known.get("from", "")


def read_step(steps: int) -> int:
    """The step an address names, within the path; 0 for anything else."""
    text = st.query_params.get(_STEP, "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 1
    return min(max(number - 1, 0), steps - 1)


def write_step(step: int) -> None:
    """Puts the step into the address, counted from 1."""
    wanted = str(step + 1)
    if st.query_params.get(_STEP, "1") != wanted:
        st.query_params[_STEP] = wanted


def compare(ways: dict[str, Way]) -> None:
    """Every step both ways, side by side."""
    for column, (name, way) in zip(st.columns(2), ways.items(), strict=True):
        column.markdown(f"**{WAYS[name]}** · {way.told}")
        column.html("".join(plain(f"{i}. {text}", True) for i, text in enumerate(way.texts, 1)))


def table(ways: dict[str, Way]) -> dict[str, list]:
    """Every step both ways, for a file."""
    steps = len(next(iter(ways.values())).texts)
    return {"step": list(range(1, steps + 1)), **{name: way.texts for name, way in ways.items()}}
