"""The selected sentences as a table."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Int

from explorer.explore import tags
from explorer.explore.mapped_run import MappedRun


def table_of(run: MappedRun, rows: Int[np.ndarray, " rows"]) -> Mapping[str, Any]:
    """Columns of the selected sentences, in the order of `rows`.

    Args:
        run: The run.
        rows: Atlas indexes.

    Returns:
        `sentence` (or `reconstruction`, where the corpus is not on this machine), `label`,
        `region` and `tags` where there are some, `length` (tokens), `distortion` and `rate`
        (nats), `split`, `row` of the corpus, and the position on the map, `projection_x` and
        `projection_y`.
    """
    atlas, texts = run.needed_atlas, run.texts
    name = "sentence" if run.texts_are_real else "reconstruction"
    columns: dict[str, Any] = {name: [texts[row] for row in rows]}
    if atlas.label is not None:
        columns["label"] = [atlas.label[row] for row in rows]
    if atlas.levels:
        names = [item.name for item in atlas.levels[0]]
        regions = atlas.regions(0)[rows].tolist()
        columns["region"] = [names[number] if number >= 0 else "" for number in regions]
    tagged = tags.column(run)
    if tagged is not None:
        columns["tags"] = [tagged[row] for row in rows]
    columns |= {
        "length": atlas.tokens[rows],
        "distortion": atlas.distortion[rows],
        "rate": atlas.rate[rows],
        "split": [atlas.split[row] for row in rows],
        "row": atlas.row[rows],
        "projection_x": atlas.xy[rows, 0],
        "projection_y": atlas.xy[rows, 1],
    }
    return columns
