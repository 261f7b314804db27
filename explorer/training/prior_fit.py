"""A prior fitted on a trained model, with encoder and decoder left as they are."""

import copy
import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Distribution, Independent, Normal

from explorer.config import Choice
from explorer.errors import ExplorerError
from explorer.models.coding import posteriors
from explorer.models.priors import Prior
from explorer.models.sampling import generator, sample
from explorer.models.vae import TextVAE, build

BATCH = 512
EPOCHS = 60
PATIENCE = 4
SAMPLES = 10
"""Draws of each posterior a gain is averaged over."""
_RATES = {"mixture": 1e-2, "vamp": 3e-3}
_LEARNING_RATE = 1e-3


@dataclass(frozen=True, slots=True)
class Gain:
    """How far another prior lowers the rate, nats per sentence."""

    before: float
    after: float
    mean: float
    """Of the paired differences; above 0 the new prior is cheaper."""
    low: float
    high: float
    """95% interval of the mean over sentences, by the normal approximation."""
    n: int


def with_prior(model: TextVAE, prior: Choice) -> TextVAE:
    """The same model with a fresh prior, whose weights come from torch's current random state.

    Raises:
        ExplorerError: If the posteriors are not Gaussian, or this prior has nothing to fit.
    """
    if model.config.latent["name"] != "gaussian":
        raise ExplorerError("another prior is fitted on Gaussian posteriors only")
    config = dataclasses.replace(model.config, prior=prior)
    other = build(config, model.embedding.num_embeddings).to(model.device)
    if not any(True for _ in other.prior.parameters()):
        raise ExplorerError(f"there is nothing to fit in the prior {prior['name']!r}")
    state = {name: item for name, item in model.state_dict().items() if name[:6] != "prior."}
    other.load_state_dict(state, strict=False)
    return other.eval()


def fit(
    model: TextVAE,
    train: Sequence[Sequence[int]],
    valid: Sequence[Sequence[int]],
    seed: int = 0,
    progress: Callable[[float], None] = lambda share: None,
) -> int:
    """Maximises the posteriors' mean log p(z) over the weights of `model.prior`.

    Stops when held-out posteriors stop gaining, and keeps the best. That lowers the rate, and
    nothing else: encoder and decoder keep their weights.

    Args:
        model: From `with_prior`.
        train: Sentences whose posteriors are learned from.
        valid: Sentences that decide when to stop.
        seed: Of the draws.
        progress: Told the share of the longest fit that is done.

    Returns:
        Epochs until the best.

    Raises:
        ExplorerError: If there is no sentence to fit or to stop by.

    Source:
        The two-stage fit of Dai & Wipf (2019), arXiv:1903.05789, in the form of the "learned
        prior" of Hoffman & Johnson (2016), ELBO surgery.
    """
    if not train or not valid:
        raise ExplorerError("a prior is fitted on training and validation sentences: some miss")
    model.eval().requires_grad_(False)
    model.prior.initialise(list(train[:: max(1, len(train) // 1000)]), seed)
    model.prior.requires_grad_(True)
    learned = _tensors(model, train)
    held = _normal(*_tensors(model, valid))
    watched = sample(held, SAMPLES, generator(seed, "prior valid"))
    name = str(model.config.prior["name"])
    optimiser = torch.optim.Adam(model.prior.parameters(), _RATES.get(name, _LEARNING_RATE))
    source = generator(seed, "prior fit")
    best, best_epoch, kept = -torch.inf, 0, copy.deepcopy(model.prior.state_dict())
    for epoch in range(1, EPOCHS + 1):
        for rows in torch.randperm(len(train), generator=source).split(BATCH):
            mean, scale = (part[rows] for part in learned)
            z = mean + scale * torch.randn(mean.shape, generator=source).to(mean.device)
            optimiser.zero_grad()
            (-model.prior().log_prob(z).mean()).backward()
            nn.utils.clip_grad_norm_(model.prior.parameters(), 5.0)
            optimiser.step()
        with torch.no_grad():
            score = model.prior().log_prob(watched).mean().item()
        if score > best:
            best, best_epoch, kept = score, epoch, copy.deepcopy(model.prior.state_dict())
        progress(epoch / EPOCHS)
        if epoch - best_epoch >= PATIENCE:
            break
    model.prior.load_state_dict(kept)
    model.requires_grad_(False)
    return best_epoch


@torch.inference_mode()
def gain(model: TextVAE, before: Prior, ids: Sequence[Sequence[int]], seed: int = 0) -> Gain:
    """What the model's prior saves against another one on the same draws of these sentences."""
    posterior = _normal(*_tensors(model, ids))
    z = sample(posterior, SAMPLES, generator(seed, "prior gain"))
    code = posterior.log_prob(z).double()
    old = (code - before().log_prob(z)).mean(0)
    new = (code - model.prior().log_prob(z)).mean(0)
    saved = old - new
    margin = 1.96 * saved.std().item() / len(saved) ** 0.5
    mean = saved.mean().item()
    return Gain(
        before=old.mean().item(),
        after=new.mean().item(),
        mean=mean,
        low=mean - margin,
        high=mean + margin,
        n=len(saved),
    )


def _tensors(
    model: TextVAE, ids: Sequence[Sequence[int]]
) -> tuple[Float[Tensor, "n latent"], Float[Tensor, "n latent"]]:
    mean, scale = (torch.from_numpy(part).to(model.device) for part in posteriors(model, ids))
    return mean, scale


def _normal(mean: Tensor, scale: Tensor) -> Distribution:
    return Independent(Normal(mean, scale), 1)
