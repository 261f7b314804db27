"""What a map says of itself: names of regions, how much it shows, a description."""

from typing import Any

from explorer.explore.map_views import MapView
from explorer.latent_space.map_quality import MAP_MEASURES
from explorer.runs.run_files import Contents

_KEYS = "Arrow keys move, plus and minus zoom, Enter picks the middle."


def region_labels(run: Contents, view: MapView) -> list[dict[str, Any]]:
    """Names of regions, as `MapSpec.labels`, in the view they were clustered in."""
    if not view.shows_regions:
        return []
    return [
        {
            "x": item.x,
            "y": item.y,
            "text": item.name,
            "level": level,
            "size": item.size,
            "parent": item.parent,
        }
        for level, items in enumerate(run.needed_atlas.levels)
        for item in items
    ]


def caption(run: Contents) -> str:
    """How many of the corpus' sentences a map shows."""
    shown, total = len(run.needed_atlas), run.needed_atlas.total
    sample = "" if shown == total else f" of {total:,} (random sample)"
    return f"Each dot is a {run.text_unit}: {shown:,}{sample}."


def quality(run: Contents, view: MapView) -> tuple[str, str] | None:
    """The measures of a layout in words, and what they mean; None where none was taken."""
    entries = [(item, view.quality.get(name)) for name, item in MAP_MEASURES.items()]
    taken = [(item, entry) for item, entry in entries if entry]
    if not taken:
        return None
    shown = " · ".join(item.shown.format(**entry) for item, entry in taken)
    what = " ".join(item.help.format(**entry) for item, entry in taken)
    return shown, what.replace("sentence", run.text_unit)


def description(run: Contents, view: MapView, is_used: bool = True) -> str:
    """For screen readers: what the map shows and, where it `is_used` by keys, the keys."""
    atlas = run.needed_atlas
    names = [item.name for item in atlas.levels[0][:12]] if atlas.levels else []
    regions = f" Its largest regions: {', '.join(names)}." if names else ""
    keys = f" {_KEYS}" if is_used else ""
    what = f"Map of {len(atlas):,} {run.text_unit}s of the run {run.name}, {view.description}."
    return what + regions + keys
