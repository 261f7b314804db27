"""Choices from bfloat16 scores are those of float32; sums of them are close."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from explorer.models import highest_token
from explorer.models.decoding_settings import Decoding
from explorer.models.decoding_strategies import generate
from explorer.models.rounded_output import RoundedOutput
from tests.models.test_models import tiny

SIZES = st.tuples(st.integers(1, 60), st.integers(3, 700), st.integers(1, 90))


def layer(rows: int, words: int, width: int, seed: int, scale: float = 1.0, tied: float = 1.0):
    """Features, weight and bias; with a small `tied` all words score nearly the same."""
    chance = torch.Generator().manual_seed(seed)
    features = scale * torch.randn(rows, width, generator=chance)
    common = torch.randn(1, width, generator=chance)
    weight = common + tied * torch.randn(words, width, generator=chance)
    return features, weight, tied * torch.randn(words, generator=chance)


def highest(features, weight, bias):
    rounded = RoundedOutput(weight, bias)
    buffer = rounded.factors.new_empty(len(features) + 3, len(rounded.factors))
    return rounded.highest(features, buffer)


@settings(deadline=None, max_examples=60)
@given(SIZES, st.integers(0, 999), st.sampled_from([0.01, 1.0, 30.0]), st.sampled_from([1e-3, 1]))
def test_no_word_scores_higher_in_double_precision(size, seed, scale, tied):
    features, weight, bias = layer(*size, seed, scale, tied)
    exact = features.double() @ weight.double().T + bias.double()
    chosen = exact.gather(1, highest(features, weight, bias).unsqueeze(1)).squeeze(1)
    rounding = 1e-5 * (features.norm(dim=1) * weight.norm(dim=1).max() + bias.abs().max())
    assert (chosen >= exact.amax(1) - rounding).all()


def test_scores_that_bfloat16_cannot_tell_apart_are_told_apart_by_float32():
    features = torch.ones(1, 4)
    weight = torch.full((1000, 4), 8.0)
    weight[617, 0] += 1e-3
    assert weight.bfloat16().unique().numel() == 1
    assert highest(features, weight, torch.zeros(1000)).tolist() == [617]


def test_of_equal_scores_the_first_wins_and_a_ruled_out_word_never_does():
    features, weight, bias = torch.ones(2, 3), torch.ones(21, 3), torch.zeros(21)
    assert highest(features, weight, bias).tolist() == [0, 0]
    bias[:5] = -torch.inf
    assert highest(features, weight, bias).tolist() == [5, 5]


def test_a_row_that_is_no_number_gets_the_token_that_float32_gives(monkeypatch):
    features, weight, bias = layer(60, 50, 8, seed=1)
    features[1] = torch.nan
    output = nn.Linear(8, 50)
    with torch.no_grad():
        output.weight.copy_(weight)
        output.bias.copy_(bias)
    tokens = []
    for is_faster in (lambda *_: False, lambda *_: True):
        monkeypatch.setattr(highest_token, "bf16_is_faster", is_faster)
        find = highest_token.highest(output, len(features), Decoding())
        with torch.inference_mode():
            tokens.append(find(features).tolist())
    assert tokens[0] == tokens[1]


def test_a_vector_far_longer_than_the_others_costs_no_more_than_float32():
    features, weight, bias = layer(64, 4000, 32, seed=3)
    weight[7] *= 1000
    exact = features.double() @ weight.double().T + bias.double()
    assert torch.equal(highest(features, weight, bias), exact.argmax(1))


@settings(deadline=None, max_examples=30)
@given(SIZES, st.integers(0, 999))
def test_log_probabilities_are_within_what_rounding_scores_loses(size, seed):
    features, weight, bias = layer(*size, seed, scale=0.5)
    targets = torch.randint(len(weight), (len(features),))
    ours = RoundedOutput(weight, bias).log_prob(features, targets)
    exact = (features.double() @ weight.double().T + bias).log_softmax(1)
    exact = exact.gather(1, targets.unsqueeze(1)).squeeze(1)
    largest = features.norm(dim=1) * weight.norm(dim=1).max() + bias.abs().max()
    assert ((ours - exact).abs() <= 2.0**-7 * largest + 1e-5).all()


@pytest.mark.parametrize("shift", [-300.0, 300.0])
def test_log_probabilities_of_very_large_scores_are_those_of_float32(shift):
    features, weight, bias = layer(5, 40, 8, seed=2)
    targets = torch.arange(5)
    ours = RoundedOutput(weight, bias + shift).log_prob(features, targets)
    exact = (features @ weight.T + bias).log_softmax(1).gather(1, targets[:, None])[:, 0]
    assert torch.allclose(ours, exact, atol=1e-3)


def test_greedy_words_are_the_same_with_rounded_scores(monkeypatch):
    model = tiny().float().eval()
    z = 3 * torch.randn(200, model.latent_dim, generator=torch.Generator().manual_seed(0))
    decoding = Decoding(max_tokens=12)
    words = []
    for is_faster in (lambda *_: False, lambda *_: True):
        monkeypatch.setattr(highest_token, "bf16_is_faster", is_faster)
        words.append(generate(model.decoder, z, decoding))
    assert words[0] == words[1]
    assert len({tuple(row) for row in words[0]}) > 1
