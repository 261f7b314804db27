"""How far a map can be trusted: its neighbours and its regions, beside those in latent space."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from explorer.latent_space.random_rows import draw

NEIGHBOURS = 15
_POINTS = 3000
"""Points that are asked for their neighbours, drawn evenly."""


def trustworthiness(
    mean: Float[np.ndarray, "n d"], xy: Float[np.ndarray, "n 2"], seed: int = 0
) -> tuple[float, int] | None:
    """Whether neighbours on the map are neighbours in latent space, on at most 3,000 points.

    Returns:
        The measure (1 is best, a random map about 0.5) with 15 neighbours, and the number of
        points it was measured on; None below 32 points, where it is not defined.

    Source:
        Venna and Kaski (2001), Neighborhood preservation in nonlinear projection methods.
    """
    from sklearn.manifold import trustworthiness as measure

    if len(mean) <= 2 * NEIGHBOURS + 1:
        return None
    rows = draw(len(mean), _POINTS, seed)
    return float(measure(mean[rows], xy[rows], n_neighbors=NEIGHBOURS)), len(rows)


def neighbour_cosine(
    xy: Float[np.ndarray, "n 2"], vectors: Float[np.ndarray, "n dim"], seed: int = 0
) -> tuple[float, int] | None:
    """How similar neighbours on the map are to a pre-trained sentence encoder.

    Args:
        xy: Positions on the map.
        vectors: Unit vectors of the sentences.
        seed: Draws the points.

    Returns:
        The mean cosine of a sentence's vector with those of its 15 neighbours, and the number of
        points it was measured on, at most 3,000; None below 32 points.
    """
    from sklearn.neighbors import NearestNeighbors

    if len(xy) <= 2 * NEIGHBOURS + 1:
        return None
    rows = draw(len(xy), _POINTS, seed)
    index = NearestNeighbors(n_neighbors=NEIGHBOURS + 1).fit(xy)
    near = index.kneighbors(xy[rows], return_distance=False)
    cosines = [
        float((vectors[_without(ids, row)] @ vectors[row]).mean())
        for ids, row in zip(near.tolist(), rows.tolist(), strict=True)
    ]
    return float(np.mean(cosines)), len(rows)


def neighbour_recall(
    mean: Float[np.ndarray, "n d"], xy: Float[np.ndarray, "n 2"], seed: int = 0
) -> tuple[float, int] | None:
    """The fraction of the 15 nearest points in latent space that are among the 15 on the map.

    Returns:
        The mean over at most 3,000 points, whose neighbours are looked for among all points, and
        the number of those points; None below 32 points. A random map has 15 / (n − 1).
    """
    from sklearn.neighbors import NearestNeighbors

    if len(mean) <= 2 * NEIGHBOURS + 1:
        return None
    rows = draw(len(mean), _POINTS, seed)
    nearest = []
    for points in (mean, xy):
        index = NearestNeighbors(n_neighbors=NEIGHBOURS + 1).fit(points)
        rows_near = index.kneighbors(points[rows], return_distance=False)
        nearest.append(
            [
                _without(own, row)
                for own, row in zip(rows_near.tolist(), rows.tolist(), strict=True)
            ]
        )
    shared = [len(set(a) & set(b)) for a, b in zip(*nearest, strict=True)]
    return float(np.mean(shared)) / NEIGHBOURS, len(rows)


def silhouettes(
    mean: Float[np.ndarray, "n d"],
    xy: Float[np.ndarray, "n 2"],
    region: Int[np.ndarray, " n"],
    seed: int = 0,
) -> dict[str, Any]:
    """How well regions of the map are separated in latent space (`z`) and on the map (`map`).

    Args:
        mean: Latent points.
        xy: Their positions.
        region: Of each; −1 for none.
        seed: Of the draw of at most 3,000 points within regions, whose number is `n`.

    Returns:
        Mean silhouettes, −1 to 1; empty where there are not two regions.

    Source:
        Rousseeuw (1987), doi:10.1016/0377-0427(87)90125-7.
    """
    from sklearn.metrics import silhouette_score

    inside = np.flatnonzero(region >= 0)
    inside = inside[draw(len(inside), _POINTS, seed)]
    kinds = len(np.unique(region[inside]))
    if not 2 <= kinds < len(inside):
        return {}
    values = (float(silhouette_score(points[inside], region[inside])) for points in (mean, xy))
    z, on_map = (round(value, 4) for value in values)
    return {"z": z, "map": on_map, "n": len(inside)}


def _without(nearest: Sequence[int], row: int) -> list[int]:
    """The neighbours but the point itself, which equal points may displace from the first."""
    return [other for other in nearest if other != row][:NEIGHBOURS]


@dataclass(frozen=True, slots=True)
class MapMeasure:
    """A measure of a map, as an atlas stores it: a table of numbers."""

    title: str
    shown: str
    """The note under the map, with the numbers in braces."""
    help: str
    measure: Callable[..., tuple[float, int] | None] | None = None
    """From means, positions and a seed to a value and the points it rests on; None for a measure
    of the regions, which their clustering makes."""
    keys: tuple[str, ...] = ("value",)
    """The numbers that `shown` and `help` use; the first is compared with that of another map."""

    def is_valid(self, entry: Any) -> bool:
        """Whether an entry of an untrusted atlas has these numbers."""
        if not isinstance(entry, Mapping):
            return False
        numbers = [entry.get(key) for key in self.keys]
        return all(isinstance(item, int | float) and abs(item) < 1e30 for item in numbers)

    def value(self, entry: Any) -> float | None:
        """The number to compare; None where it was not measured."""
        return float(entry[self.keys[0]]) if self.is_valid(entry) else None


MAP_MEASURES = {
    "trustworthiness": MapMeasure(
        "Trustworthiness",
        "Trustworthiness of the layout **{value:.2f}**",
        "Trustworthiness: how many of the neighbours on the map are neighbours in latent space; "
        "1 is best, a random map has 0.5; {neighbours} neighbours, {n:,} points.",
        trustworthiness,
        ("value", "neighbours", "n"),
    ),
    "neighbour_recall": MapMeasure(
        "Neighbour recall",
        "neighbours preserved **{value:.0%}**",
        "Neighbours preserved: the fraction of a sentence's {neighbours} nearest neighbours in "
        "latent space that are among its nearest on the map.",
        neighbour_recall,
        ("value", "neighbours"),
    ),
    "neighbour_cosine": MapMeasure(
        "Neighbour similarity",
        "neighbour similarity **{value:.2f}**",
        "Neighbour similarity: the mean cosine similarity between the embedding of a sentence, "
        "from a pre-trained sentence encoder, and those of its {neighbours} neighbours on the "
        "map.",
        keys=("value", "neighbours"),
    ),
    "silhouette": MapMeasure(
        "Silhouette",
        "silhouette of the regions **{map:.2f}**, in z **{z:.2f}**",
        "Silhouette: how well separated the largest regions are, −1 to 1, on the map and in "
        "latent space. Near 0 in z, the map shows borders that do not exist.",
        keys=("map", "z"),
    ),
    "named": MapMeasure(
        "Names that fit",
        "names fit **{value:.0%}**",
        "Names fit: the fraction of the sentences in the largest regions whose reconstruction "
        "contains an informative word of the region's name, or a phrase from it.",
    ),
}
"""Measures by the name of their entry in `Layout.meta`."""


def measured(
    mean: Float[np.ndarray, "n d"], xy: Float[np.ndarray, "n 2"], seed: int = 0
) -> dict[str, Any]:
    """The measures of a layout that need no regions; without those too few points have."""
    results = {
        name: item.measure(mean, xy, seed)
        for name, item in MAP_MEASURES.items()
        if item.measure is not None
    }
    return {
        name: {"value": round(result[0], 4), "neighbours": NEIGHBOURS, "n": result[1]}
        for name, result in results.items()
        if result is not None
    }
