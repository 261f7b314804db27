"""Views of a run's map: where sentences lie, and what lies between them."""

import dataclasses
import math
import zlib
from abc import ABC, abstractmethod
from functools import cached_property
from threading import RLock
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np
from jaxtyping import Float, Float32

from explorer.config import final_model
from explorer.errors import ExplorerError, one_of
from explorer.explore.baseline_fit import LinearBaselines, baselines_of
from explorer.explore.map_overlays import Ellipse
from explorer.latent_space.home_box import HomeBox, home_box
from explorer.latent_space.map_index import locate, relative
from explorer.latent_space.projections import PCA
from explorer.runs.run_files import Contents
from explorer.system.cache import Cache

if TYPE_CHECKING:
    from explorer.latent_space.atlas import Atlas
    from explorer.latent_space.map_index import MapIndex, MapPosition

Latents = Float32[np.ndarray, "m d"]
View = TypeVar("View", bound="MapView")
Positions = Float32[np.ndarray, "m 2"]

FARTHEST = 1e6
"""Bound on a coordinate that a person points at, in units of the map."""
_FAINTEST = 0.35  # opacity of what is far from every sentence
_views: Cache[Any] = Cache(24)


class MapView(ABC):
    """A view of a run's map; create it with `of`. Parts are computed on first use.

    Positions off the data are defined by neighbours: a latent point lies at the weighted mean of
    its latent neighbours' positions, and a position stands for its map neighbours' latent mean.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    """For the control; also the value in a link."""
    help: ClassVar[str]
    description: ClassVar[str]
    """Continues "Map of 100 sentences, …" for screen readers."""
    of_latents: ClassVar[bool] = True
    """Whether positions depend on z."""
    shows_regions: ClassVar[bool] = False
    """Whether the atlas' regions were clustered in this view."""

    def __init__(self, run: Contents) -> None:
        self.run = run
        self._lock = RLock()

    @classmethod
    def of(cls: type[View], run: Contents) -> View:
        """The view of a run, cached."""
        return _views.get((run, cls, *cls._state(run)), lambda: cls(run))

    @classmethod
    def _state(cls, run: Contents) -> tuple[Any, ...]:
        """What may change about a run and changes this view."""
        return ()

    @cached_property
    @abstractmethod
    def xy(self) -> Float32[np.ndarray, "n 2"]:
        """The position of every sentence."""

    @cached_property
    def home(self) -> HomeBox:
        """What its first view shows."""
        return home_box(self.xy)

    @property
    @abstractmethod
    def axes(self) -> dict[str, Any]:
        """Names `x` and `y`, and `units`: whether ticks mean something."""

    @cached_property
    def ellipses(self) -> list[Ellipse]:
        """One and two standard deviations of the prior, where it has a shape in this view."""
        return []

    @property
    def trustworthiness(self) -> dict[str, Any] | None:
        """`value`, `neighbours` and `n` of the projection, if it has been measured."""
        return self.quality.get("trustworthiness")

    @property
    def quality(self) -> dict[str, Any]:
        """Measures of the projection by name; older atlases have trustworthiness alone.

        They are `trustworthiness`, `neighbour_recall`, `silhouette` and `named`.
        """
        return {}

    @property
    def is_ready(self) -> bool:
        """Whether `xy` takes no time."""
        return True

    @cached_property
    def mark(self) -> str:
        """A checksum of the positions, unless the run's stamp determines them."""
        return ""

    def locate(self, z: Latents) -> tuple[Positions, Float32[np.ndarray, " m"]]:
        """Positions of latent points, and each one's Euclidean distance to a sentence's mean."""
        return locate(z, self.atlas.index, self.xy)

    def spread(self, scale: Float32[np.ndarray, " d"]) -> Float[np.ndarray, " 2"] | None:
        """Standard deviations along x and y of a Gaussian of this scale; None without units."""
        return None

    def at(self, x: float, y: float) -> "MapPosition":
        """What lies at a position.

        Raises:
            ExplorerError: If a coordinate is not finite.
        """
        if not (math.isfinite(x) and math.isfinite(y)):
            raise ExplorerError(
                f"a position of the map must be two finite numbers, not {x} and {y}"
            )
        return self._at(x, y)

    def _at(self, x: float, y: float) -> "MapPosition":
        return self.index.at(x, y)

    def latents(
        self, xy: Float[np.ndarray, "m 2"]
    ) -> tuple[Float32[np.ndarray, "m d"], Float[np.ndarray, " m"]]:
        """`z` and `distance` of `at`, for many positions at once."""
        return self.index.latents(xy)

    @property
    def index(self) -> "MapIndex":
        """Neighbours on the map."""
        with self._lock:
            return self._index

    @cached_property
    def _index(self) -> "MapIndex":
        from explorer.latent_space.map_index import MapIndex

        return MapIndex(self.atlas.mean, self.atlas.scale, self.xy, self.atlas.index)

    @property
    def atlas(self) -> "Atlas":
        return self.run.needed_atlas


