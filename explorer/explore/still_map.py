"""A picture of a map: its points in the colours of their regions, on a transparent ground."""

import io

import numpy as np
from jaxtyping import Float

from explorer.explore.point_colours import NO_CLASS, Colours

LONGEST = 1100
"""Pixels of the longer side."""
_SIDE = 4
_DISC = [(i, k) for i in range(_SIDE) for k in range(_SIDE) if {i, k} - {0, _SIDE - 1}]
"""Pixels of a point: a square without its corners. The picture is shown at half its size."""
_OPACITY = 0.6
_GREY = (150, 155, 166)


def png(xy: Float[np.ndarray, "n 2"], colours: Colours) -> bytes:
    """The points within their bounding box, as a PNG.

    Args:
        xy: Positions.
        colours: Of the points, in classes.
    """
    from PIL import Image

    low, high = xy.min(axis=0), xy.max(axis=0)
    span = np.maximum(high - low, 1e-9)
    width, height = np.maximum(np.round(LONGEST * span / span.max()).astype(int), _SIDE)
    column = np.minimum(((xy[:, 0] - low[0]) / span[0] * (width - 1)).astype(int), width - _SIDE)
    row = np.minimum(((high[1] - xy[:, 1]) / span[1] * (height - 1)).astype(int), height - _SIDE)
    palette = np.full((256, 3), _GREY, float)
    for entry in colours.legend:
        palette[entry.id] = [int(entry.colour[k : k + 2], 16) for k in (1, 3, 5)]
    palette[NO_CLASS] = _GREY
    total = np.zeros((height, width, 3))
    count = np.zeros((height, width))
    # Where several points lie, their colours are averaged.
    for dx, dy in _DISC:
        np.add.at(total, (row + dy, column + dx), palette[colours.ids])
        np.add.at(count, (row + dy, column + dx), 1)
    image = np.zeros((height, width, 4), np.uint8)
    drawn = count > 0
    image[drawn, :3] = np.round(total[drawn] / count[drawn, None])
    image[drawn, 3] = np.round(255 * (1 - (1 - _OPACITY) ** count[drawn]))
    file = io.BytesIO()
    Image.fromarray(image).quantize(128).save(file, "PNG", optimize=True)
    return file.getvalue()
