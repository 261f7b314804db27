"""A process' share of a training batch, with which several compute what one would.

Each process reads and decodes its own rows. In between, all of them have the features of all
rows: the latent space is small, so each draws every z and knows every rate, and whatever looks at
a batch as a whole (a normalisation, a floor under the mean rate) sees it whole. Dropout is drawn
for all rows too, and a process takes its own: that costs a process what it costs one that trains
alone (2% of a step at 256 units), and gives every row the noise it has in one process.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from explorer.system import distributed


@dataclass(frozen=True, slots=True)
class Share:
    """Which rows of a batch are this process'."""

    rows: int
    """Of the whole batch; 0 where no batch is shared."""
    own: slice
    weight: float = 1.0
    """Of a row's loss here, by which the losses of all processes add up to the batch's."""

    @property
    def is_all(self) -> bool:
        """Whether this process does the whole batch by itself."""
        return self.rows == 0

    def whole(self, features: Tensor) -> Tensor:
        """The features of all rows from those of the own ones; gradients find their way back."""
        if self.is_all:
            return features
        return _Whole.apply(features, self)  # type: ignore[return-value]

    def draws(self) -> AbstractContextManager[Any]:
        """Inside, dropout is drawn for the whole batch and cut to the own rows."""
        return nullcontext() if self.is_all else _WholeDraws(self)


ALL = Share(0, slice(None))
"""The share of a process that works alone."""


def share(rows: int) -> Share:
    """This process' share of a batch; of one with fewer rows than processes, all do all."""
    count, rank = distributed.count(), distributed.rank()
    if count == 1:
        return ALL
    if rows < count:
        return Share(rows, slice(0, rows), 1 / count)
    return Share(rows, slice(rows * rank // count, rows * (rank + 1) // count))


class _Whole(torch.autograd.Function):
    """Puts the rows of all processes together; backwards, adds up what they ask of a row."""

    @staticmethod
    def forward(ctx, features: Tensor, part: Share) -> Tensor:  # noqa: ANN001
        ctx.part = part
        wide = torch.promote_types(features.dtype, torch.float32)  # half precision does not travel
        whole = features.new_zeros(part.rows, *features.shape[1:], dtype=wide)
        whole[part.own] = part.weight * features
        return distributed.all_reduce(whole).to(features.dtype)

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor, None]:  # noqa: ANN001  # pyright: ignore[reportIncompatibleMethodOverride]
        wide = torch.promote_types(grad.dtype, torch.float32)
        asked = distributed.all_reduce(grad.to(wide, copy=True).contiguous())
        return (ctx.part.weight * asked[ctx.part.own]).to(grad.dtype), None


class _WholeDraws(TorchFunctionMode):
    """Draws of the own rows become the own rows of a draw of all."""

    def __init__(self, part: Share) -> None:
        super().__init__()
        self._part = part

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if func is functional.dropout:
            return self._dropout(*args, **kwargs)
        if func is torch.rand:
            return torch.rand(self._whole(args[0]), **kwargs)[self._part.own]
        return func(*args, **kwargs)

    def _dropout(
        self, entries: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
    ) -> Tensor:
        if not training or not p:
            return entries
        # Chance goes through memory in order, so the whole has to lie there as the part does.
        order = sorted(range(entries.dim()), key=lambda axis: (-entries.stride(axis), -axis))
        whole = self._whole(entries.shape)
        ones = entries.new_ones([whole[axis] for axis in order])
        back = sorted(range(len(order)), key=order.__getitem__)
        return entries * functional.dropout(ones.permute(back), p)[self._part.own]

    def _whole(self, shape: torch.Size) -> tuple[int, ...]:
        return (self._part.rows, *shape[1:])


def add_up(parameters: Iterable[nn.Parameter], figures: Tensor) -> Tensor:
    """Adds up the gradients of all processes in place, and some figures, which it returns.

    One message a step: gradients and figures travel as one vector.
    """
    if distributed.count() == 1:
        return figures
    gradients = [item.grad for item in parameters if item.grad is not None]
    vector = torch.cat([figures, *(item.flatten() for item in gradients)])
    sizes = [len(figures), *(item.numel() for item in gradients)]
    summed, *parts = distributed.all_reduce(vector).split(sizes)
    for item, part in zip(gradients, parts, strict=True):
        item.copy_(part.view_as(item))
    return summed
