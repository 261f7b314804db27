"""Likelihood figures against answers that are known some other way."""

import math
from itertools import product

import pytest
import torch
from torch.distributions import Independent, Normal

from explorer.config import ModelConfig
from explorer.evaluation.likelihood import (
    effective_sample_size,
    importance_estimates,
    importance_nll,
    perplexity,
    predicted,
)
from explorer.models.batch_inference import distortions, posterior
from explorer.models.latent_gain import references, token_scores
from explorer.models.latents import LATENTS
from explorer.models.padding import collate, lengths
from explorer.models.random_streams import generator, others, sample, sample_rows
from explorer.models.vae import TextVAE, build

SENTENCES = [[4, 5, 6], [7], [], [8, 8, 4, 5, 6, 7], [5, 4, 6], [6, 6, 6]]


FEW_CODES = {"codes": {"num_categories": 2}, "codebook": {"codes": 1, "num_categories": 7}}


def tiny(latent: str = "gaussian", latent_dim: int = 1, words: int = 9) -> TextVAE:
    torch.manual_seed(3)
    config = ModelConfig(
        embedding_dim=6,
        latent_dim=latent_dim,
        latent={"name": latent, **FEW_CODES.get(latent, {})},
        prior={"name": LATENTS[latent].prior},
        encoder={"name": "lstm", "hidden_dim": latent_dim if latent == "vectors" else 5},
        decoder={"name": "lstm", "hidden_dim": 7, "dropout": 0.5, "tied": False},
    )
    model = build(config, words).double().eval()
    with torch.no_grad():  # sharp enough that z matters
        for name, weight in model.named_parameters():
            weight.mul_(3.0 if "decoder" in name else 1.0)
    return model


def linear_gaussian(samples: int) -> float:
    """Mean importance NLL of z ~ N(0, 1), x ~ N(2z, 0.5²) for a posterior a little off."""
    torch.manual_seed(0)
    x = torch.randn(1500, dtype=torch.float64) * math.sqrt(4 + 0.25)
    q = Normal(0.4 * x, 0.35)
    z = q.sample((samples,))
    joint = Normal(0.0, 1.0).log_prob(z) + Normal(2 * z, 0.5).log_prob(x)
    evidence = -Normal(0.0, math.sqrt(4.25)).log_prob(x)
    return (importance_nll(joint - q.log_prob(z)) - evidence).mean().item()


def test_importance_nll_falls_to_the_evidence_of_a_linear_gaussian_model() -> None:
    excess = [linear_gaussian(samples) for samples in (1, 10, 300)]
    assert excess[0] > excess[1] > excess[2] > -0.01
    assert excess[0] > 0.1
    assert excess[2] < 0.01


def test_one_importance_sample_is_the_negative_elbo() -> None:
    weights = torch.tensor([[-3.0, -4.0]])
    assert importance_nll(weights).tolist() == [3.0, 4.0]
    with pytest.raises(ValueError, match="at least one sample"):
        importance_nll(weights[:0])


def test_importance_nll_of_a_text_model_is_its_integral_over_z() -> None:
    model = tiny()
    grid = torch.linspace(-9, 9, 1500, dtype=torch.float64)
    prior = Normal(torch.zeros((), dtype=torch.float64), 1.0).log_prob(grid)
    with torch.inference_mode():
        exact = [
            -(model.decoder.log_prob(grid[:, None], collate([row] * len(grid))) + prior)
            .logsumexp(0)
            .add(math.log(18 / 1499))
            .item()
            for row in SENTENCES
        ]
    estimate = importance_estimates(model, SENTENCES, 4000).nll
    assert estimate.tolist() == pytest.approx(exact, abs=0.03)


def test_any_chunking_takes_exactly_the_same_samples() -> None:
    model = tiny(latent_dim=2)
    whole = importance_estimates(model, SENTENCES, 15, seed=1).nll
    for positions in (1, 7, 40, 10**6):
        chunked = importance_estimates(model, SENTENCES, 15, seed=1, positions=positions).nll
        assert chunked.tolist() == pytest.approx(whole.tolist(), abs=1e-9)
    assert importance_estimates(model, SENTENCES, 15, seed=2).nll.tolist() != whole.tolist()


def test_the_number_of_samples_scored_is_the_number_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = tiny(latent_dim=2)
    score, scored = model.decoder.score_samples, []
    monkeypatch.setattr(
        model.decoder,
        "score_samples",
        lambda z, tokens, bf16: scored.append(z.shape[0] * z.shape[1]) or score(z, tokens, bf16),
    )
    importance_estimates(model, SENTENCES, 15, positions=11)
    assert sum(scored) == 15 * len(SENTENCES)


def test_the_probabilities_of_all_sentences_and_longer_beginnings_sum_to_one() -> None:
    # <bos> and <pad> are words of the softmax too, but no sentence holds them: they are counted
    # as the share of probability that the model wastes.
    model = tiny("none", 0, words=6)
    nothing = torch.zeros(1, 0, dtype=torch.float64)
    total = 0.0
    with torch.inference_mode():
        for length in range(4):
            for words in product((3, 4, 5), repeat=length):
                tokens = collate([list(words)])
                logits = model.decoder.logits(nothing, tokens)[0]
                steps = logits[:, 2:].log_softmax(1)  # without <pad> and <bos>
                kept = steps.gather(1, tokens[0, 1:, None] - 2).squeeze(1)
                wasted = logits[:, 2:].logsumexp(1) - logits.logsumexp(1)
                exact = model.decoder.log_prob(nothing, tokens).item()
                assert (kept + wasted).sum().item() == pytest.approx(exact)
                # At the last length, whatever comes next is counted, not only the end.
                total += (kept if length < 3 else kept[:-1]).sum().exp().item()
    assert total == pytest.approx(1.0)


