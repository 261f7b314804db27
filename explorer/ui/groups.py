"""Groups of sentences that a direction can lead between: by label, by length, by region."""

from dataclasses import dataclass

import numpy as np
import streamlit as st
from jaxtyping import Int

from explorer.run import Run
from explorer.space.arithmetic import separation

LONG, SHORT = "long sentences", "short sentences"

_LEAST = 5  # sentences of a group
_MOST = 40  # labels, and regions, listed
_TAIL = 0.2  # share of the sentences that are called short, and long


@dataclass(frozen=True, eq=False)
class Groups:
    """The groups of a run, those by label first."""

    rows: dict[str, Int[np.ndarray, " members"]]
    """Atlas rows of each group."""
    has_labels: bool

    def start(self) -> tuple[str, str] | None:
        """Towards which group, and away from which; None where there are not two."""
        names = list(self.rows)
        if len(names) < 2:
            return None
        return (LONG, SHORT) if not self.has_labels and LONG in names else (names[0], names[1])


def groups(run: Run) -> Groups:
    """The groups of a run's map that hold enough sentences."""
    return _groups(run, run.stamp)


@st.cache_data(max_entries=8, show_spinner=False)
def _groups(_run: Run, stamp: str) -> Groups:
    atlas = _run.atlas
    assert atlas is not None
    found = {}
    if atlas.label is not None:
        labels, place, count = np.unique(atlas.label, return_inverse=True, return_counts=True)
        for number in np.argsort(-count, kind="stable")[:_MOST]:
            found[f"label {labels[number] or '(empty)'}"] = np.flatnonzero(place == number)
    low, high = np.quantile(atlas.tokens, [_TAIL, 1 - _TAIL])
    has_labels = sum(len(rows) >= _LEAST for rows in found.values()) > 1
    if low < high:
        found[LONG] = np.flatnonzero(atlas.tokens >= high)
        found[SHORT] = np.flatnonzero(atlas.tokens <= low)
    if atlas.levels:
        region = atlas.regions(0)
        for item in atlas.levels[0][:_MOST]:
            found[f"region {item.name}"] = np.flatnonzero(region == item.id)
    return Groups({name: rows for name, rows in found.items() if len(rows) >= _LEAST}, has_labels)


def means(run: Run, towards: str, away: str) -> tuple[np.ndarray, np.ndarray]:
    """The means of two groups: where the direction starts, and where it leads."""
    atlas = run.atlas
    assert atlas is not None
    rows = groups(run).rows
    start, end = (atlas.mean[rows[name]].mean(axis=0) for name in (away, towards))
    return start, end


def apart(run: Run, towards: str, away: str) -> float | None:
    """How well the direction tells sentences apart that it was not made of: Cohen's d."""
    atlas = run.atlas
    assert atlas is not None
    rows = groups(run).rows
    return separation(atlas.mean[rows[towards]], atlas.mean[rows[away]])
