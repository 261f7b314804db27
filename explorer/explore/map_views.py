"""The two views of a map: where sentences stand, and what lies at a place between them."""

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Float32

from explorer.config import final_model
from explorer.errors import ExplorerError
from explorer.explore import baseline_views
from explorer.explore.map_overlays import Ellipse
from explorer.explore.run import Run
from explorer.latent_space.map_index import place
from explorer.latent_space.projections import PCA
from explorer.runs import folder as folders

if TYPE_CHECKING:
    from explorer.latent_space.map_index import MapIndex, Place

NAMES = {"umap": "UMAP", "pca": "PCA"}
"""Views of z, with the words for a person, which are also their values in the address."""
ALL_NAMES = {**NAMES, baseline_views.WORDS: baseline_views.LAYOUT}
"""And the one that knows nothing of z."""

_keep: dict[tuple[str, str], "Layout"] = {}
_KEPT = 16
_FAINTEST = 0.35  # opacity of what is far from every sentence


@dataclass(frozen=True, eq=False)
class Layout:
    """A view of a run's map. Parts are computed when first asked for."""

    run: Run
    view: str

    @cached_property
    def xy(self) -> Float32[np.ndarray, "n 2"]:
        """The place of every sentence."""
        if self.view == baseline_views.WORDS:
            return baseline_views.places(self.run)
        return self._atlas.xy if self.view == "umap" else self.plane.transform(self._atlas.mean)

    @cached_property
    def plane(self) -> PCA:
        """The plane of largest variance."""
        return PCA.fit(self._atlas.mean)

    @property
    def axes(self) -> dict[str, Any]:
        """Names of the axes, and whether their ticks mean something."""
        if self.view == "umap":
            return {"x": "UMAP 1", "y": "UMAP 2, no unit", "units": False}
        if self.view == baseline_views.WORDS:
            return baseline_views.axes(self.run)
        names = [f"PC {i + 1} ({share:.0%})" for i, share in enumerate(self.plane.explained)]
        return {"x": names[0], "y": f"{names[1]}, in units of z", "units": True}

    @cached_property
    def ellipses(self) -> list[Ellipse]:
        """One and two standard deviations of N(0, I), on the plane of a Gaussian space."""
        model = final_model(self.run.config)
        if self.view != "pca" or model.latent["name"] != "gaussian":
            return []
        name = "prior" if model.prior["name"] == "normal" else "N(0, I)"
        return [
            Ellipse(item.x, item.y, item.radius_x, item.radius_y, f"{name} {item.sigma:g}σ")
            for item in self.plane.ellipses()
        ]

    def place(self, z: Float[np.ndarray, "m d"]) -> Float32[np.ndarray, "m 2"]:
        """The places of latent points: exact on the plane of z, by latent neighbours elsewhere."""
        if self.view == baseline_views.WORDS:
            return place(z, self._atlas.mean, self.xy)[0]
        return self.run.place(z)[0] if self.view == "umap" else self.plane.transform(z)

    def at(self, x: float, y: float) -> "Place":
        """What lies at a place: the plane's own point, or the map neighbours' latent mean."""
        if self.view == "umap":
            return self.run.at(x, y)
        if self.view == baseline_views.WORDS:
            return self._index.at(x, y)
        from explorer.latent_space.neighbours import nearest

        place = self._index.at(x, y)
        z = self.plane.inverse(np.array([[x, y]]))
        index, distance = nearest(z, self._atlas.mean, 1, metric="euclidean")
        return dataclasses.replace(
            place, z=z[0], nearest=int(index[0, 0]), distance=float(distance[0, 0])
        )

    def latents(
        self, xy: Float[np.ndarray, "m 2"]
    ) -> tuple[Float32[np.ndarray, "m d"], Float[np.ndarray, " m"]]:
        """What `at` gives as `z` and `distance`, of many places at once."""
        if self.view == "umap":
            return self.run.map_index.latents(xy)
        if self.view == baseline_views.WORDS:
            return self._index.latents(xy)
        from explorer.latent_space.neighbours import nearest

        z = self.plane.inverse(xy)
        return z, nearest(z, self._atlas.mean, 1, metric="euclidean")[1][:, 0]

    @cached_property
    def _index(self) -> "MapIndex":
        from explorer.latent_space.map_index import MapIndex

        return MapIndex(self._atlas.mean, self._atlas.scale, self.xy)

    @property
    def _atlas(self) -> Any:
        if self.run.atlas is None:
            raise ExplorerError(folders.no_map(self.run.folder))
        return self.run.atlas


def opacity(distance: float, run: Run) -> float:
    """How clearly the map shows what is so far, in latent space, from every sentence.

    It fades with the distance in typical ones: what is placed by neighbours is less and less so.
    """
    typical = run.map_index.typical
    return max(_FAINTEST, min(1.0, 2 * typical / distance)) if distance > 0 else 1.0


def layout_of(run: Run, view: str) -> Layout:
    """The view of a run, kept for the next question; a retrained run is never served stale."""
    found = _keep.get((run.stamp, view))
    if found is None or found.run is not run:
        while len(_keep) >= _KEPT:
            _keep.pop(next(iter(_keep)), None)
        found = _keep[run.stamp, view] = Layout(run, view)
    return found
