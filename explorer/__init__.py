"""Trains, measures and explores the latent space of text VAEs."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from explorer.errors import ExplorerError as ExplorerError
    from explorer.explore.run import Run as Run
    from explorer.explore.run import open_run as open_run

__all__ = ["ExplorerError", "Run", "open_run"]


def __getattr__(name: str) -> Any:
    # Loaded when asked for, so that `explorer --help` need not wait for the libraries.
    if name == "ExplorerError":
        from explorer.errors import ExplorerError

        return ExplorerError
    if name in __all__:
        from explorer.explore import run

        return getattr(run, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
