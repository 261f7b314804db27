"""The reference that speed is measured against gives the same numbers as the project."""

import pytest
import torch

from explorer.config import ModelConfig
from explorer.evaluation.likelihood import importance_estimates
from explorer.models.batch_inference import posteriors
from explorer.models.decoding_settings import Decoding
from explorer.models.decoding_strategies import generate
from explorer.models.elbo import training_terms
from explorer.models.padding import collate
from explorer.models.random_streams import generator
from explorer.models.vae import build
from explorer.text.tokens import EOS
from tests.benchmarks.reference import Reference, exact_batches, train_steps

SENTENCES = [[5, 6, 7], [8, 9], [9, 5, 5, 7, 11], [12, 4, 6]]
EXACT = {"atol": 1e-5, "rtol": 1e-5}


@pytest.fixture(params=[8, 12], ids=["as wide as words", "wider"])
def pair(request):
    torch.manual_seed(1)
    sizes = {"name": "lstm", "hidden_dim": request.param}
    config = ModelConfig(embedding_dim=8, latent_dim=3, encoder=sizes, decoder=sizes)
    model = build(config, 40).eval()
    with torch.no_grad():
        # Weights that make it say different things, and end.
        for parameter in model.parameters():
            parameter.mul_(6)
        model.decoder.output.bias[EOS] = 2.0
    return model, Reference(model)


def test_distortion_and_rate_are_the_same(pair):
    model, reference = pair
    for tokens in exact_batches(SENTENCES, 2):
        terms = training_terms(model, tokens, noise=False)
        distortion, rate = reference.loss(tokens, noise=torch.zeros(len(tokens), 3))
        torch.testing.assert_close(terms.distortion, distortion, **EXACT)
        torch.testing.assert_close(terms.rate.sum(1), rate, **EXACT)


def test_posterior_means_are_the_same(pair):
    model, reference = pair
    mean, _ = posteriors(model, SENTENCES)
    for row, sentence in enumerate(SENTENCES):
        expected = reference.encode(collate([sentence]))[0][0]
        torch.testing.assert_close(torch.from_numpy(mean[row]), expected, **EXACT)


def test_gradients_are_the_same(pair):
    model, reference = pair
    tokens = exact_batches(SENTENCES, 4)[1]
    terms = training_terms(model, tokens, noise=False)
    (terms.distortion.sum() + terms.rate.sum()).backward()
    distortion, rate = reference.loss(tokens, noise=torch.zeros(len(tokens), 3))
    (distortion.sum() + rate.sum()).backward()
    torch.testing.assert_close(
        model.decoder.lstm.weight_hh_l0.grad, reference.decoder.weight_hh_l0.grad, **EXACT
    )
    # A padding row has no gradient with us, and never one that matters: it is not read.
    torch.testing.assert_close(
        model.embedding.weight.grad[1:], reference.embed.weight.grad[1:], **EXACT
    )


@pytest.mark.parametrize("ends", [True, False])
def test_greedy_and_beam_say_the_same(pair, ends):
    model, reference = pair
    if not ends:
        for output in (model.decoder.output, reference.output):
            output.bias.data[EOS] = -100.0
    z = 2 * torch.randn(12, 3, generator=generator(0, "z"))
    greedy = generate(model.decoder, z, Decoding(max_tokens=9))
    assert greedy == reference.decode(z, 9)
    assert len(set(map(tuple, greedy))) > 3
    beam = generate(model.decoder, z, Decoding(strategy="beam", beam=4, max_tokens=9))
    assert beam == reference.beam(z, 4, 9)


def test_importance_estimates_are_the_same(pair):
    model, reference = pair
    nats = importance_estimates(model, SENTENCES, 50, seed=3, bf16=False).nll
    for row, sentence in enumerate(SENTENCES):
        noise = torch.randn((50, 3), generator=generator(3, f"importance {row}"))
        expected = reference.importance_nll(sentence, noise, chunk=20)
        assert nats[row].item() == pytest.approx(expected, abs=1e-4)


def test_sampled_words_are_as_frequent(pair):
    model, reference = pair
    z = torch.zeros(4000, 3)
    torch.manual_seed(0)
    ours = generate(model.decoder, z, Decoding(strategy="sample", max_tokens=1))
    theirs = reference.decode(z, 1, sample=True)
    counts = [torch.tensor([row[0] if row else EOS for row in rows]) for rows in (ours, theirs)]
    shares = [torch.bincount(words, minlength=40) / len(words) for words in counts]
    assert (shares[0] - shares[1]).abs().max() < 0.04


def test_training_lowers_the_loss_of_the_reference(pair):
    _, reference = pair
    batches = exact_batches(SENTENCES, 4)
    steps = train_steps(reference.train(), batches, 0.05, 5.0)
    before = sum(reference.loss(tokens)[0].sum().item() for tokens in batches)
    assert [next(steps) for _ in range(60)][:3] == [3, 8, 6]
    after = sum(reference.loss(tokens)[0].sum().item() for tokens in batches)
    assert after < before
