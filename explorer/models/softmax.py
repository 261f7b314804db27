"""The vocabulary softmax, fused with the lookup of the target's log-probability.

A batch's logits are the largest array of a text model. They are computed here in chunks that
stay in the processor's cache; in training only the softmax is kept, written over the logits.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

_CHUNK_BYTES = 2**21
"""Of logits, small enough for a processor's second-level cache; on a GPU, see `_rows`."""


def _rows(hidden: Tensor, words: int) -> int:
    budget = _CHUNK_BYTES * (64 if hidden.is_cuda else 1)
    return max(16, budget // (4 * words))


_spare: list[Tensor] = []
"""A finished backward pass's buffer, for the next forward pass: touching fresh memory costs a
CPU more than filling it."""


def _buffer(like: Tensor, rows: int, words: int) -> Tensor:
    flat = _spare.pop() if _spare else like.new_empty(0)
    if flat.numel() < rows * words or flat.dtype != like.dtype or flat.device != like.device:
        flat = like.new_empty(rows * words)
    return flat[: rows * words].view(rows, words)


class _TokenLogProb(torch.autograd.Function):
    """log softmax(hidden W' + b)[target], with its gradient."""

    @staticmethod
    def forward(ctx, hidden, weight, bias, targets):  # noqa: ANN001, ANN205
        keep = any(ctx.needs_input_grad[:3])
        n, words = len(hidden), len(weight)
        step = min(max(n, 1), _rows(hidden, words))
        softmax = _buffer(hidden, n if keep else step, words)
        result = hidden.new_empty(n)
        for start in range(0, n, step):
            rows = slice(start, min(n, start + step))
            count = rows.stop - start
            logits = softmax[rows] if keep else softmax[:count]
            torch.mm(hidden[rows], weight.T, out=logits).add_(bias)
            target = logits.gather(1, targets[rows, None]).squeeze(1)
            peak = logits.amax(1, keepdim=True)
            logits.sub_(peak).exp_()
            total = logits.sum(1, keepdim=True)
            torch.sub(target, (peak + total.log()).squeeze(1), out=result[rows])
            if keep:
                logits.div_(total)
        if keep:
            ctx.step = step
            ctx.save_for_backward(hidden, weight, targets, softmax)
        elif not _spare and not softmax.is_inference():
            # A tensor made in inference mode may not be written to outside of it.
            _spare.append(softmax.view(-1))
        return result

    @staticmethod
    def backward(ctx, grad):  # noqa: ANN001, ANN205  # pyright: ignore[reportIncompatibleMethodOverride]
        hidden, weight, targets, softmax = ctx.saved_tensors
        grad_hidden = torch.empty_like(hidden)
        grad_weight = torch.zeros_like(weight)
        grad_bias = weight.new_zeros(len(weight))
        grad = grad.unsqueeze(1)
        for start in range(0, len(hidden), ctx.step):
            rows = slice(start, start + ctx.step)
            # d log p / d logits = onehot - softmax; scaled by what arrives from above.
            logits = softmax[rows].mul_(-grad[rows])
            logits.scatter_add_(1, targets[rows, None], grad[rows])
            torch.mm(logits, weight, out=grad_hidden[rows])
            grad_weight.addmm_(logits.T, hidden[rows])
            grad_bias += logits.sum(0)
        if not _spare:
            _spare.append(softmax.view(-1))
        return grad_hidden, grad_weight, grad_bias, None


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
    if not torch.is_grad_enabled():
        # A function of its own cannot see that; without it the softmax would be kept for nothing.
        hidden, weight, bias = hidden.detach(), weight.detach(), bias.detach()
    return _TokenLogProb.apply(hidden, weight, bias, targets)  # type: ignore[return-value]
