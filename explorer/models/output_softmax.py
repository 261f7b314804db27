"""The vocabulary softmax, fused with the lookup of the target's log-probability.

The logits of a batch are the largest array of a text model. Here they are computed in blocks of
words that fit the processor's cache, and never as a whole; training stores their exponentials, in
place. With blocks of words rather than rows, each block of the weights is read once, and each
block of their gradient written once.

`torch.nn.functional.linear_cross_entropy` (2.13) computes the same within 1e-6, but of 1,280 rows
and 10,000 words a training step takes 1.3 times as long, its chunked form 2.3 times (one thread;
both are as fast as this where all logits fit the cache), and it stores three arrays of logits.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import pad

_BLOCK_BYTES = 2**21
"""Size of a block of logits that fits a processor's cache."""
_MIN_BLOCK_WORDS = 512
"""Products with fewer columns are slower."""
_MAX_ROWS = 1024
"""Rows scored at once without a gradient; with one, all are."""
_SAFE_SUMS = 1e-20, 1e30
"""Sums of exponentials in this range have lost nothing to overflow or underflow."""

_MIN_FOLDED_ROWS = 64
"""With at least this many rows, decoding folds the bias into the product."""

_spare: list[Tensor] = []
"""The buffer of a finished backward pass, for the next forward pass: fresh memory costs a CPU more
than filling it."""


def _buffer(like: Tensor, size: int) -> Tensor:
    """A flat tensor of at least that size."""
    try:
        flat = _spare.pop()
    except IndexError:  # empty, or another thread was faster
        flat = like.new_empty(0)
    if flat.numel() < size or flat.dtype != like.dtype or flat.device != like.device:
        flat = like.new_empty(size)
    return flat


def _recycle(buffer: Tensor) -> None:
    # A tensor created in inference mode may not be written to outside it.
    if not _spare and not buffer.is_inference():
        _spare.append(buffer)


def _blocks(rows: int, words: int, on_cpu: bool) -> list[slice]:
    """Blocks of words; on a GPU a single one, to keep it busy."""
    step = words
    if on_cpu:
        fitting = _BLOCK_BYTES // (4 * max(rows, 1))
        step = max(_MIN_BLOCK_WORDS, fitting)
    return [slice(start, min(start + step, words)) for start in range(0, words, step)]


def _product(a: Tensor, b: Tensor, out: Tensor) -> Tensor:
    """The product in the precision of its factors, converted to that of `out`."""
    return torch.mm(a, b, out=out) if a.dtype == out.dtype else out.copy_(a @ b)


class _TokenLogProb(torch.autograd.Function):
    """log softmax(hidden W' + b)[target], with its gradient."""

    @staticmethod
    def forward(ctx, hidden, weight, bias, targets):  # noqa: ANN001, ANN205
        keep = any(ctx.needs_input_grad[:3])
        result, total, buffer = _scores(hidden, weight, bias, targets, keep, None)
        is_single = len(_blocks(len(hidden), len(weight), hidden.device.type == "cpu")) == 1
        if not is_single and not _is_safe(total):
            _recycle(buffer)
            peak = _peaks(hidden, weight, bias)
            result, total, buffer = _scores(hidden, weight, bias, targets, keep, peak)
        if keep:
            ctx.save_for_backward(hidden, weight, targets, total, buffer)
        else:
            _recycle(buffer)
        return result

    @staticmethod
    def backward(ctx, grad):  # noqa: ANN001, ANN205  # pyright: ignore[reportIncompatibleMethodOverride]
        hidden, weight, targets, total, buffer = ctx.saved_tensors
        rows, words = len(hidden), len(weight)
        factors = weight.to(hidden.dtype)
        is_trained = any(ctx.needs_input_grad[1:3])  # a frozen layer saves a third of the work
        grad_weight, grad_bias = torch.empty_like(weight), weight.new_empty(words)
        # d log p / d logits = onehot - softmax, times the incoming gradient.
        scale = (-grad / total).unsqueeze(1)
        grad_hidden = hidden.new_zeros(hidden.shape)
        for block in _blocks(rows, words, hidden.device.type == "cpu"):
            part = _part(buffer, rows, block).mul_(scale)
            narrow = part.to(hidden.dtype)
            if is_trained:
                torch.sum(part, 0, out=grad_bias[block])
                _product(narrow.T, hidden, grad_weight[block])
            grad_hidden.addmm_(narrow, factors[block])
        _recycle(buffer)
        column = grad.unsqueeze(1)
        grad_hidden += (column * weight[targets]).to(hidden.dtype)
        if not is_trained:
            return grad_hidden, None, None, None
        grad_weight.index_add_(0, targets, column * hidden)
        grad_bias.index_add_(0, targets, grad)
        return grad_hidden, grad_weight, grad_bias, None


