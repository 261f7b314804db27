"""Laws of encoders, latent spaces and decoders; every entry of the dictionaries is tested."""

import math

import pytest
import torch
from torch import Tensor

from explorer.config import ModelConfig
from explorer.errors import ExplorerError
from explorer.models.decoders import DECODERS
from explorer.models.dilated import DilatedDecoder
from explorer.models.encoders import ENCODERS
from explorer.models.latents import LATENTS
from explorer.models.objectives import RATES, charge_for, free_bits, plain
from explorer.models.softmax import token_log_prob
from explorer.models.tensors import collate, lengths, mask
from explorer.models.vae import TextVAE, build
from explorer.text.tokens import EOS, PAD

WORDS = 9
SENTENCES = [[4, 5, 6], [7], [], [8, 8, 4, 5, 6, 7], [5, 4, 6]]


def tiny(encoder: dict | None = None, decoder: dict | None = None, latent_dim: int = 3) -> TextVAE:
    """A model of a few dozen weights, in double precision."""
    torch.manual_seed(1)
    config = ModelConfig(
        embedding_dim=6,
        latent_dim=latent_dim,
        latent={"name": "gaussian" if latent_dim else "none"},
        encoder={"name": "lstm", "hidden_dim": 5} | (encoder or {}),
        decoder={"name": "lstm", "hidden_dim": 8} | (decoder or {}),
    )
    return build(config, WORDS).double().eval()


ENCODER_SETTINGS = [
    {"name": name, "pool": pool, "bidirectional": both}
    for name in ENCODERS
    for pool in ("max", "last")
    for both in (False, True)
]
DECODER_SETTINGS = [
    {"name": name, "skip": skip, "tied": tied}
    for name in DECODERS
    for skip in (False, True)
    for tied in (False, True)
]


def test_tokens_start_end_and_pad() -> None:
    tokens = collate(SENTENCES)
    assert tokens.shape == (5, 8)
    assert lengths(tokens).tolist() == [4, 2, 1, 7, 4]
    assert mask(tokens).sum().item() == sum(len(row) + 2 for row in SENTENCES)
    assert collate([]).shape == (0, 2)


@pytest.mark.parametrize("encoder", ENCODER_SETTINGS)
def test_a_posterior_depends_on_its_own_row_only(encoder: dict) -> None:
    model = tiny(encoder)
    before = model.posterior(collate(SENTENCES)).mean
    changed = [*SENTENCES[:3], [4], [8, 8]]
    after = model.posterior(collate(changed)).mean
    assert torch.allclose(before[:3], after[:3], atol=1e-12)
    assert not torch.allclose(before[3], after[3])


@pytest.mark.parametrize("encoder", ENCODER_SETTINGS)
def test_permuting_rows_permutes_posteriors(encoder: dict) -> None:
    model = tiny(encoder)
    order = [3, 0, 4, 2, 1]
    straight = model.posterior(collate(SENTENCES)).mean
    permuted = model.posterior(collate([SENTENCES[row] for row in order])).mean
    assert torch.allclose(straight[order], permuted, atol=1e-12)


@pytest.mark.parametrize("encoder", ENCODER_SETTINGS)
def test_padding_changes_nothing(encoder: dict) -> None:
    model = tiny(encoder)
    tokens = collate(SENTENCES)
    padded = torch.cat([tokens, torch.full((len(tokens), 3), PAD)], 1)
    z = torch.randn(len(tokens), 3, dtype=torch.float64)
    for short, long in (
        (model.posterior(tokens).mean, model.posterior(padded).mean),
        (model.posterior(tokens).stddev, model.posterior(padded).stddev),
        (model.decoder.log_prob(z, tokens), model.decoder.log_prob(z, padded)),
    ):
        assert torch.allclose(short, long, atol=1e-12)


