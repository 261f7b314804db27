"""The vocabulary softmax, fused with the lookup of the target's log-probability.

A batch's logits are the largest array of a text model. They are computed here some words at a
time, in pieces that stay in the processor's cache, and never stand in memory as a whole; in
training only their exponentials are kept, written over them. Blocks of words rather than of rows:
each piece of the weights is then read once, and each piece of their gradient written once.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import pad

_PIECE_BYTES = 2**21
"""Of a piece of the logits, small enough for a processor's cache."""
_LEAST_WORDS = 512
"""Of a piece: products of fewer columns are slower."""
_MOST_ROWS = 1024
"""Scored at once where no gradient is wanted; with one, all rows are."""
_SAFE = 1e-20, 1e30
"""Sums of exponentials in which neither overflow nor what underflowed can be noticed."""

_FOLDED = 64
"""Rows from which on a decoding adds the bias within the product."""

_spare: list[Tensor] = []
"""A finished backward pass's buffer, for the next forward pass: touching fresh memory costs a
CPU more than filling it."""


def _buffer(like: Tensor, size: int) -> Tensor:
    """A flat tensor of at least that size."""
    try:
        flat = _spare.pop()
    except IndexError:  # none, or another thread was faster
        flat = like.new_empty(0)
    if flat.numel() < size or flat.dtype != like.dtype or flat.device != like.device:
        flat = like.new_empty(size)
    return flat


def _give_back(buffer: Tensor) -> None:
    # A tensor made in inference mode may not be written to outside of it.
    if not _spare and not buffer.is_inference():
        _spare.append(buffer)


def _pieces(rows: int, words: int, on_cpu: bool) -> list[slice]:
    """Ranges of words; a GPU takes all at once, to keep it busy."""
    step = words
    if on_cpu:
        fitting = _PIECE_BYTES // (4 * max(rows, 1))
        step = max(_LEAST_WORDS, fitting)
    return [slice(start, min(start + step, words)) for start in range(0, words, step)]


def _product(a: Tensor, b: Tensor, out: Tensor) -> Tensor:
    """The product, in the precision of its factors, written as `out` has it."""
    return torch.mm(a, b, out=out) if a.dtype == out.dtype else out.copy_(a @ b)


class _TokenLogProb(torch.autograd.Function):
    """log softmax(hidden W' + b)[target], with its gradient."""

    @staticmethod
    def forward(ctx, hidden, weight, bias, targets):  # noqa: ANN001, ANN205
        keep = any(ctx.needs_input_grad[:3])
        result, total, kept = _scores(hidden, weight, bias, targets, keep, None)
        whole = len(_pieces(len(hidden), len(weight), hidden.device.type == "cpu")) == 1
        if not whole and not _is_safe(total):
            _give_back(kept)
            peak = _peaks(hidden, weight, bias)
            result, total, kept = _scores(hidden, weight, bias, targets, keep, peak)
        if keep:
            ctx.save_for_backward(hidden, weight, targets, total, kept)
        else:
            _give_back(kept)
        return result

    @staticmethod
    def backward(ctx, grad):  # noqa: ANN001, ANN205  # pyright: ignore[reportIncompatibleMethodOverride]
        hidden, weight, targets, total, kept = ctx.saved_tensors
        rows, words = len(hidden), len(weight)
        factors = weight.to(hidden.dtype)
        learns = any(ctx.needs_input_grad[1:3])  # a layer at rest is spared a third of the work
        grad_weight, grad_bias = torch.empty_like(weight), weight.new_empty(words)
        # d log p / d logits = onehot - softmax; scaled by what arrives from above.
        scale = (-grad / total).unsqueeze(1)
        grad_hidden = hidden.new_zeros(hidden.shape)
        for piece in _pieces(rows, words, hidden.device.type == "cpu"):
            part = _part(kept, rows, piece).mul_(scale)
            narrow = part.to(hidden.dtype)
            if learns:
                torch.sum(part, 0, out=grad_bias[piece])
                _product(narrow.T, hidden, grad_weight[piece])
            grad_hidden.addmm_(narrow, factors[piece])
        _give_back(kept)
        column = grad.unsqueeze(1)
        grad_hidden += (column * weight[targets]).to(hidden.dtype)
        if not learns:
            return grad_hidden, None, None, None
        grad_weight.index_add_(0, targets, column * hidden)
        grad_bias.index_add_(0, targets, grad)
        return grad_hidden, grad_weight, grad_bias, None


