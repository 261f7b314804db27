"""Laws of latent spaces, their priors and what is charged for the rate; every entry is tested."""

import pytest
import torch

from explorer.config import ModelConfig
from explorer.errors import ExplorerError
from explorer.models.elbo import training_terms
from explorer.models.latents import LATENTS
from explorer.models.padding import collate
from explorer.models.priors import PRIORS, joint_priors
from explorer.models.rate_penalties import RATE_PENALTIES, free_bits, penalty_for, plain
from explorer.models.vae import TextVAE, build
from tests.models.test_models import SENTENCES, WORDS

SPACES = [(name, prior) for name in LATENTS for prior in joint_priors(name)]


def space(name: str, prior: str, size: int = 0, **settings: int) -> TextVAE:
    """A tiny model with this latent space and prior, which takes the settings."""
    dim = size or {"none": 0, "codes": 16, "codebook": 16}.get(name, 2)
    torch.manual_seed(1)
    config = ModelConfig(
        embedding_dim=6,
        latent_dim=dim,
        latent={"name": name},
        prior={"name": prior, **settings},
        # A space of vectors takes them as they are.
        encoder={"name": "lstm", "hidden_dim": dim if name == "vectors" else 5},
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
    assert rate.shape == (5, 1 if model.num_rate_terms is None else model.num_rate_terms)
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
    terms = training_terms(model, collate(SENTENCES))
    (terms.distortion.sum() + terms.rate.sum()).backward()
    for part in (model.encoder, model.latent):
        assert part is not None
        if name == "vectors" and part is model.latent:
            continue  # it has no weights
        assert any(w.grad is not None and w.grad.abs().sum() > 0 for w in part.parameters())
    for weight_name, weight in model.prior.named_parameters():
        assert weight.grad is not None, weight_name


@pytest.mark.parametrize(
    ("latent", "prior"),
    [("gaussian", "uniform"), ("sphere", "normal"), ("codes", "mixture"), ("point", "flow")],
)
def test_a_prior_on_another_space_is_refused_with_those_that_fit(latent: str, prior: str) -> None:
    with pytest.raises(ExplorerError, match=r"the latent space .* supports .*, not"):
        space(latent, prior)


@pytest.mark.parametrize(
    ("latent", "prior"), [("gaussian", "flow_matching"), ("point", "mixture")]
)
def test_a_prior_that_is_only_fitted_afterwards_is_refused_with_the_setting_that_fits_it(
    latent: str, prior: str
) -> None:
    with pytest.raises(ExplorerError, match=rf'training.fit_prior = {{ name = "{prior}" }}'):
        space(latent, prior)


def test_every_prior_has_a_title() -> None:
    titles = [prior.title for prior in PRIORS.values()]
    assert all(titles) and len(set(titles)) == len(titles)


def test_noise_on_a_point_is_relative_and_in_training_alone() -> None:
    """Three times the encodings have three times the noise, so that growing does not escape it."""
    torch.manual_seed(0)
    latent = LATENTS["point"](4, 3, noise=0.5).train()
    features = torch.randn(1000, 4)
    for factor in (1, 3):
        posterior = latent.posterior(factor * features)
        off = posterior.rsample() - posterior.mean
        spread = (factor * (features @ latent.mean.weight.T)).std(0)
        torch.testing.assert_close(off.std(0), 0.5 * spread, rtol=0.1, atol=0)
    posterior = latent.eval().posterior(features)
    assert torch.equal(posterior.rsample(), posterior.mean)
    with pytest.raises(ExplorerError, match=r"model\.latent\.noise"):
        LATENTS["point"](4, 3, noise=-0.1)


def test_a_point_has_no_noise() -> None:
    posterior = LATENTS["point"](4, 3).posterior(torch.randn(2, 4))
    assert torch.equal(posterior.rsample(), posterior.mean)


@pytest.mark.parametrize("prior", joint_priors("gaussian"))
@torch.no_grad()
def test_every_prior_on_open_space_integrates_to_one(prior: str) -> None:
    distribution = space("gaussian", prior).prior()
    torch.manual_seed(0)
    points = torch.empty(2**18, 2).uniform_(-8, 8)
    mass = distribution.log_prob(points).exp().mean() * 16**2
    assert mass.item() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("prior", joint_priors("gaussian"))
@torch.no_grad()
def test_the_mean_one_sample_rate_is_the_closed_form_where_there_is_one(prior: str) -> None:
    model = space("gaussian", prior)
    posterior = model.posterior(collate([[4, 5, 6]]))
    torch.manual_seed(0)
    z = posterior.sample((50_000,))[:, 0]
    sampled = (posterior.log_prob(z) - model.prior().log_prob(z)).mean().item()
    each = model.latent.rate(posterior.expand((50_000,)), model.prior(), z).sum(1)
    assert each.mean().item() == pytest.approx(sampled, abs=0.02)
    assert (each.std().item() < 1e-4) == (model.num_rate_terms is not None)


@torch.no_grad()
def test_a_mixture_starts_among_the_encoded_sentences() -> None:
    model = space("gaussian", "mixture")
    model.latent.mean.bias += 5.0
    z = model.posterior(collate(SENTENCES)).mean
    before = model.prior().log_prob(z).mean()
    model.prior.initialise(SENTENCES, seed=0)
    assert model.prior().log_prob(z).mean() > before + 5


@torch.no_grad()
@pytest.mark.parametrize("prior", ["mixture", "vamp"])
@pytest.mark.parametrize("sentences", [5, 64])
def test_no_two_components_start_alike(prior: str, sentences: int) -> None:
    """Equal ones would get equal gradients for ever, and count as one."""
    rows = [[4 + row % 3, 4 + row // 3 % 3, 4 + row // 9 % 3, 4 + row // 27] for row in range(60)]
    rows = (rows * 2)[:sentences]  # some of them twice
    model = space("gaussian", prior, components=16)
    model.prior.initialise(rows, seed=0)
    starts = model.prior.means if prior == "mixture" else model.prior.inputs.flatten(1)
    assert len(starts.unique(dim=0)) == 16


@torch.no_grad()
def test_a_vamp_prior_starts_at_the_posteriors_of_sentences_as_long_as_its_inputs() -> None:
    model = space("gaussian", "vamp", components=2, words=4)  # three words and the end
    fitting = [[4 + place % 5, 5, 4 + place // 2] for place in range(8)]
    model.prior.initialise([*SENTENCES[1:4], *fitting], seed=0)
    posterior = model.posterior(collate(fitting))
    parts = model.prior().component_distribution
    off = [
        (parts.mean[:, None] - posterior.mean).abs(),
        (parts.stddev[:, None] - posterior.stddev).abs(),
    ]
    assert torch.stack(off).amax((0, 3)).amin(1).max().item() < 1e-6


def test_batch_normalised_means_have_the_variance_asked_for_and_the_rate_that_follows() -> None:
    latent = LATENTS["gaussian"](4, 3, batch_norm=0.6).train()
    posterior = latent.posterior(torch.randn(2000, 4))
    assert posterior.mean.var(0).tolist() == pytest.approx([0.36] * 3, abs=0.01)


@torch.no_grad()
def test_a_minimum_rate_holds_for_every_sentence_and_dimension() -> None:
    latent = LATENTS["gaussian"](4, 3, min_rate=0.2)
    posterior = latent.posterior(10 * torch.randn(500, 4))
    prior = space("gaussian", "normal", 3).prior()
    assert latent.rate(posterior, prior, posterior.mean).min().item() >= 0.2 - 1e-4


def test_free_bits_charge_the_floor_and_leave_unused_dimensions_alone() -> None:
    rate = torch.tensor([[0.0, 0.1, 2.0]], requires_grad=True)
    charged = free_bits(3, nats=3.0)(rate)
    assert charged.item() == pytest.approx(1 + 1 + 2)
    charged.sum().backward()
    assert rate.grad is not None and rate.grad.tolist() == [[0, 0, 1]]
    assert plain(3)(rate).item() == pytest.approx(2.1)


@pytest.mark.parametrize("name", RATE_PENALTIES)
def test_no_charge_is_below_the_plain_rate_and_a_high_rate_is_charged_as_it_is(name: str) -> None:
    settings = {} if name == "plain" else {"nats": 3.0}
    charge = RATE_PENALTIES[name](3, **settings)
    low, high = torch.rand(20, 3) / 10, 2 + torch.rand(20, 3)
    least = 0.0 if name == "plain" else 3.0
    assert charge(low).mean().item() >= max(least, low.sum(1).mean().item()) - 1e-6
    assert charge(high).mean().item() == pytest.approx(high.sum(1).mean().item(), abs=1e-5)


@pytest.mark.parametrize("name", ["free_bits", "free_bits_batch"])
def test_a_floor_by_dimension_is_refused_where_the_rate_is_one_figure(name: str) -> None:
    with pytest.raises(ExplorerError, match="floor"):
        penalty_for(space("gaussian", "mixture"), {"name": name, "nats": 3.0})


def test_free_nats_that_codes_never_exceed_are_refused() -> None:
    codes = space("codes", "uniform", size=16)  # two of eight kinds hold 2 log 8 = 4.16 nats
    for name in set(RATE_PENALTIES) - {"plain"}:
        penalty_for(codes, {"name": name, "nats": 4.1})
        with pytest.raises(ExplorerError, match=r"at most 4\.16 nats"):
            penalty_for(codes, {"name": name, "nats": 4.2})
    penalty_for(codes, {"name": "plain"})


def test_a_minimum_rate_above_what_can_be_guaranteed_is_refused() -> None:
    with pytest.raises(ExplorerError, match=r"min_rate: 13\.5"):
        LATENTS["gaussian"](4, 3, min_rate=13.5)


@torch.no_grad()
def test_without_noise_a_rate_that_has_no_closed_form_is_that_of_a_draw() -> None:
    """Pre-training reads the mean; log q − log p there is no KL."""
    model = space("gaussian", "mixture")
    torch.manual_seed(0)
    tokens = collate([SENTENCES[1]] * 4000)
    with_noise, without = (training_terms(model, tokens, noise=noise) for noise in (True, False))
    assert without.rate.mean().item() == pytest.approx(with_noise.rate.mean().item(), abs=0.1)
    assert without.distortion.std() < 1e-4 < with_noise.distortion.std()


def test_a_floor_leaves_the_rate_alone_below_it() -> None:
    rate = torch.full((4, 3), 0.1, requires_grad=True)
    RATE_PENALTIES["floor"](3, nats=3.0)(rate).mean().backward()
    assert rate.grad is not None and not rate.grad.any()


@pytest.mark.parametrize("prior", ["normal", "mixture", "vamp", "flow"])
def test_no_step_waits_for_a_value_of_the_prior(prior: str) -> None:
    """What reads a value within a step holds up a GPU; a prior's checks of arguments did."""
    from torch.utils._python_dispatch import TorchDispatchMode

    asked: list[str] = []

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            if func.overloadpacket._qualified_op_name == "aten::_local_scalar_dense":
                asked.append(str(func))
            return func(*args, **(kwargs or {}))

    model = space("gaussian", prior).train()
    posterior = model.posterior(torch.tensor([[1, 4, 5, 2], [1, 6, 7, 2]]))
    z = posterior.rsample()
    with Watch():
        model.latent.rate(posterior, model.prior(), z).sum().backward()
    assert not asked
