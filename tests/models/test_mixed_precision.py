"""Laws of bfloat16 in training: large products only, small effect, and only where it is faster."""

import pytest
import torch

from explorer.config import ModelConfig
from explorer.models import mixed_precision
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


def test_what_the_processor_says_is_believed(monkeypatch) -> None:
    said: dict[str, bool] = {}
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: said, raising=False)
    assert not mixed_precision.has_bf16(CPU)
    said["avx512_bf16"] = True
    assert mixed_precision.has_bf16(CPU)
    monkeypatch.delattr(torch.cpu, "get_capabilities")
    assert not mixed_precision.has_bf16(CPU)  # an older torch
    assert not mixed_precision.has_bf16(torch.device("meta"))
