"""Another layout of a run's map: fitted beside the present one, then accepted or discarded."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from explorer.errors import ExplorerError, one_of
from explorer.latent_space.atlas import Atlas
from explorer.latent_space.map_quality import MAP_MEASURES
from explorer.latent_space.projections import METRICS, pca_layout
from explorer.runs import folder as folders
from explorer.runs import lock
from explorer.runs.replacement import replacing
from explorer.runs.run_files import Contents
from explorer.system.progress import StageProgress

METHODS = {"umap": "UMAP", "pca": "PCA"}
"""Layouts and their titles; neighbours, distances and the seed are settings of the first."""
_NEIGHBOURS = (2, 200)
_MAX_SEED = 2**32 - 1


@dataclass(frozen=True, slots=True)
class LayoutSettings:
    """How a layout is fitted.

    Raises:
        ExplorerError: If a setting is out of range.
    """

    method: str = "umap"
    neighbours: int = 10
    min_dist: float = 0.05
    metric: str = "euclidean"
    seed: int = 0
    encoder: str = ""
    """A sentence encoder that the layout follows too; empty for latent distances alone."""

    def __post_init__(self) -> None:
        one_of("method", self.method, METHODS)
        one_of("metric", self.metric, METRICS)
        low, high = _NEIGHBOURS
        if not low <= self.neighbours <= high:
            raise ExplorerError(
                f"neighbours must be between {low} and {high}, not {self.neighbours}"
            )
        if not 0.0 <= self.min_dist <= 1.0:
            raise ExplorerError(f"min_dist must be between 0 and 1, not {self.min_dist:g}")
        if not 0 <= self.seed <= _MAX_SEED:
            raise ExplorerError(f"seed must be between 0 and {_MAX_SEED}, not {self.seed}")


def refit(
    folder: Path,
    target: Path,
    settings: LayoutSettings,
    progress: StageProgress = lambda stage, fraction: None,
) -> dict[str, dict[str, Any]]:
    """Fits a layout to the latent points of a run's map, and writes the map with it.

    Args:
        folder: Of a run with a map, which stays as it is.
        target: The file of the other map.
        settings: Of the layout.
        progress: Called with a stage and the fraction of it that is done.

    Returns:
        What is known of the layout `before` and `after`: settings and measures.

    Raises:
        ExplorerError: If the run has no map, or it is damaged.
        ModuleNotFoundError: If umap-learn is not installed.
    """
    from explorer.latent_space.clusters import clusters, region_metrics
    from explorer.pipeline.map_layout import is_named_by_sentences, umap_of

    old = Atlas.load(folders.verify(folder, folders.ATLAS))
    if settings.method == "pca":
        layout = pca_layout(old.mean, seed=settings.seed, progress=progress)
    else:
        layout = umap_of(
            old.mean,
            lambda: _sentences(folder),
            settings.encoder,
            settings.seed,
            progress,
            neighbours=settings.neighbours,
            min_dist=settings.min_dist,
            metric=settings.metric,
        )
    progress("naming", 0.0)
    run = Contents(folder)
    is_own = is_named_by_sentences(run.config) and run.texts_are_real
    named = run.texts if is_own else old.reconstruction
    regions = clusters(layout.xy, named, not run.is_of_documents, old.text)
    measured = region_metrics(old.mean, layout.xy, named, regions, settings.seed)
    new = dataclasses.replace(
        old,
        xy=layout.xy,
        cluster=regions.cluster,
        levels=regions.levels,
        projection=layout.meta | measured,
        layout_is_noise=layout.noise,
    )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExplorerError(f"{target.parent} cannot be written: {error.strerror}") from None
    new.save(target)
    progress("naming", 1.0)
    return {"before": old.projection, "after": new.projection}


def _sentences(folder: Path) -> list[str]:
    run = Contents(folder)
    if not run.texts_are_real:
        raise ExplorerError(f"an encoder needs the corpus of {run.name}, which is not installed")
    return run.texts


class Compared(NamedTuple):
    """A measure of two layouts."""

    title: str
    help: str
    before: float | None
    after: float


def compared(measured: Mapping[str, Mapping[str, Any]]) -> list[Compared]:
    """What `refit` returned, measure by measure."""
    before, after = measured["before"], measured["after"]
    return [
        Compared(
            item.title,
            item.help.format(**after[name]),
            item.value(before.get(name)),
            value,
        )
        for name, item in MAP_MEASURES.items()
        if (value := item.value(after.get(name))) is not None
    ]


def accept(folder: Path, candidate: Path) -> None:
    """Makes a map that `refit` wrote the run's map.

    Raises:
        ExplorerError: If it is of other latent points: the run was trained again meanwhile.
    """
    old = Atlas.load(folders.verify(folder, folders.ATLAS))
    new = Atlas.load(candidate)
    if new.mean.shape != old.mean.shape or (new.mean != old.mean).any():
        raise ExplorerError(
            f"the other layout was computed for an earlier state of {folder.name}: compute it "
            "again"
        )
    with lock.alone_with(folder), replacing(folder) as scratch:
        new.save(scratch / folders.ATLAS)