class UmapView(MapView):
    """The projection stored in the atlas."""

    name = "umap"
    title = "UMAP"
    help = "UMAP keeps neighbours together but stretches noise into islands."
    description = "a UMAP of their latent points"
    shows_regions = True

    @cached_property
    def xy(self) -> Float32[np.ndarray, "n 2"]:
        return self.atlas.xy

    @property
    def axes(self) -> dict[str, Any]:
        return {"x": "UMAP 1", "y": "UMAP 2, no unit", "units": False}

    @property
    def quality(self) -> dict[str, Any]:
        return self.atlas.projection


class PcaView(MapView):
    """The plane of largest variance of the posterior means: exact both ways."""

    name = "pca"
    title = "PCA"
    help = (
        "PCA shows the two directions of largest variance, undistorted, with the ellipses of "
        "the prior."
    )
    description = "the plane of the first two principal components of their latent points"

    @cached_property
    def plane(self) -> PCA:
        return PCA.fit(self.atlas.mean)

    @cached_property
    def xy(self) -> Float32[np.ndarray, "n 2"]:
        return self.plane.transform(self.atlas.mean)

    @property
    def axes(self) -> dict[str, Any]:
        names = [f"PC {i + 1} ({part:.0%})" for i, part in enumerate(self.plane.explained)]
        return {"x": names[0], "y": f"{names[1]}, in units of z", "units": True}

    @cached_property
    def ellipses(self) -> list[Ellipse]:
        model = final_model(self.run.config)
        if model.latent["name"] != "gaussian":
            return []
        name = "prior" if model.prior["name"] == "normal" else "N(0, I)"
        return [
            Ellipse(item.x, item.y, item.radius_x, item.radius_y, f"{name} {item.sigma:g}σ")
            for item in self.plane.ellipses()
        ]

    def locate(self, z: Latents) -> tuple[Positions, Float32[np.ndarray, " m"]]:
        return self.plane.transform(z), self._nearest(z)[1]

    def spread(self, scale: Float32[np.ndarray, " d"]) -> Float[np.ndarray, " 2"] | None:
        return self.plane.spread(scale)

    def _at(self, x: float, y: float) -> "MapPosition":
        z = self.plane.inverse(np.array([[x, y]]))
        row, distance = self._nearest(z)
        return dataclasses.replace(
            self.index.at(x, y), z=z[0], nearest=int(row[0]), distance=float(distance[0])
        )

    def latents(
        self, xy: Float[np.ndarray, "m 2"]
    ) -> tuple[Float32[np.ndarray, "m d"], Float[np.ndarray, " m"]]:
        z = self.plane.inverse(xy)
        return z, self._nearest(z)[1]

    def _nearest(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Atlas index of the sentence nearest to each point, and its distance."""
        index, distance = self.atlas.index.nearest(z, 1, "euclidean")
        return index[:, 0], distance[:, 0]


class WordsView(MapView):
    """PCA of the sentences' TF-IDF vectors."""

    name = "words"
    title = "PCA of the words"
    help = (
        "PCA of the words is a **linear autoencoder** of the same sentences; the model plays no "
        "part in it."
    )
    description = "the plane of the first two principal components of their words"
    of_latents = False

    @classmethod
    def _state(cls, run: Contents) -> tuple[Any, ...]:
        return (run.texts_are_real,)

    @cached_property
    def baselines(self) -> LinearBaselines:
        return baselines_of(self.run)

    @cached_property
    def xy(self) -> Float32[np.ndarray, "n 2"]:
        return self.baselines.plane[0].astype(np.float32)

    @property
    def axes(self) -> dict[str, Any]:
        x, y = self.baselines.plane[1]
        return {"x": f"PC 1 of the words ({x:.0%})", "y": f"PC 2 ({y:.0%})", "units": True}

    @property
    def is_ready(self) -> bool:
        return "xy" in vars(self)

    @cached_property
    def mark(self) -> str:
        return f"{zlib.crc32(self.xy.tobytes()):08x}"


VIEWS: dict[str, type[MapView]] = {view.name: view for view in (UmapView, PcaView, WordsView)}
LATENT_VIEWS = {name: view for name, view in VIEWS.items() if view.of_latents}
DEFAULT_VIEW = UmapView.name


def view_of(run: Contents, name: str = DEFAULT_VIEW) -> MapView:
    """A view of a run by name, cached.

    Raises:
        ExplorerError: If there is no such view.
    """
    one_of("view", name, VIEWS)
    return VIEWS[name].of(run)


def opacity(distance: float, run: Contents) -> float:
    """How opaque the map draws what lies at a latent distance from the nearest sentence.

    Positions are less reliable the farther away: beyond twice the typical distance between
    neighbours, opacity falls with the distance.
    """
    gaps = relative_distance(distance, run)
    return max(_FAINTEST, min(1.0, 2 / gaps)) if gaps > 0 else 1.0


def relative_distance(distance: float, run: Contents) -> float:
    """A latent distance in units of the typical one between a sentence and its nearest other."""
    return relative(distance, UmapView.of(run).index.typical)
