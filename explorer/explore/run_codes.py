"""The codes of points of a run whose latent space is made of codes."""

import numpy as np
import torch
from jaxtyping import Float32, Int

from explorer.errors import ExplorerError
from explorer.explore.arguments import whole
from explorer.explore.coded_run import CodedRun
from explorer.explore.small_model import SmallModel
from explorer.system.cache import Cache

_counts: Cache[Int[np.ndarray, "codes categories"]] = Cache(16)


def has_codes(run: CodedRun | SmallModel) -> bool:
    """Whether the latent space is made of codes."""
    return bool(run.model.latent.num_categories)


def codes(
    run: CodedRun | SmallModel, z: Float32[np.ndarray, "n latent"]
) -> Int[np.ndarray, "n codes"]:
    """The category of each code at the nearest points of the latent space.

    Raises:
        ExplorerError: If the latent space is not made of codes.
    """
    _need_codes(run)
    return run.model.latent.categories(torch.from_numpy(np.ascontiguousarray(z))).numpy()


def swapped(
    run: CodedRun | SmallModel,
    z: Float32[np.ndarray, " latent"],
    code: int,
    categories: list[int],
) -> Float32[np.ndarray, "n latent"]:
    """The nearest point of the latent space with one code set to each of these categories.

    Raises:
        ExplorerError: If there is no such code or category.
    """
    own = codes(run, z[None])
    code = whole("code", code, 0, own.shape[1] - 1)
    last = run.model.latent.num_categories - 1
    changed = np.repeat(own, len(categories), 0)
    changed[:, code] = [whole("category", category, 0, last) for category in categories]
    return run.model.latent.of_categories(torch.from_numpy(changed)).float().numpy()


def counts(run: CodedRun) -> Int[np.ndarray, "codes categories"]:
    """How many sentences of the map have each category of each code."""

    def count() -> Int[np.ndarray, "codes categories"]:
        size = run.model.latent.num_categories
        of_map = codes(run, run.needed_atlas.mean)
        return np.stack([np.bincount(code, minlength=size) for code in of_map.T])

    return _counts.get(run, count)


def _need_codes(run: CodedRun | SmallModel) -> None:
    if not has_codes(run):
        raise ExplorerError(f"the latent space of {run.name} is not discrete")
