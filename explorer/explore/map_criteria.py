"""From what a person points at on a map to a condition that selects it."""

from explorer.explore.colourings import COLUMN, available, colouring_of
from explorer.explore.column_colours import NO_VALUE
from explorer.explore.column_criteria import FileColumn
from explorer.explore.criteria import Label, Region, Split
from explorer.explore.criterion import Criterion
from explorer.explore.mapped_run import MappedRun
from explorer.explore.point_colours import Colours
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
    if by not in available(run) or not selects_classes(by, colouring_of(run, by).colours_of(run)):
        return None
    legend = colouring_of(run, by).colours_of(run).legend
    name = next((entry.name for entry in legend if entry.id == number), None)
    if name is None:
        return None
    if by in CLASS_CRITERIA:
        return CLASS_CRITERIA[by](name)
    return FileColumn(by.removeprefix(COLUMN), "" if name == NO_VALUE else name)


def selects_classes(by: str, colours: Colours) -> bool:
    """Whether sentences can be selected by a class of these colours."""
    return by in CLASS_CRITERIA or (by.startswith(COLUMN) and colours.kind == "categories")


def of_region(run: MappedRun, index: int) -> Criterion | None:
    """The condition of the coarsest region of a sentence; None where it is in none."""
    atlas = run.needed_atlas
    if not atlas.levels or not 0 <= index < len(atlas):
        return None
    number = int(atlas.regions(0)[index])
    return Region(atlas.levels[0][number].name) if number >= 0 else None
