"""A run's sentences as points of its map: neighbours, positions, search."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float32

from explorer.explore import text_points
from explorer.explore.arguments import number, string, whole
from explorer.explore.map_views import DEFAULT_VIEW, UmapView, view_of
from explorer.latent_space.neighbours import Neighbour
from explorer.runs.run_files import Contents

if TYPE_CHECKING:
    from explorer.latent_space.map_index import MapIndex, MapPosition
    from explorer.text.text_index import TextIndex

Latents = Float32[np.ndarray, "n latent"]


class MappedRun(Contents, ABC):
    """A run folder and its map."""

    _indexed: "tuple[bool, TextIndex] | None" = None

    @abstractmethod
    def encode(self, texts: Iterable[str]) -> Latents:
        """The posterior mean of each sentence."""

    @property
    def cannot_encode(self) -> str:
        """Why no typed sentence can be encoded, in a sentence; empty if each can.

        A latent space made of given vectors needs the encoder they were made with.
        """
        return text_points.cannot_encode(self)

    @property
    def candidates(self) -> int:
        """Decodes of a point of which `reconstruct` takes the nearest; pages try half as many."""
        return text_points.candidates(self)

    def cosines(self, z: Latents, texts: Sequence[str]) -> Float32[np.ndarray, " n"]:
        """The cosine of each latent point and the sentence beside it, encoded again.

        In a latent space of given vectors, that of the vectors.

        Raises:
            ExplorerError: If the encoder is not at hand (`cannot_encode`).
        """
        return text_points.cosines(self, self._latents(z), texts)

    @abstractmethod
    def _latents(self, z: np.ndarray) -> Latents:
        """Latent points, one a row, checked."""

    @abstractmethod
    def _latent(self, point: str | np.ndarray) -> np.ndarray:
        """One latent point: a sentence's posterior mean, or a vector, checked."""

    def neighbours(self, point: str | np.ndarray, k: int = 10) -> list[Neighbour]:
        """The atlas' sentences nearest to a sentence or latent point, nearest first."""
        k = whole("k", k, 1)
        index, distance = self.needed_atlas.index.nearest(self._latent(point)[None], k)
        texts = self.texts
        return [
            Neighbour(int(row), texts[row], float(far))
            for row, far in zip(index[0], distance[0], strict=True)
        ]

    def locate(self, z: Latents, view: str = DEFAULT_VIEW) -> tuple[np.ndarray, np.ndarray]:
        """Positions of latent points in a view of the map, and distances to the nearest sentence.

        Args:
            z: Latent points, of shape (n, latent).
            view: A key of `explorer.explore.map_views.VIEWS`.

        Returns:
            Map coordinates (n, 2), and Euclidean latent distances (n,).
        """
        return view_of(self, view).locate(self._latents(z))

    @property
    def map_index(self) -> "MapIndex":
        """Neighbours on the UMAP, and the density of the latents."""
        return UmapView.of(self).index

    def at(self, x: float, y: float, view: str = DEFAULT_VIEW) -> "MapPosition":
        """What lies at a position of a view of the map.

        Raises:
            ExplorerError: If there is no such view, or a coordinate is not finite.
        """
        return view_of(self, view).at(number("x", x), number("y", y))

    def search(self, query: str, limit: int = 200) -> np.ndarray:
        """Atlas indexes of the texts that contain all words of a query."""
        query, limit = string("a query", query), whole("limit", limit, 0)
        with self._text_lock:
            return self._index(self.texts_are_real).search(query, limit)

    def matching(self, query: str) -> np.ndarray:
        """All of `search`, ascending."""
        query = string("a query", query)
        with self._text_lock:
            return self._index(self.texts_are_real).matching(query)

    def _index(self, is_real: bool) -> "TextIndex":
        """The index of `texts`, built again once the corpus is present."""
        from explorer.text.text_index import TextIndex

        if self._indexed is None or self._indexed[0] != is_real:
            self._indexed = (is_real, TextIndex(self.texts))
        return self._indexed[1]