@pytest.mark.parametrize("decoder", DECODER_SETTINGS)
def test_scores_do_not_depend_on_words_that_come_later(decoder: dict) -> None:
    model = tiny(decoder=decoder)
    z = torch.randn(2, 3, dtype=torch.float64)
    logits = model.decoder.logits(z, collate([[4, 5, 6, 7], [4, 5, 8, 8]]))
    assert torch.allclose(
        model.decoder.logits(z[:1], collate([[4, 5, 6, 7]]))[0, :3],
        model.decoder.logits(z[:1], collate([[4, 5, 8, 8]]))[0, :3],
        atol=1e-12,
    )
    assert logits.shape == (2, 5, WORDS)


@pytest.mark.parametrize("layers", [1, 2])
def test_a_dilated_decoder_sees_as_far_back_as_it_says_and_no_further(layers: int) -> None:
    decoder = tiny(decoder={"name": "dilated", "layers": layers, "hidden_dim": 64}).decoder
    assert isinstance(decoder, DilatedDecoder)
    words = [4] * 12
    z, plain_scores = torch.randn(1, 3).double(), []
    for changed in range(12):
        other = [*words[:changed], 5, *words[changed + 1 :]]
        plain_scores.append(decoder.logits(z, collate([other]))[0, -1])
    unchanged = decoder.logits(z, collate([words]))[0, -1]
    moved = [not torch.allclose(scores, unchanged, atol=1e-12) for scores in plain_scores]
    assert moved == [False] * (12 - decoder.sight) + [True] * decoder.sight


def test_impossible_dilated_decoders_are_refused() -> None:
    for settings in ({"hidden_dim": 7}, {"layers": 0}):
        with pytest.raises(ExplorerError, match="dilated takes"):
            tiny(decoder={"name": "dilated", **settings})


@pytest.mark.parametrize("decoder", DECODER_SETTINGS)
def test_stepping_gives_the_scores_of_teacher_forcing(decoder: dict) -> None:
    model = tiny(decoder=decoder)
    tokens = collate(SENTENCES)
    z = torch.randn(len(tokens), 3, dtype=torch.float64)
    logits = model.decoder.logits(z, tokens)
    state = model.decoder.begin(z)
    for time in range(tokens.shape[1] - 1):
        step, state = model.decoder.step(tokens[:, time], state)
        assert torch.allclose(step, logits[:, time], atol=1e-12)


def test_selected_states_go_on_as_their_rows_do() -> None:
    model = tiny()
    z = torch.randn(3, 3, dtype=torch.float64)
    _, state = model.decoder.step(torch.tensor([4, 5, 6]), model.decoder.begin(z))
    chosen = torch.tensor([2, 0, 2])
    word = torch.tensor([7, 7, 7])
    whole, _ = model.decoder.step(word, state)
    part, _ = model.decoder.step(word, state.select(chosen))
    assert torch.allclose(whole[chosen], part)


@pytest.mark.parametrize("decoder", DECODER_SETTINGS)
def test_token_log_probabilities_are_those_of_the_logits(decoder: dict) -> None:
    model = tiny(decoder=decoder)
    tokens = collate(SENTENCES)
    z = torch.randn(len(tokens), 3, dtype=torch.float64)
    reference = model.decoder.logits(z, tokens).log_softmax(2)
    reference = reference.gather(2, tokens[:, 1:, None]).squeeze(2) * mask(tokens[:, 1:])
    assert torch.allclose(model.decoder.token_log_prob(z, tokens), reference, atol=1e-12)
    assert torch.allclose(model.decoder.log_prob(z, tokens), reference.sum(1), atol=1e-12)


def test_scoring_samples_is_scoring_them_one_by_one() -> None:
    model = tiny()
    tokens = collate(SENTENCES)
    z = torch.randn(4, len(tokens), 3, dtype=torch.float64)
    together = model.decoder.score_samples(z, tokens)
    apart = torch.stack([model.decoder.log_prob(sample, tokens) for sample in z])
    assert torch.allclose(together, apart, atol=1e-12)


