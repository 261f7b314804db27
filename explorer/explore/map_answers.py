"""What a map asks for while it is used: positions, colours, a sentence, decoded positions."""

from typing import Any

import numpy as np
from jaxtyping import Float

from explorer.errors import ExplorerError
from explorer.explore.aligned_maps import Aligned
from explorer.explore.map_views import FARTHEST, MapView, opacity, relative_distance
from explorer.explore.point_colours import Colours
from explorer.explore.readable_texts import excerpt
from explorer.explore.run import Run
from explorer.models.decoding_settings import Decoding

MAX_POSITIONS = 64
"""Positions decoded for one question."""


def point_bytes(view: MapView | Aligned) -> bytes:
    """The position of every sentence: float32 x, y pairs, little-endian."""
    return np.ascontiguousarray(view.xy, "<f4").tobytes()


def colour_bytes(colours: Colours) -> bytes:
    """The colour of every sentence: a byte each, see `explore.point_colours`."""
    return np.ascontiguousarray(colours.ids, np.uint8).tobytes()


def sentence(run: Run, row: int) -> dict[str, str]:
    """A sentence of the map, its reconstruction as `second`, and a `note`.

    Raises:
        ExplorerError: If the map has no such row.
    """
    atlas = run.needed_atlas
    if not 0 <= row < len(atlas.xy):
        raise ExplorerError(f"i is 0 to {len(atlas.xy) - 1}")
    note = [str(atlas.split[row]), f"{int(atlas.tokens[row])} tokens"]
    if atlas.label is not None:
        note.insert(1, str(atlas.label[row]))
    answer = {"text": excerpt(run, run.texts[row])}
    if run.texts_are_real:
        answer["second"] = atlas.reconstruction[row]
    else:
        note.append("its reconstruction")
    return answer | {"note": " · ".join(note)}


def read_row(text: str) -> int:
    """A row.

    Raises:
        ExplorerError: If it is not a whole number.
    """
    try:
        return int(text)
    except ValueError:
        raise ExplorerError("i must be a whole number") from None


def read_positions(text: str) -> Float[np.ndarray, "n 2"]:
    """Positions written `x,y;x,y`.

    Raises:
        ExplorerError: Unless they are 1 to `MAX_POSITIONS`, of finite numbers within `FARTHEST`.
    """
    try:
        positions = [[float(number) for number in pair.split(",")] for pair in text.split(";")]
    except ValueError:
        positions = []
    is_pairs = all(len(position) == 2 for position in positions)
    array = np.array(positions) if is_pairs else np.empty((0, 2))
    if not 0 < len(array) <= MAX_POSITIONS or not (np.abs(array) <= FARTHEST).all():
        raise ExplorerError(
            f"at must be 1 to {MAX_POSITIONS} positions, x,y;x,y, of finite numbers up to "
            f"{FARTHEST:,.0f}"
        )
    return array


def decoded(
    run: Run, view: MapView | Aligned, xy: Float[np.ndarray, "n 2"], decoding: Decoding
) -> list[dict[str, Any]]:
    """The sentence decoded at each position, as `text`, `opacity` and `distance`.

    `distance` is that from the nearest sentence, in typical distances between neighbours.
    """
    z, distances = view.latents(xy)
    return [
        {
            "text": text,
            "opacity": round(opacity(float(far), run), 2),
            "distance": round(relative_distance(float(far), run), 2),
        }
        for text, far in zip(run.decode(z, decoding), distances, strict=True)
    ]
