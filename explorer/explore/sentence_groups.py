"""Groups of a map's sentences, between which a direction leads.

By label, length and region; by words they contain; by a rectangle of the map.
"""

import re
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from explorer.errors import ExplorerError
from explorer.explore.group_scores import MIN_SIZE
from explorer.explore.map_views import LATENT_VIEWS, VIEWS
from explorer.explore.run import Run
from explorer.latent_space.arithmetic import separation

LONG, SHORT = "long sentences", "short sentences"
_LABEL, _REGION = "label ", "region "
_MAX_LISTED = 40  # labels, and regions
_TAIL = 0.2  # fraction of the sentences that count as short, and as long
_NUMBER = r"([-−]?\d+(?:\.\d+)?(?:e[-+]?\d+)?)"
_RECTANGLE = re.compile(
    rf"({'|'.join(LATENT_VIEWS)}) {_NUMBER} to {_NUMBER}, {_NUMBER} to {_NUMBER}",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True, eq=False)
class Groups:
    """The named groups of a map, those by label first."""

    rows: dict[str, Int[np.ndarray, " members"]]
    """Atlas rows of each group."""
    has_labels: bool

    def start(self) -> tuple[str, str] | None:
        """Default groups, towards and away from; None where there are not two."""
        names = list(self.rows)
        if len(names) < 2:
            return None
        return (LONG, SHORT) if not self.has_labels and LONG in names else (names[0], names[1])


def groups_of(run: Run) -> Groups:
    """The named groups with enough sentences.

    Raises:
        ExplorerError: If the run has no map.
    """
    atlas = run.needed_atlas
    groups = {}
    if atlas.label is not None:
        # As objects: an array of strings allocates the longest length for every row.
        labels, inverse, count = np.unique(
            np.array(atlas.label, object), return_inverse=True, return_counts=True
        )
        for number in np.argsort(-count, kind="stable")[:_MAX_LISTED]:
            groups[f"{_LABEL}{labels[number] or '(empty)'}"] = np.flatnonzero(inverse == number)
    low, high = np.quantile(atlas.tokens, [_TAIL, 1 - _TAIL])
    has_labels = sum(len(rows) >= MIN_SIZE for rows in groups.values()) > 1
    if low < high:
        groups[LONG] = np.flatnonzero(atlas.tokens >= high)
        groups[SHORT] = np.flatnonzero(atlas.tokens <= low)
    if atlas.levels:
        region = atlas.regions(0)
        for item in atlas.levels[0][:_MAX_LISTED]:
            groups[f"{_REGION}{item.name}"] = np.flatnonzero(region == item.id)
    return Groups(
        {name: rows for name, rows in groups.items() if len(rows) >= MIN_SIZE}, has_labels
    )


def is_own_name(name: str) -> bool:
    """Whether a name is that of a label or region, perhaps of another map."""
    return name.startswith((_LABEL, _REGION))


def rectangle(view: str, box: tuple[float, float, float, float]) -> str:
    """The name of the group of the sentences in a rectangle: left, right, bottom, top."""
    left, right, bottom, top = (f"{side:.4g}" for side in box)
    return f"{view} {left} to {right}, {bottom} to {top}"


def title(known: Groups, name: str) -> str:
    """A group's title: a rectangle without its sides, typed words in quotes."""
    if name in known.rows:
        return name
    match = _RECTANGLE.fullmatch(name.strip())
    return f"rectangle of the {VIEWS[match[1].lower()].title}" if match else f"“{name}”"


def members(run: Run, known: Groups, name: str) -> Int[np.ndarray, " members"]:
    """Atlas rows of a group: a named one, a rectangle, or the sentences with words.

    Args:
        run: The run.
        known: The map's named groups.
        name: Of one of them; as `rectangle` writes it, in a view of `LATENT_VIEWS`; or words.

    Raises:
        ExplorerError: If it has fewer than `MIN_SIZE` sentences.
    """
    rows = known.rows.get(name)
    if rows is None:
        rows = _within(run, name)
    if rows is None:
        rows = np.sort(run.search(name, limit=len(run.texts)))
    if len(rows) < MIN_SIZE:
        many = {0: "no sentence", 1: "a single sentence"}.get(
            len(rows), f"only {len(rows)} sentences"
        )
        raise ExplorerError(
            f"{title(known, name)}: {many} of this map; a direction needs {MIN_SIZE} on each side"
        )
    return rows


def ends(run: Run, known: Groups, away: str, towards: str) -> tuple[np.ndarray, np.ndarray]:
    """The means of two groups: where the direction starts, and where it leads.

    Raises:
        ExplorerError: If one of them is too small.
    """
    start, end = (
        run.needed_atlas.mean[members(run, known, name)].mean(axis=0) for name in (away, towards)
    )
    return start, end


def apart(run: Run, known: Groups, away: str, towards: str) -> float | None:
    """How well the direction separates sentences it was not computed from: Cohen's d."""
    mean = run.needed_atlas.mean
    return separation(mean[members(run, known, towards)], mean[members(run, known, away)])


def _within(run: Run, name: str) -> Int[np.ndarray, " members"] | None:
    """The rows in a rectangle; None where the name is not one."""
    match = _RECTANGLE.fullmatch(name.strip())
    if match is None:
        return None
    left, right, bottom, top = (float(side.replace("−", "-")) for side in match.groups()[1:])
    x, y = VIEWS[match[1].lower()].of(run).xy.T
    return np.flatnonzero((x >= left) & (x <= right) & (y >= bottom) & (y <= top))