def _part(buffer: Tensor, rows: int, block: slice) -> Tensor:
    """The part of the buffer that holds a block."""
    flat = buffer[rows * block.start : rows * block.stop]
    return flat.view(rows, block.stop - block.start)


def _scores(
    hidden: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, keep: bool, peak: Tensor | None
) -> tuple[Tensor, Tensor, Tensor]:
    """Log-probabilities, sums of exponentials and the buffer of the exponentials.

    Args:
        hidden: See `token_log_prob`, as for the next three.
        weight: One row per word.
        bias: Of the words.
        targets: The words whose log-probabilities are returned.
        keep: Whether the buffer keeps all exponentials, for a gradient.
        peak: Subtracted from the logits of each row; None subtracts nothing, which suffices unless
            they are very large or very small.
    """
    rows, words = len(hidden), len(weight)
    blocks = _blocks(rows, words, hidden.device.type == "cpu")
    buffer = _buffer(weight, rows * (words if keep else blocks[0].stop))
    factors = weight.to(hidden.dtype)
    total, target = weight.new_zeros(rows), weight.new_zeros(rows)
    for block in blocks:
        size = block.stop - block.start
        part = _part(buffer, rows, block if keep else slice(0, size))
        if hidden.dtype == part.dtype:
            torch.addmm(bias[block], hidden, factors[block].T, out=part)
        else:
            _product(hidden, factors[block].T, part).add_(bias[block])
        if len(blocks) == 1:
            peak = part.amax(1, keepdim=True)
        if peak is not None:
            part.sub_(peak)
        index = targets - block.start
        logit = part.gather(1, index.clamp(0, size - 1).unsqueeze(1)).squeeze(1)
        target = torch.where((index >= 0) & (index < size), logit, target)
        total += part.exp_().sum(1)
    return target - total.log(), total, buffer


def _is_safe(total: Tensor) -> bool:
    low, high = total.aminmax() if len(total) else (total.new_ones(()),) * 2
    return bool((low > _SAFE_SUMS[0]) & (high < _SAFE_SUMS[1]))


def _peaks(hidden: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The largest logit of each row."""
    factors = weight.to(hidden.dtype)
    parts = (
        (hidden @ factors[block].T + bias[block]).amax(1, keepdim=True)
        for block in _blocks(len(hidden), len(weight), hidden.device.type == "cpu")
    )
    return torch.cat(list(parts), 1).amax(1, keepdim=True).to(weight.dtype)


def token_log_prob(
    hidden: Float[Tensor, "n hidden"],
    weight: Float[Tensor, "words hidden"],
    bias: Float[Tensor, " words"],
    targets: Int[Tensor, " n"],
) -> Float[Tensor, " n"]:
    """Log-probability of each target under softmax(hidden W' + b), in nats.

    Equals `log_softmax(hidden @ weight.T + bias)[range(n), targets]` without storing the logits.
    Differentiable once: the backward pass overwrites the buffer of the forward pass.
    """
    if torch.is_grad_enabled():
        return _TokenLogProb.apply(hidden, weight, bias, targets)  # type: ignore[return-value]
    # An autograd function cannot see that no gradient is needed; it would store the softmax.
    hidden, weight, bias = hidden.detach(), weight.detach(), bias.detach()
    parts = zip(hidden.split(_MAX_ROWS), targets.split(_MAX_ROWS), strict=True)
    results = [_TokenLogProb.apply(part, weight, bias, words) for part, words in parts]
    return torch.cat(results)  # type: ignore[arg-type]


def scorer(
    output: nn.Linear, rows: int
) -> Callable[[Float[Tensor, "batch embedding"]], Float[Tensor, "batch words"]]:
    """Computes the logits of all words for each step of a decoding, without gradient.

    Each call overwrites the result of the previous one, and with enough rows the bias is folded
    into the weights: fresh memory and a separate bias cost a tenth of the time.

    Args:
        output: From features to logits.
        rows: Maximum number of rows per call.
    """
    buffer = output.weight.new_empty(rows, output.out_features)
    if rows < _MIN_FOLDED_ROWS:
        factors = output.weight.T
        return lambda features: torch.addmm(
            output.bias, features, factors, out=buffer[: len(features)]
        )
    folded = torch.cat([output.weight, output.bias.unsqueeze(1)], 1).T
    return lambda features: torch.mm(
        pad(features, (0, 1), value=1.0), folded, out=buffer[: len(features)]
    )