def test_probabilities_of_all_sentences_sum_to_one() -> None:
    model = tiny()
    z = torch.randn(1, 3, dtype=torch.float64)
    words = [word for word in range(WORDS) if word != EOS]

    def mass(prefix: list[int], steps: int) -> Tensor:
        """Probability of ending after `prefix` or within `steps` more words."""
        state = model.decoder.begin(z)
        for word in [1, *prefix]:
            scores, state = model.decoder.step(torch.tensor([word]), state)
        probability = scores.softmax(1)[0]
        if steps == 0:
            return probability.sum()
        longer = sum((probability[word] * mass([*prefix, word], steps - 1)) for word in words)
        return probability[EOS] + longer

    assert mass([], 2).item() == pytest.approx(1.0)


def test_the_fused_softmax_is_the_plain_one_with_its_gradients() -> None:
    torch.manual_seed(0)
    hidden, weight, bias = (
        torch.randn(*shape, dtype=torch.float64, requires_grad=True)
        for shape in ((700, 5), (800, 5), (800,))
    )
    targets = torch.randint(800, (700,))
    upstream = torch.randn(700, dtype=torch.float64)
    fused = token_log_prob(hidden, weight, bias, targets)
    gradients = torch.autograd.grad((fused * upstream).sum(), (hidden, weight, bias))
    plain_result = (hidden @ weight.T + bias).log_softmax(1)[torch.arange(700), targets]
    reference = torch.autograd.grad((plain_result * upstream).sum(), (hidden, weight, bias))
    assert torch.allclose(fused, plain_result)
    for ours, theirs in zip(gradients, reference, strict=True):
        assert torch.allclose(ours, theirs)


def test_two_forward_passes_before_one_backward_do_not_share_memory() -> None:
    weight = torch.randn(50, 4, requires_grad=True)
    bias, targets = torch.zeros(50), torch.randint(50, (6,))
    a, b = torch.randn(6, 4), torch.randn(6, 4)
    # Leaves a spare buffer behind, which only one of the next two passes may take.
    token_log_prob(a, weight, bias, targets).sum().backward()
    alone = torch.autograd.grad(token_log_prob(a, weight, bias, targets).sum(), weight)[0]
    first = token_log_prob(a, weight, bias, targets).sum()
    second = token_log_prob(b, weight, bias, targets).sum()
    assert torch.allclose(torch.autograd.grad(first, weight)[0], alone)
    assert torch.isfinite(torch.autograd.grad(second, weight)[0]).all()


SPACES = [(name, prior) for name, latent in LATENTS.items() for prior in latent.priors]


def space(name: str, prior: str, size: int = 0) -> TextVAE:
    """A tiny model with this latent space and prior."""
    dim = 0 if name == "none" else size or (16 if name == "codes" else 2)
    torch.manual_seed(1)
    config = ModelConfig(
        embedding_dim=6,
        latent_dim=dim,
        latent={"name": name},
        prior={"name": prior},
        encoder={"name": "lstm", "hidden_dim": 5},
        decoder={"name": "lstm", "hidden_dim": 7},
    )
    return build(config, WORDS).eval()


@pytest.mark.parametrize(("name", "prior"), SPACES)
def test_every_latent_space_gives_one_posterior_a_row_and_its_rate(name: str, prior: str) -> None:
    model = space(name, prior)
    posterior = model.posterior(collate(SENTENCES))
    z = posterior.rsample()
    assert z.shape == posterior.mean.shape == posterior.stddev.shape == (5, model.latent_dim)
    rate = model.latent.rate(posterior, model.prior(), z)
    assert rate.shape == (5, 1 if model.rate_parts is None else model.rate_parts)
    assert bool(torch.isfinite(rate).all())
    assert model.latent.has_rate == bool((rate.detach() != 0).any())


