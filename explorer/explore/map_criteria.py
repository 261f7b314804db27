"""From what a person points at on a map to a condition that selects it."""

from explorer.explore.colourings import COLOURINGS
from explorer.explore.criteria import Label, Region, Split
from explorer.explore.criterion import Criterion
from explorer.explore.mapped_run import MappedRun
from explorer.explore.tags import Tag

CLASS_CRITERIA: dict[str, type[Label | Region | Split | Tag]] = {
    "label": Label,
    "cluster": Region,
    "split": Split,
    "tag": Tag,
}
"""Colourings whose classes can be selected."""


def of_class(run: MappedRun, by: str, number: int) -> Criterion | None:
    """The condition of a class of the legend; None where there is no such class.

    Args:
        run: The run.
        by: The colouring.
        number: Of the class in the legend.
    """
    if by not in CLASS_CRITERIA:
        return None
    legend = COLOURINGS[by].colours_of(run).legend
    return next((CLASS_CRITERIA[by](entry.name) for entry in legend if entry.id == number), None)


def of_region(run: MappedRun, index: int) -> Criterion | None:
    """The condition of the coarsest region of a sentence; None where it is in none."""
    atlas = run.needed_atlas
    if not atlas.levels or not 0 <= index < len(atlas):
        return None
    number = int(atlas.regions(0)[index])
    return Region(atlas.levels[0][number].name) if number >= 0 else None
