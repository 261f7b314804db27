"""Several draws of z have the gradient of the importance-weighted bound."""

import pytest
import torch

from explorer.config import ModelConfig, ObjectiveConfig
from explorer.errors import ExplorerError
from explorer.evaluation.likelihood import importance_nll
from explorer.models import elbo
from explorer.models.padding import collate
from explorer.models.vae import TextVAE, build

SENTENCES = [[4, 5, 6], [7], [], [8, 8, 4, 5, 6, 7], [5, 4, 6]]
PLAIN = {"name": "plain"}


def tiny(latent: str = "gaussian", prior: dict | None = None, latent_dim: int = 4) -> TextVAE:
    torch.manual_seed(1)
    config = ModelConfig(
        embedding_dim=6,
        latent_dim=latent_dim,
        latent={"name": latent},
        prior=prior or {"name": "uniform" if latent == "cube" else "normal"},
        encoder={"name": "lstm", "hidden_dim": 5},
        decoder={"name": "lstm", "hidden_dim": 8},
    )
    return build(config, 9).double().eval()


@pytest.mark.parametrize("draws", [2, 7])
@pytest.mark.parametrize(
    ("latent", "prior"),
    [("gaussian", None), ("gaussian", {"name": "mixture", "components": 3}), ("cube", None)],
)
def test_their_terms_have_the_gradient_of_the_importance_weighted_bound(
    latent, prior, draws
) -> None:
    model, tokens = tiny(latent, prior), collate(SENTENCES)
    torch.manual_seed(5)
    posterior = model.posterior(tokens)
    z = posterior.rsample(torch.Size([draws]))
    importance_nll(elbo.log_weights(model, posterior, z, tokens)).sum().backward()
    wanted = {name: weight.grad for name, weight in model.named_parameters()}
    model.zero_grad()
    torch.manual_seed(5)
    terms = elbo.training_terms(model, tokens, draws=draws)
    (terms.distortion + terms.rate.sum(1)).sum().backward()
    for name, weight in model.named_parameters():
        torch.testing.assert_close(weight.grad, wanted[name])


def test_all_draws_of_a_sentence_have_the_same_label(monkeypatch) -> None:
    """Else the bound would be of no one model: p(x|z, label) for some draws, p(x|z) for others."""
    dropped = []
    monkeypatch.setattr(elbo, "drop_labels", lambda labels: dropped.append(labels) or list(labels))
    elbo.training_terms(tiny().train(), collate(SENTENCES), draws=5)
    assert len(dropped) == 1


def test_the_mean_is_one_point_whatever_the_draws() -> None:
    model, tokens = tiny(), collate(SENTENCES)
    one, many = (elbo.training_terms(model, tokens, noise=False, draws=n) for n in (1, 5))
    torch.testing.assert_close(one.distortion, many.distortion, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("latent", "objective", "message"),
    [
        ("gaussian", ObjectiveConfig(draws=0, rate=PLAIN), "below 1"),
        ("gaussian", ObjectiveConfig(draws=2), "no free nats"),
        ("point", ObjectiveConfig(draws=2, rate=PLAIN), "continuous"),
        ("codebook", ObjectiveConfig(draws=2, rate=PLAIN), "continuous"),
        ("codes", ObjectiveConfig(draws=2, rate=PLAIN), "continuous"),
    ],
)
def test_draws_that_mean_nothing_are_refused(latent, objective, message) -> None:
    prior = {"name": "uniform"} if latent.startswith("code") else None
    with pytest.raises(ExplorerError, match=message):
        elbo.check_draws(tiny(latent, prior, 8), objective)


def test_a_single_draw_is_for_every_model() -> None:
    for latent in ("gaussian", "point"):
        elbo.check_draws(tiny(latent), ObjectiveConfig())
