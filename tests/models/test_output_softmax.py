"""The fused vocabulary softmax is the plain one, whatever its logits and however it is cut."""

import pytest
import torch

from explorer.models import output_softmax
from explorer.models.output_softmax import token_log_prob


def plain(hidden, weight, bias, targets):
    rows = torch.arange(len(targets))
    return (hidden @ weight.T + bias).log_softmax(1)[rows, targets]


def made(rows, words, size, scale):
    torch.manual_seed(0)
    hidden = scale * torch.randn(rows, size, dtype=torch.float64)
    weight, bias = torch.randn(words, size).double(), torch.randn(words).double()
    for tensor in (hidden, weight, bias):
        tensor.requires_grad_()
    return hidden, weight, bias, torch.randint(words, (rows,))


@pytest.mark.parametrize("scale", [0.0, 1.0, 20.0, 500.0], ids=str)
@pytest.mark.parametrize("block_bytes", [2**12, 2**21], ids=["pieces", "whole"])
def test_any_size_of_logits_and_pieces_gives_the_same(monkeypatch, scale, block_bytes):
    monkeypatch.setattr(output_softmax, "_BLOCK_BYTES", block_bytes)
    monkeypatch.setattr(output_softmax, "_MIN_BLOCK_WORDS", 7)
    monkeypatch.setattr(output_softmax, "_MAX_ROWS", 5)
    hidden, weight, bias, targets = made(23, 300, 4, scale)
    upstream = torch.randn(23, dtype=torch.float64)
    expected = plain(hidden, weight, bias, targets)
    found = token_log_prob(hidden, weight, bias, targets)
    torch.testing.assert_close(found, expected)
    with torch.no_grad():
        torch.testing.assert_close(token_log_prob(hidden, weight, bias, targets), expected)
    parts = (hidden, weight, bias)
    gradients = torch.autograd.grad((expected * upstream).sum(), parts)
    for ours, theirs in zip(
        torch.autograd.grad((found * upstream).sum(), parts), gradients, strict=True
    ):
        torch.testing.assert_close(ours, theirs)


def test_far_off_logits_of_one_row_do_not_blur_the_others(monkeypatch):
    monkeypatch.setattr(output_softmax, "_MIN_BLOCK_WORDS", 16)
    monkeypatch.setattr(output_softmax, "_BLOCK_BYTES", 0)
    hidden, weight = torch.zeros(3, 2), torch.randn(100, 2)
    bias, targets = torch.zeros(100), torch.tensor([1, 50, 99])
    hidden[1] = torch.tensor([300.0, -300.0])  # whose exponentials overflow float32
    found = token_log_prob(hidden, weight, bias, targets)
    assert torch.isfinite(found).all()
    torch.testing.assert_close(found, plain(hidden, weight, bias, targets))


def test_half_precision_products_are_near_and_give_gradients():
    hidden, weight, bias, targets = (
        part.float().detach() if part.is_floating_point() else part
        for part in made(40, 60, 8, 1.0)
    )
    weight.requires_grad_()
    half = hidden.to(torch.bfloat16).requires_grad_()
    found = token_log_prob(half, weight, bias, targets)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, plain(hidden, weight, bias, targets), atol=0.1, rtol=0.1)
    found.sum().backward()
    assert half.grad is not None and half.grad.dtype == torch.bfloat16
    assert weight.grad is not None and weight.grad.dtype == torch.float32


def test_no_sentence_is_no_score():
    empty = token_log_prob(
        torch.zeros(0, 3), torch.ones(9, 3), torch.zeros(9), torch.zeros(0).long()
    )
    assert empty.shape == (0,)
