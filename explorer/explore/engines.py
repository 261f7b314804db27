"""Where independent work is done: in this process, or by the workers of a Ray cluster."""

import importlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from explorer.errors import ExplorerError

Job = TypeVar("Job")
Item = TypeVar("Item")
Result = TypeVar("Result")

RETRIES = 5
"""How often work is given to another worker after one has died."""


@dataclass(frozen=True)
class Engine:
    """Does `work(job, item)` for each item; gives items and results as they are done."""

    help: str
    run: Callable[[Callable[[Any, Any], Any], Any, Sequence[Any]], Iterator[tuple[Any, Any]]]


def _here(
    work: Callable[[Job, Item], Result], job: Job, items: Sequence[Item]
) -> Iterator[tuple[Item, Result]]:
    for item in items:
        yield item, work(job, item)


def _by_ray(
    work: Callable[[Job, Item], Result], job: Job, items: Sequence[Item]
) -> Iterator[tuple[Item, Result]]:
    # No host hears of it, unless the user names a cluster.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        ray: Any = importlib.import_module("ray")
    except ImportError:
        raise ExplorerError("--engine ray needs Ray: pip install -e '.[ray]'") from None
    if not ray.is_initialized():
        ray.init(include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    remote = ray.remote(max_retries=RETRIES)(work)
    shared = ray.put(job)
    pending = {remote.remote(shared, item): item for item in items}
    try:
        while pending:
            (done, *_), _ = ray.wait(list(pending), num_returns=1)
            yield pending.pop(done), ray.get(done)
    except ray.exceptions.RayTaskError:
        raise  # an error of the work itself
    except ray.exceptions.RayError as error:
        raise ExplorerError(f"Ray failed: {error}") from None
    finally:
        for reference in pending:
            ray.cancel(reference)


ENGINES = {
    "here": Engine("one file after another, in this process", _here),
    "ray": Engine(
        "files in parallel on the workers of a Ray cluster, here or at RAY_ADDRESS",
        _by_ray,
    ),
}
"""Engines by name."""
