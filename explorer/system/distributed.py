"""Several processes that work as one: ranks and collective operations.

`torchrun` and `accelerate launch` start them and set their ranks in the environment; nothing else
of either is used. Work is divided by whole batches, or by the rows of a training batch
(`explorer.models.batch_shard`), and results are all-reduced, so that every process has them all.
Only rank 0 writes files and output.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from explorer.errors import ExplorerError, first_line

if TYPE_CHECKING:
    import torch

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class _Group:
    rank: int = 0
    count: int = 1


_group = _Group()


def num_launched() -> int:
    """The number of processes a launcher started, including this one.

    Raises:
        ExplorerError: If a variable of the environment is not a number.
    """
    is_launched = all(name in os.environ for name in ("RANK", "MASTER_ADDR", "MASTER_PORT"))
    if not is_launched:
        return 1
    for name in ("RANK", "MASTER_PORT"):  # torch reads them later
        _number(name, 0)
    return _number("WORLD_SIZE", 1)


def _number(name: str, minimum: int) -> int:
    text = os.environ.get(name, str(minimum))
    if not text.isascii() or not text.isdecimal() or int(text) < minimum:
        raise ExplorerError(
            f"the environment variable {name}={text} is not a number from {minimum} on: a "
            f"process launcher sets it; `unset {name}` if you use none"
        )
    return int(text)


def local_rank() -> int:
    """The rank of this process on its machine, which is the index of its GPU."""
    return _number("LOCAL_RANK", 0)


def count() -> int:
    """The number of processes that work together; 1 outside `init`."""
    return _group.count


def rank() -> int:
    """The rank of this process, from 0."""
    return _group.rank


def is_first() -> bool:
    """Whether this is rank 0, which writes files and output."""
    return _group.rank == 0


@contextmanager
def init() -> Iterator[None]:
    """Joins the processes a launcher started; does nothing for a single process.

    Raises:
        ExplorerError: If they cannot connect.
    """
    global _group
    if num_launched() == 1:
        yield
        return
    import torch
    from torch import distributed

    has_gpus = torch.cuda.is_available() and distributed.is_nccl_available()
    with _connection_errors():
        distributed.init_process_group("cpu:gloo,cuda:nccl" if has_gpus else "gloo")
    _group = _Group(distributed.get_rank(), distributed.get_world_size())
    try:
        yield
    finally:
        _group = _Group()
        distributed.destroy_process_group()


@contextmanager
def single_process() -> Iterator[None]:
    """Makes this process work as if it were the only one."""
    global _group
    before, _group = _group, _Group()
    try:
        yield
    finally:
        _group = before


@contextmanager
def _connection_errors() -> Iterator[None]:
    """Turns the loss of another process into an `ExplorerError`."""
    try:
        yield
    except RuntimeError as error:
        raise ExplorerError(
            "another process ended, so this one stops too; the last saved state remains "
            f"({first_line(error)[:120]})"
        ) from None


def rank_slice(batches: Iterable[Value]) -> Iterator[Value]:
    """Every `count`-th batch from `rank` on, which spreads similar sizes over the processes."""
    for number, batch in enumerate(batches):
        if number % _group.count == _group.rank:
            yield batch


def all_reduce(tensor: "torch.Tensor") -> "torch.Tensor":
    """Sums a tensor over the processes, in place.

    If each process fills its own rows and leaves the others 0, the result is exact.
    """
    if _group.count > 1:
        from torch import distributed

        with _connection_errors():
            distributed.all_reduce(tensor)
    return tensor


def all_reduce_max(value: int) -> int:
    """The maximum of a value over the processes."""
    if _group.count == 1:
        return value
    import torch
    from torch import distributed

    maximum = torch.tensor(value)
    with _connection_errors():
        distributed.all_reduce(maximum, distributed.ReduceOp.MAX)
    return int(maximum)


def all_gather(value: Value) -> list[Value]:
    """The values of all processes, by rank."""
    if _group.count == 1:
        return [value]
    from torch import distributed

    values: list[Value] = [value] * _group.count
    with _connection_errors():
        distributed.all_gather_object(values, value)
    return values


def broadcast(value: Value) -> Value:
    """The value of rank 0, for example the state of files it may change."""
    return all_gather(value)[0]


def barrier() -> None:
    """Waits until all processes arrive here."""
    all_gather(None)
