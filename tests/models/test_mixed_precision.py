"""Laws of bfloat16 in training: large products only, small effect, and only where it is faster."""

import numpy as np
import pytest
import torch

from explorer.config import ModelConfig
from explorer.evaluation.likelihood import importance_estimates
from explorer.models import mixed_precision
from explorer.models.batch_inference import posteriors
from explorer.models.elbo import training_terms
from explorer.models.padding import collate
from explorer.models.vae import build
from tests.models.test_models import SENTENCES

CPU = torch.device("cpu")


@pytest.fixture()
def hardware(monkeypatch):
    """Says whether the processor has bfloat16; with AVX-512 alone torch computes it, slowly."""

    def pretend(there: bool) -> None:
        if there and not torch.cpu.get_capabilities().get("avx512_f"):
            pytest.skip("torch computes no LSTM in bfloat16 on a processor without AVX-512")
        monkeypatch.setattr(mixed_precision, "has_bf16", lambda device: there)

    return pretend


def terms(prior: str = "normal", bf16: bool = True):
    torch.manual_seed(0)
    config = ModelConfig(embedding_dim=16, latent_dim=4, prior={"name": prior})
    model = build(config, 30).train(False)
    torch.manual_seed(1)
    result = training_terms(model, collate(SENTENCES), bf16=bf16)
    result.distortion.sum().backward()
    return model, result


@pytest.mark.parametrize("prior", ["normal", "mixture", "vamp", "flow"])
def test_terms_and_gradients_are_near_those_of_float32_and_stay_float32(hardware, prior) -> None:
    hardware(True)
    model, half = terms(prior)
    plain_model, plain = terms(prior, bf16=False)
    for ours, theirs in zip(half, plain, strict=True):
        assert ours.dtype == torch.float32
        torch.testing.assert_close(ours, theirs, atol=0.02, rtol=0.02)
    assert not torch.equal(half.distortion, plain.distortion)
    for ours, theirs in zip(model.parameters(), plain_model.parameters(), strict=True):
        if theirs.grad is not None:
            assert ours.grad is not None and ours.grad.dtype == torch.float32
            assert torch.cosine_similarity(ours.grad.ravel(), theirs.grad.ravel(), 0) > 0.99


def test_without_the_hardware_asking_for_it_changes_nothing(hardware) -> None:
    hardware(False)
    assert torch.equal(terms()[1].distortion, terms(bf16=False)[1].distortion)


def test_posteriors_are_near_those_of_float32(hardware) -> None:
    hardware(True)
    model, _ = terms(bf16=False)
    (mean, scale), (plain_mean, plain_scale) = (
        posteriors(model, SENTENCES, bf16=bf16) for bf16 in (True, False)
    )
    assert not np.array_equal(mean, plain_mean)
    assert np.abs((mean - plain_mean) / plain_scale).max() < 0.02
    assert np.abs(scale / plain_scale - 1).max() < 0.02


@pytest.mark.parametrize("decoder", ["lstm", "transformer"])
def test_importance_estimates_are_near_those_of_float32_and_say_so(decoder) -> None:
    torch.manual_seed(0)
    config = ModelConfig(embedding_dim=16, latent_dim=4, decoder={"name": decoder})
    model = build(config, 30).eval()
    half, plain = (
        importance_estimates(model, SENTENCES, 200, bf16=bf16) for bf16 in (True, False)
    )
    assert half.bf16 and not plain.bf16
    assert not torch.equal(half.nll, plain.nll)
    torch.testing.assert_close(half.nll, plain.nll, atol=0.02, rtol=0)


def test_a_product_that_is_not_faster_stays_in_float32(monkeypatch) -> None:
    monkeypatch.setattr(mixed_precision, "has_bf16", lambda device: True)
    for times, is_faster in ([1.0, 2.0], True), ([2.0, 1.0], False):
        seconds = iter(times)
        monkeypatch.setattr(mixed_precision, "_seconds", lambda *_, of=seconds: next(of))
        mixed_precision.bf16_is_faster.cache_clear()
        assert mixed_precision.bf16_is_faster(CPU) == is_faster
        assert mixed_precision.bf16_is_faster(CPU) == is_faster  # measured once
        assert not mixed_precision.bf16_is_faster(CPU, torch.float64)
    mixed_precision.bf16_is_faster.cache_clear()


def test_what_the_processor_says_is_believed(monkeypatch) -> None:
    said: dict[str, bool] = {}
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: said, raising=False)
    assert not mixed_precision.has_bf16(CPU)
    said["avx512_bf16"] = True
    assert mixed_precision.has_bf16(CPU)
    monkeypatch.delattr(torch.cpu, "get_capabilities")
    assert not mixed_precision.has_bf16(CPU)  # an older torch
    assert not mixed_precision.has_bf16(torch.device("meta"))