@pytest.mark.parametrize(("name", "prior"), SPACES)
def test_projecting_is_idempotent_and_leaves_draws_of_the_prior_where_they_are(
    name: str, prior: str
) -> None:
    model = space(name, prior)
    drawn = model.prior().sample((7,))
    assert drawn.shape == (7, model.latent_dim)
    assert torch.allclose(model.latent.project(drawn), drawn, atol=1e-6)
    anywhere = 5 * torch.randn(7, model.latent_dim)
    once = model.latent.project(anywhere)
    assert torch.allclose(model.latent.project(once), once, atol=1e-6)


@pytest.mark.parametrize(("name", "prior"), [item for item in SPACES if item[0] != "none"])
def test_every_space_learns_from_its_draws(name: str, prior: str) -> None:
    model = space(name, prior).train()
    terms = model(collate(SENTENCES))
    (terms.distortion.sum() + terms.rate.sum()).backward()
    for part in (model.encoder, model.latent):
        assert part is not None
        assert any(w.grad is not None and w.grad.abs().sum() > 0 for w in part.parameters())
    for weight_name, weight in model.prior.named_parameters():
        assert weight.grad is not None, weight_name


@pytest.mark.parametrize(
    ("latent", "prior"),
    [("gaussian", "uniform"), ("sphere", "normal"), ("codes", "mixture"), ("point", "flow")],
)
def test_a_prior_on_another_space_is_refused_with_those_that_fit(latent: str, prior: str) -> None:
    with pytest.raises(ExplorerError, match=r"does not live on the latent space.*takes"):
        space(latent, prior)


def test_a_point_has_no_noise() -> None:
    posterior = LATENTS["point"](4, 3).posterior(torch.randn(2, 4))
    assert torch.equal(posterior.rsample(), posterior.mean)


@pytest.mark.parametrize("prior", LATENTS["gaussian"].priors)
@torch.no_grad()
def test_every_prior_on_open_space_integrates_to_one(prior: str) -> None:
    distribution = space("gaussian", prior).prior()
    torch.manual_seed(0)
    points = torch.empty(2**18, 2).uniform_(-8, 8)
    mass = distribution.log_prob(points).exp().mean() * 16**2
    assert mass.item() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("prior", LATENTS["gaussian"].priors)
@torch.no_grad()
def test_the_mean_one_sample_rate_is_the_closed_form_where_there_is_one(prior: str) -> None:
    model = space("gaussian", prior)
    posterior = model.posterior(collate([[4, 5, 6]]))
    torch.manual_seed(0)
    z = posterior.sample((50_000,))[:, 0]
    sampled = (posterior.log_prob(z) - model.prior().log_prob(z)).mean().item()
    each = model.latent.rate(posterior.expand((50_000,)), model.prior(), z).sum(1)
    assert each.mean().item() == pytest.approx(sampled, abs=0.02)
    assert (each.std().item() < 1e-4) == (model.rate_parts is not None)


@torch.no_grad()
def test_a_learned_prior_starts_among_the_encoded_sentences() -> None:
    for prior in ("mixture", "vamp"):
        model = space("gaussian", prior)
        with torch.no_grad():
            model.latent.mean.bias += 5.0
        z = model.posterior(collate(SENTENCES)).mean
        before = model.prior().log_prob(z).mean()
        model.prior.initialise(SENTENCES, seed=0)
        assert model.prior().log_prob(z).mean() > before or prior == "vamp"


def test_batch_normalised_means_have_the_variance_asked_for_and_the_rate_that_follows() -> None:
    latent = LATENTS["gaussian"](4, 3, batch_norm=0.6).train()
    posterior = latent.posterior(torch.randn(2000, 4))
    assert posterior.mean.var(0).tolist() == pytest.approx([0.36] * 3, abs=0.01)


@torch.no_grad()
def test_a_least_rate_holds_for_every_sentence_and_dimension() -> None:
    latent = LATENTS["gaussian"](4, 3, least_rate=0.2)
    posterior = latent.posterior(10 * torch.randn(500, 4))
    prior = space("gaussian", "normal", 3).prior()
    assert latent.rate(posterior, prior, posterior.mean).min().item() >= 0.2 - 1e-4


