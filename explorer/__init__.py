"""Trains, measures and explores the latent space of text VAEs."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from explorer.errors import ExplorerError as ExplorerError
    from explorer.explore.run import Run as Run
    from explorer.explore.run import open_run as open_run
    from explorer.notebook.latent_map import LatentMap as LatentMap
    from explorer.ui.map.embedded import st_latent_map as st_latent_map

__all__ = ["ExplorerError", "LatentMap", "Run", "latent_map", "open_run", "st_latent_map"]


def latent_map(run: "Run", **options: Any) -> "LatentMap":
    """A run's map as a notebook widget.

    Args:
        run: The run.
        **options: As `LatentMap` takes them.

    Raises:
        ExplorerError: If the run has no map, or anywidget is missing.
    """
    from explorer.errors import ExplorerError

    try:
        from explorer.notebook.latent_map import LatentMap
    except ModuleNotFoundError as error:
        if error.name not in ("anywidget", "traitlets"):
            raise
        raise ExplorerError(
            "the map in a notebook needs anywidget: pip install anywidget"
        ) from None
    return LatentMap(run, **options)


def __getattr__(name: str) -> Any:
    # Loaded when asked for, so that `explorer --help` need not wait for the libraries.
    if name == "ExplorerError":
        from explorer.errors import ExplorerError

        return ExplorerError
    if name == "LatentMap":
        from explorer.notebook.latent_map import LatentMap

        return LatentMap
    if name == "st_latent_map":
        from explorer.ui.map.embedded import st_latent_map

        return st_latent_map
    if name in __all__:
        from explorer.explore import run
        from explorer.workspace import notes as notes  # whose tags selections know

        return getattr(run, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
