"""Laws of bags of words: order and padding mean nothing, and probabilities sum to one."""

import math

import numpy as np
import pytest
import torch

from explorer.config import ModelConfig
from explorer.errors import ExplorerError
from explorer.models import elbo, plsa
from explorer.models.decoding_settings import RANKED, STRATEGIES, Decoding
from explorer.models.decoding_strategies import generate
from explorer.models.latents import Gaussian, Simplex
from explorer.models.padding import collate
from explorer.models.unigram_mixture import counted
from explorer.models.vae import TextVAE, build
from explorer.models.words import WordsDecoder, word_counts
from explorer.text.tokens import PAD, SPECIALS

WORDS, LATENT = 30, 3
DOCUMENTS = [[4, 5, 5, 9, 4], [7], [], [8, 8, 29, 5, 6, 7]]
SETTINGS = [
    {"latent": {"name": "gaussian"}, "decoder": {"name": "words"}},
    {"latent": {"name": "gaussian"}, "decoder": {"name": "words", "rank": 2}},
    {"latent": {"name": "simplex"}, "decoder": {"name": "words", "batch_norm": True}},
    {"latent": {"name": "simplex"}, "decoder": {"name": "words", "topics": "mixture"}},
    {"latent": {"name": "simplex"}, "decoder": {"name": "words", "topics": "mixture", "rank": 4}},
    {"latent": {"name": "simplex"}, "decoder": {"name": "words", "start": "plsa"}},
]


def tiny(latent: dict, decoder: dict, **encoder: object) -> TextVAE:
    torch.manual_seed(1)
    parts = {"latent": latent, "decoder": decoder, "encoder": {"name": "words"} | encoder}
    model = build(ModelConfig(embedding_dim=6, latent_dim=LATENT, **parts), WORDS)  # type: ignore[arg-type]
    model.decoder.fit(DOCUMENTS)
    return model.double().eval()


@pytest.mark.parametrize("settings", SETTINGS)
def test_order_and_padding_mean_nothing(settings: dict) -> None:
    model = tiny(**settings, layers=2, norm=True)
    turned = [row[::-1] for row in DOCUMENTS]
    padded = torch.cat([collate(DOCUMENTS), torch.full((len(DOCUMENTS), 4), PAD)], 1)
    z = torch.randn(len(DOCUMENTS), LATENT, dtype=torch.float64)
    for tokens in (collate(turned), padded):
        for one, other in (
            (model.posterior(collate(DOCUMENTS)).mean, model.posterior(tokens).mean),
            (
                elbo.distortion(model, z, collate(DOCUMENTS)),
                elbo.distortion(model, z, tokens),
            ),
        ):
            assert torch.allclose(one, other, atol=1e-12)


@pytest.mark.parametrize("settings", SETTINGS)
def test_words_sum_to_one_and_a_document_is_the_sum_of_its_words(settings: dict) -> None:
    model, tokens = tiny(**settings), collate(DOCUMENTS)
    decoder = model.decoder
    assert isinstance(decoder, WordsDecoder)
    z = model.condition(torch.randn(2, len(DOCUMENTS), LATENT, dtype=torch.float64))
    log_probs = decoder.word_log_probs(z)
    assert torch.allclose(log_probs.exp().sum(-1), torch.ones(()).double(), atol=1e-6)
    assert (log_probs[..., : len(SPECIALS)] < -40).all()
    whole = decoder.score_samples(z, tokens)
    assert torch.allclose(decoder.token_scores(z, tokens).sum(2), whole)
    assert torch.allclose(decoder.log_prob(z[0], tokens), whole[0])
    by_hand = [
        sum(log_probs[0, n, word].item() for word in row) for n, row in enumerate(DOCUMENTS)
    ]
    assert torch.allclose(whole[0], torch.tensor(by_hand).double())


def test_counts_are_those_of_words_alone() -> None:
    counts = word_counts(collate(DOCUMENTS), WORDS)
    assert counts.sum(1).tolist() == [len(row) for row in DOCUMENTS]
    assert counts[0, 4] == counts[0, 5] == 2
    assert not counts[:, : len(SPECIALS)].any()


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_answers_with_the_words_that_say_most(strategy: str) -> None:
    model = tiny(**SETTINGS[0])
    decoder = model.decoder
    assert isinstance(decoder, WordsDecoder)
    with torch.no_grad():
        decoder.output.weight[11] += 3
    z = torch.ones(1, LATENT).double()
    (row,) = generate(decoder, z, Decoding(strategy=strategy))
    assert row[0] == 11
    assert len(set(row)) == len(row) <= RANKED
    log_probs = decoder.word_log_probs(z)[0]
    assert all(log_probs[word] > decoder.unigram[word] for word in row)
    assert generate(decoder, z, Decoding(strategy=strategy, max_tokens=1)) == [[11]]


def test_a_place_that_says_nothing_has_the_frequencies_of_the_training_text() -> None:
    decoder = tiny(**SETTINGS[0]).decoder
    assert isinstance(decoder, WordsDecoder)
    log_probs = decoder.word_log_probs(torch.zeros(1, LATENT).double())[0]
    assert torch.allclose(log_probs[4:], decoder.unigram[4:], atol=1e-6)
    assert math.isclose((log_probs[5] - log_probs[9]).exp().item(), 3.5 / 1.5, rel_tol=1e-5)


def test_shares_of_topics_sum_to_one_in_every_space() -> None:
    for latent in (Gaussian(4, LATENT), Simplex(4, LATENT)):
        shares = latent.topic_shares(torch.randn(5, LATENT))
        assert shares.shape == (5, len(latent.topic_points()))
        assert torch.allclose(shares.sum(1), torch.ones(5))


@pytest.mark.parametrize("decoder", [{}, {"topics": "mixture"}, {"rank": LATENT}])
def test_each_topic_starts_as_one_of_plsa(decoder: dict) -> None:
    model = tiny({"name": "simplex"}, {"name": "words", "start": "plsa"} | decoder)
    torch.manual_seed(1)
    build(model.config, WORDS)  # draws as much as `tiny` did
    seed = int(torch.randint(2**31, ()))
    expected = plsa.topics(counted(DOCUMENTS, WORDS), LATENT, seed)[:, len(SPECIALS) :]
    assert isinstance(model.decoder, WordsDecoder)
    own = model.decoder.word_log_probs(torch.eye(LATENT, dtype=torch.float64)).exp()
    own = own[:, len(SPECIALS) :].detach().numpy()
    assert np.allclose(own, expected / expected.sum(1, keepdims=True), atol=1e-5)


@pytest.mark.parametrize("setting", [{"topics": "mixture"}, {"start": "plsa"}])
def test_topics_need_shares_and_take_no_label(setting: dict) -> None:
    decoder = {"name": "words"} | setting
    with pytest.raises(ExplorerError, match="needs model"):
        tiny({"name": "gaussian"}, decoder)
    parts = {"decoder": decoder, "encoder": {"name": "words"}, "latent": {"name": "simplex"}}
    with pytest.raises(ExplorerError, match="labels"):
        build(ModelConfig(latent_dim=LATENT, labels=("a", "b"), **parts), WORDS)  # type: ignore[arg-type]


def test_what_cannot_be_is_refused() -> None:
    for decoder, message in (
        ({"topics": "sum"}, "'sum' is not one of product, mixture"),
        ({"topics": "mixture", "batch_norm": True}, "not normalised again"),
        ({"rank": -1}, "rank"),
        ({"start": "em"}, "'em' is not one of random, plsa"),
    ):
        with pytest.raises(ExplorerError, match=message):
            tiny({"name": "simplex"}, {"name": "words"} | decoder)
