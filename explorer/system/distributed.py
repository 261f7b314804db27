"""Several processes that work as one: who this one is, and what they tell each other.

`torchrun` and `accelerate launch` start them and say in the environment who is who; nothing else
of either is used. Work is dealt out in whole batches, or by the rows of a training batch
(`explorer.models.batch_shard`), and results are added up, so that every process knows all of them.
Only the first process writes files and speaks.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from explorer.errors import ExplorerError

if TYPE_CHECKING:
    import torch

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class _Group:
    rank: int = 0
    count: int = 1


_group = _Group()


def num_launched() -> int:
    """How many processes a launcher started together, this one among them.

    Raises:
        ExplorerError: If the environment says it in no number.
    """
    is_told = all(name in os.environ for name in ("RANK", "MASTER_ADDR", "MASTER_PORT"))
    if not is_told:
        return 1
    for name in ("RANK", "MASTER_PORT"):  # which torch would read later
        _told(name, 0)
    return _told("WORLD_SIZE", 1)


def _told(name: str, least: int) -> int:
    told = os.environ.get(name, str(least))
    if not told.isascii() or not told.isdecimal() or int(told) < least:
        raise ExplorerError(
            f"{name}={told} in the environment is no number from {least} on: a launcher of "
            f"processes sets it; `unset {name}` where none is meant"
        )
    return int(told)


def local_rank() -> int:
    """This process' number on its machine, which is that of its GPU."""
    return _told("LOCAL_RANK", 0)


def count() -> int:
    """How many processes work together here and now."""
    return _group.count


def rank() -> int:
    """This process' number among them, from 0."""
    return _group.rank


def is_first() -> bool:
    """Whether this process is the one that writes files and speaks."""
    return _group.rank == 0


@contextmanager
def init() -> Iterator[None]:
    """Joins the processes a launcher started; does nothing where there is only this one.

    Raises:
        ExplorerError: If they do not find each other.
    """
    global _group
    if num_launched() == 1:
        yield
        return
    import torch
    from torch import distributed

    has_gpus = torch.cuda.is_available() and distributed.is_nccl_available()
    with _talking():
        distributed.init_process_group("cpu:gloo,cuda:nccl" if has_gpus else "gloo")
    _group = _Group(distributed.get_rank(), distributed.get_world_size())
    try:
        yield
    finally:
        _group = _Group()
        distributed.destroy_process_group()


@contextmanager
def single_process() -> Iterator[None]:
    """What one process does while the others do not take part."""
    global _group
    before, _group = _group, _Group()
    try:
        yield
    finally:
        _group = before


@contextmanager
def _talking() -> Iterator[None]:
    """A lost process is news, not a fault of this one."""
    try:
        yield
    except RuntimeError as error:
        raise ExplorerError(
            "another process ended, so this one stops too; what was last saved is kept "
            f"({str(error).strip().splitlines()[0][:120]})"
        ) from None


def rank_slice(batches: Iterable[Value]) -> Iterator[Value]:
    """This process' share of some batches: every `count`-th, so that like sizes are spread."""
    for number, batch in enumerate(batches):
        if number % _group.count == _group.rank:
            yield batch


def all_reduce(tensor: "torch.Tensor") -> "torch.Tensor":
    """The sum of all processes' tensors, in place.

    Where each process filled in its rows and left the others 0, that is all of them, exactly.
    """
    if _group.count > 1:
        from torch import distributed

        with _talking():
            distributed.all_reduce(tensor)
    return tensor


def all_reduce_max(value: int) -> int:
    """The largest of all processes' values."""
    if _group.count == 1:
        return value
    import torch
    from torch import distributed

    found = torch.tensor(value)
    with _talking():
        distributed.all_reduce(found, distributed.ReduceOp.MAX)
    return int(found)


def all_gather(value: Value) -> list[Value]:
    """All processes' values, by rank."""
    if _group.count == 1:
        return [value]
    from torch import distributed

    found: list[Value] = [value] * _group.count
    with _talking():
        distributed.all_gather_object(found, value)
    return found


def broadcast(value: Value) -> Value:
    """What the first process sees: for looks at files it may be about to change."""
    return all_gather(value)[0]


def barrier() -> None:
    """Goes on when all processes have come this far."""
    all_gather(None)