def test_distortion_is_in_the_order_of_the_data_whatever_the_batches() -> None:
    model = tiny(latent_dim=2)
    z = torch.randn(len(SENTENCES), 2, dtype=torch.float64)
    one_by_one = distortions(model, z, SENTENCES, size=1)
    assert distortions(model, z, SENTENCES, size=4).tolist() == pytest.approx(one_by_one.tolist())
    order = [3, 0, 5, 1, 4, 2]
    moved = distortions(model, z[order], [SENTENCES[row] for row in order])
    assert moved.tolist() == pytest.approx(one_by_one[order].tolist())


def test_the_posterior_of_a_set_is_that_of_each_sentence() -> None:
    model = tiny(latent_dim=2)
    together = posterior(model, SENTENCES).mean
    for row, sentence in enumerate(SENTENCES):
        alone = model.posterior(collate([sentence])).mean[0]
        assert together[row].tolist() == pytest.approx(alone.tolist())


def test_perplexity_counts_the_end_of_every_sentence() -> None:
    assert predicted(SENTENCES) == 16 + 6
    assert perplexity(22 * math.log(7.0), 22) == pytest.approx(7.0)


def test_token_gains_add_up_to_the_prior_gap() -> None:
    model = tiny(latent_dim=2)
    tokens = collate(SENTENCES)
    z = torch.randn(len(SENTENCES), 2, dtype=torch.float64)
    prior = Independent(Normal(torch.zeros(2).double(), torch.ones(2).double()), 1)
    draws = references(prior, samples=8, seed=4)
    scores, gains = token_scores(model.decoder, z, tokens, draws)
    assert torch.allclose(scores, model.decoder.token_log_prob(z, tokens), atol=1e-12)
    assert gains.shape == (len(SENTENCES), tokens.shape[1] - 1)
    own = distortions(model, z, SENTENCES)
    gap = torch.stack(
        [distortions(model, draw.expand(len(SENTENCES), 2), SENTENCES) - own for draw in draws]
    ).mean(0)
    assert gains.sum(1).tolist() == pytest.approx(gap.tolist())
    for row, count in enumerate(lengths(tokens).tolist()):
        assert gains[row, count:].abs().sum() == 0
    _, alone = token_scores(model.decoder, z[3:4], tokens[3:4], draws)
    assert alone[0].tolist() == pytest.approx(gains[3].tolist())


def test_token_gains_vanish_where_z_is_ignored() -> None:
    model = tiny(latent_dim=2)
    deafen(model)
    z = torch.randn(len(SENTENCES), 2, dtype=torch.float64)
    _, gains = token_scores(model.decoder, z, collate(SENTENCES), references(model.prior()))
    assert gains.abs().max().item() < 1e-12


def deafen(model: TextVAE) -> None:
    """Cuts z off from the decoder."""
    with torch.no_grad():
        model.decoder.start.weight.zero_()
        model.decoder.skip.weight.zero_()
        model.decoder.lstm.weight_ih_l0[:, model.config.embedding_dim :].zero_()


def test_draws_of_a_row_do_not_depend_on_its_batch() -> None:
    mean = torch.arange(6.0).view(3, 2)
    scale = torch.full((3, 2), 0.5)
    sources = [generator(0, f"row {row}") for row in range(3)]
    together = sample_rows(Independent(Normal(mean, scale), 1), 4, sources)
    alone = sample_rows(Independent(Normal(mean[1:2], scale[1:2]), 1), 4, [generator(0, "row 1")])
    assert together.shape == (4, 3, 2)
    assert torch.equal(together[:, 1], alone[:, 0])


def test_other_distributions_draw_by_the_seed_and_leave_the_global_state_alone() -> None:
    gumbel = torch.distributions.Gumbel(torch.zeros(3), torch.ones(3))
    torch.manual_seed(0)
    expected = torch.rand(2)
    torch.manual_seed(0)
    first = sample(gumbel, 5, generator(1, "a"))
    assert torch.equal(torch.rand(2), expected)
    assert torch.equal(first, sample(gumbel, 5, generator(1, "a")))
    assert not torch.equal(first, sample(gumbel, 5, generator(2, "a")))


def test_others_give_every_row_another_one() -> None:
    for n in (2, 3, 50):
        rows = others(n, generator(0, "others")).tolist()
        assert sorted(rows) == list(range(n))
        assert all(row != other for row, other in enumerate(rows))
    with pytest.raises(ValueError, match="1 rows have no cyclic permutation"):
        others(1, generator(0, "others"))


def test_the_effective_sample_size_counts_weights_that_count() -> None:
    equal = torch.zeros(50, 3) - 400.0
    assert effective_sample_size(equal).tolist() == pytest.approx([50.0] * 3)
    one = equal.clone()
    one[7] += 100
    assert effective_sample_size(one).tolist() == pytest.approx([1.0] * 3)
    half = equal.clone()
    half[:25] -= 100
    assert effective_sample_size(half).tolist() == pytest.approx([25.0] * 3)


def test_estimates_come_with_their_effective_sample_sizes() -> None:
    found = importance_estimates(tiny().float(), SENTENCES, 15, seed=1)
    assert ((found.ess >= 1) & (found.ess <= 15 + 1e-9)).all()