def test_an_encoder_hides_words_in_training_only() -> None:
    model = tiny({"word_dropout": 1.0})
    tokens = collate([[4, 5, 6], [7, 8, 4]])
    apart = model.posterior(tokens).mean
    assert not torch.allclose(apart[0], apart[1])
    hidden = model.train().posterior(tokens).mean
    assert torch.allclose(hidden[0], hidden[1])


def test_free_bits_charge_the_floor_and_leave_unused_dimensions_alone() -> None:
    rate = torch.tensor([[0.0, 0.1, 2.0]], requires_grad=True)
    charged = free_bits(3, nats=3.0)(rate)
    assert charged.item() == pytest.approx(1 + 1 + 2)
    charged.sum().backward()
    assert rate.grad is not None and rate.grad.tolist() == [[0, 0, 1]]
    assert plain(3)(rate).item() == pytest.approx(2.1)


@pytest.mark.parametrize("name", RATES)
def test_no_charge_is_below_the_plain_rate_and_a_high_rate_is_charged_as_it_is(name: str) -> None:
    settings = {} if name == "plain" else {"nats": 3.0}
    charge = RATES[name](3, **settings)
    low, high = torch.rand(20, 3) / 10, 2 + torch.rand(20, 3)
    least = 0.0 if name == "plain" else 3.0
    assert charge(low).mean().item() >= max(least, low.sum(1).mean().item()) - 1e-6
    assert charge(high).mean().item() == pytest.approx(high.sum(1).mean().item(), abs=1e-5)


@pytest.mark.parametrize("name", ["free_bits", "free_bits_batch"])
def test_a_floor_by_dimension_is_refused_where_the_rate_is_one_figure(name: str) -> None:
    with pytest.raises(ExplorerError, match="floor"):
        charge_for(space("gaussian", "mixture"), {"name": name, "nats": 3.0})


def test_a_floor_leaves_the_rate_alone_below_it() -> None:
    rate = torch.full((4, 3), 0.1, requires_grad=True)
    RATES["floor"](3, nats=3.0)(rate).mean().backward()
    assert rate.grad is not None and not rate.grad.any()


def test_every_weight_receives_a_gradient() -> None:
    model = tiny({"bidirectional": True}).train()
    terms = model(collate(SENTENCES))
    (terms.distortion.sum() + terms.rate.sum()).backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None and weight.grad.abs().sum() > 0, name


def test_a_model_learns_two_sentences_by_heart() -> None:
    model = tiny(decoder={"dropout": 0.0}).float().train()
    tokens = collate([[4, 5, 6], [7, 8, 7]])
    optimiser = torch.optim.Adam(model.parameters(), 0.03)
    for _ in range(150):
        optimiser.zero_grad()
        terms = model(tokens, noise=False)
        terms.distortion.mean().backward()
        optimiser.step()
    assert terms.distortion.max().item() < 0.1


def test_a_language_model_is_the_model_without_a_latent_space() -> None:
    model = tiny(latent_dim=0)
    terms = model(collate(SENTENCES))
    assert terms.rate.shape == (5, 0)
    assert model.encoder is None
    assert math.isfinite(terms.distortion.sum().item())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"latent_dim": 0}, "language model"),
        ({"latent": {"name": "none"}}, "latent_dim to 0"),
        ({"latent": {"name": "round"}}, "codes, cube, gaussian, none, point, sphere"),
        ({"prior": {"name": "nromal"}}, "'nromal' is not one of"),
        ({"encoder": {"name": "lstm", "pool": "mean"}}, "last, max"),
        ({"decoder": {"name": "lstm", "hiden": 3}}, "hidden_dim"),
        ({"decoder": {"name": "lstm", "hidden_dim": 2.5}}, "expected int"),
    ],
)
def test_settings_that_do_not_fit_are_refused_by_name(settings: dict, message: str) -> None:
    with pytest.raises(ExplorerError, match=message):
        build(ModelConfig(**settings), WORDS)