def _part(buffer: Tensor, rows: int, piece: slice) -> Tensor:
    """A piece's place in the buffer of all pieces."""
    flat = buffer[rows * piece.start : rows * piece.stop]
    return flat.view(rows, piece.stop - piece.start)


def _scores(
    hidden: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, keep: bool, peak: Tensor | None
) -> tuple[Tensor, Tensor, Tensor]:
    """Log-probabilities, sums of exponentials and the buffer of the exponentials.

    Args:
        hidden: As `token_log_prob` takes it, like the next three.
        weight: Rows are words.
        bias: Of the words.
        targets: Words looked up.
        keep: Whether the buffer is to hold all exponentials, for a gradient.
        peak: Taken off each row's logits; without it they are taken as they are, which only
            logits that are very large or very small notice.
    """
    rows, words = len(hidden), len(weight)
    pieces = _pieces(rows, words, hidden.device.type == "cpu")
    buffer = _buffer(weight, rows * (words if keep else pieces[0].stop))
    factors = weight.to(hidden.dtype)
    total, target = weight.new_zeros(rows), weight.new_zeros(rows)
    for piece in pieces:
        size = piece.stop - piece.start
        part = _part(buffer, rows, piece if keep else slice(0, size))
        if hidden.dtype == part.dtype:
            torch.addmm(bias[piece], hidden, factors[piece].T, out=part)
        else:
            _product(hidden, factors[piece].T, part).add_(bias[piece])
        if len(pieces) == 1:
            peak = part.amax(1, keepdim=True)
        if peak is not None:
            part.sub_(peak)
        place = targets - piece.start
        found = part.gather(1, place.clamp(0, size - 1).unsqueeze(1)).squeeze(1)
        target = torch.where((place >= 0) & (place < size), found, target)
        total += part.exp_().sum(1)
    return target - total.log(), total, buffer


def _is_safe(total: Tensor) -> bool:
    least, most = total.aminmax() if len(total) else (total.new_ones(()),) * 2
    return bool((least > _SAFE[0]) & (most < _SAFE[1]))


def _peaks(hidden: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The largest logit of each row."""
    factors = weight.to(hidden.dtype)
    parts = (
        (hidden @ factors[piece].T + bias[piece]).amax(1, keepdim=True)
        for piece in _pieces(len(hidden), len(weight), hidden.device.type == "cpu")
    )
    return torch.cat(list(parts), 1).amax(1, keepdim=True).to(weight.dtype)


def token_log_prob(
    hidden: Float[Tensor, "n hidden"],
    weight: Float[Tensor, "words hidden"],
    bias: Float[Tensor, " words"],
    targets: Int[Tensor, " n"],
) -> Float[Tensor, " n"]:
    """Log-probability of each target under softmax(hidden W' + b), in nats.

    Equals `log_softmax(hidden @ weight.T + bias)[range(n), targets]` without keeping the logits.
    Differentiable once: the backward pass writes over what the forward pass kept.
    """
    if torch.is_grad_enabled():
        return _TokenLogProb.apply(hidden, weight, bias, targets)  # type: ignore[return-value]
    # A function of its own cannot see that; without it the softmax would be kept for nothing.
    hidden, weight, bias = hidden.detach(), weight.detach(), bias.detach()
    parts = zip(hidden.split(_MOST_ROWS), targets.split(_MOST_ROWS), strict=True)
    results = [_TokenLogProb.apply(part, weight, bias, aims) for part, aims in parts]
    return torch.cat(results)  # type: ignore[arg-type]


def scorer(
    output: nn.Linear, rows: int
) -> Callable[[Float[Tensor, "batch embedding"]], Float[Tensor, "batch words"]]:
    """The scores of all words for step after step of a decoding, without gradient.

    Each call writes over what the one before returned: fresh memory, and the bias written into it
    before the product is added, take a tenth of the time. Where there are enough rows to pay for
    it, the bias is one more column of the weights.

    Args:
        output: From features to scores.
        rows: Most of a call.
    """
    buffer = output.weight.new_empty(rows, output.out_features)
    if rows < _FOLDED:
        factors = output.weight.T
        return lambda features: torch.addmm(
            output.bias, features, factors, out=buffer[: len(features)]
        )
    folded = torch.cat([output.weight, output.bias.unsqueeze(1)], 1).T
    return lambda features: torch.mm(
        pad(features, (0, 1), value=1.0), folded, out=buffer[: len(features)]
    )
