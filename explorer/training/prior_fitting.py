"""A prior fitted on a trained model, with encoder and decoder left as they are.

On a VAE it lowers the rate. An autoencoder has no rate: there it is a density of the encodings, by
maximum likelihood, which makes the model one that can be drawn from.
"""

import copy
import dataclasses
import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from explorer.config import Choice, Config, final_model
from explorer.errors import ExplorerError
from explorer.models.batch_inference import posterior as encoded
from explorer.models.batch_inference import posteriors
from explorer.models.distributions import diagonal_gaussian
from explorer.models.prior_base import Prior, Whitening
from explorer.models.random_streams import generator, sample
from explorer.models.standard_error import standard_error
from explorer.models.vae import TextVAE, build

BATCH = 512
EPOCHS = 60
PATIENCE = 4
INITIAL_SENTENCES = 1000
"""Training sentences whose encodings initialise a learned prior."""
SAMPLES = 10
"""Draws of each posterior a gain is averaged over."""
_FEW_WORDS = 8  # of a model that is built to be checked only


@dataclass(frozen=True, slots=True)
class Optimisation:
    """How a kind of prior is fitted, by Adam."""

    learning_rate: float = 1e-3
    rounds: int = EPOCHS
    """Validations at most; the fit ends sooner after `PATIENCE` without a gain."""
    steps: int = 1
    """Optimiser steps between two validations at least; whole epochs."""
    is_annealed: bool = False
    """Whether the learning rate falls to 0 over all rounds, along a cosine."""
    averaging: float = 0.0
    """Decay of an exponential moving average of the weights, which is what is kept; 0 without."""
    watched: int | None = None
    """Validation samples that decide when to stop; None takes `SAMPLES` of each posterior."""


_OPTIMISATIONS = {
    "autoregressive": Optimisation(2e-3, watched=5000),  # a point has one draw
    "mixture": Optimisation(1e-2),
    "vamp": Optimisation(3e-3),
    # A regression on noise: many steps, averaged, and its density is too slow to ask often.
    "flow_matching": Optimisation(
        2e-3, rounds=24, steps=280, is_annealed=True, averaging=0.999, watched=2000
    ),
}


@dataclass(frozen=True, slots=True)
class Gain:
    """How far another prior lowers the rate, nats per sentence."""

    before: float
    after: float
    mean: float
    """Of the paired differences; above 0 the new prior is cheaper."""
    low: float | None
    high: float | None
    """95% interval of the mean over sentences, by the normal approximation, clustered by group
    where the corpus has groups; None for a single sentence or group."""
    n: int


@dataclass(frozen=True, slots=True)
class Density:
    """How likely a density makes the encodings of an autoencoder, nats per sentence."""

    log_density: float
    gaussian: float
    """The same of one Gaussian with all its covariances, of the same training encodings."""
    mean: float
    """Of the paired differences; above 0 the density beats the Gaussian."""
    low: float | None
    high: float | None
    """95% interval of the mean over sentences, by the normal approximation, clustered by group
    where the corpus has groups; None for a single sentence or group."""
    n: int


def check(config: Config) -> None:
    """Makes sure, before anything is trained, that the prior of `training.fit_prior` fits it.

    Raises:
        ExplorerError: If this latent space takes no such prior, or the prior no such setting.
    """
    if config.training.fit_prior["name"] != "none":
        with torch.random.fork_rng([]):
            build(final_model(config), _FEW_WORDS, is_fitted=True)


def trained_under(config: Config, device: torch.device) -> Prior | None:
    """The prior a model was trained under, where another was fitted afterwards.

    None where none was, where the model was trained on with the fitted one, and where the first
    one had weights: they were not stored.
    """
    training = config.training
    if training.fit_prior["name"] == "none" or training.fine_tuning["name"] != "none":
        return None
    with torch.random.fork_rng([]):
        first = build(config.model, _FEW_WORDS).prior.to(device)
    return None if list(first.parameters()) else first


def with_prior(model: TextVAE, prior: Choice) -> TextVAE:
    """The same model with a fresh prior, whose weights come from torch's current random state.

    Raises:
        ExplorerError: If no prior of this name is fitted on the model's latent space.
    """
    config = dataclasses.replace(model.config, prior=prior)
    other = build(config, model.embedding.num_embeddings, is_fitted=True).to(model.device)
    state = {name: item for name, item in model.state_dict().items() if name[:6] != "prior."}
    other.load_state_dict(state, strict=False)
    if other.encoder is not None and model.encoder is not None:
        other.encoder.adopt(model.encoder)
    return other.eval()


def initial_sentences(train: Sequence[Sequence[int]], seed: int) -> list[Sequence[int]]:
    """Random training sentences, whose encodings initialise a learned prior."""
    return random.Random(seed).sample(train, min(INITIAL_SENTENCES, len(train)))


def fit(
    model: TextVAE,
    train: Sequence[Sequence[int]],
    valid: Sequence[Sequence[int]],
    seed: int = 0,
    progress: Callable[[float], None] = lambda share: None,
) -> int:
    """Minimises the prior's loss of posterior samples over the weights of `model.prior`.

    Stops when the mean log p(z) of held-out posteriors stops rising, and keeps the best. That
    lowers the rate, and nothing else: encoder and decoder keep their weights. Posteriors that are
    points make it the maximum of the encodings' likelihood.

    Args:
        model: From `with_prior`.
        train: Sentences whose posteriors are learned from.
        valid: Sentences that decide when to stop.
        seed: Of the draws.
        progress: Called with the fraction of the longest fit that is done.

    Returns:
        Epochs until the best.

    Raises:
        ExplorerError: If there is no sentence to fit or to stop by.

    Source:
        The two-stage fit of Dai & Wipf (2019), arXiv:1903.05789, in the form of the "learned
        prior" of Hoffman & Johnson (2016), ELBO surgery.
    """
    if not train or not valid:
        raise ExplorerError(
            "fitting a prior needs training and validation sentences, and some are missing"
        )
    # A VampPrior learns through the encoder, which stays as it was evaluated: no dropout.
    model.eval().requires_grad_(False)
    learned = _tensors(model, train)
    if model.prior.basis is not None:
        model.prior.basis.fit(*learned)
    model.prior.initialise(initial_sentences(train, seed), seed)
    model.prior.requires_grad_(True)
    how = _OPTIMISATIONS.get(str(model.config.prior["name"]), Optimisation())
    held = diagonal_gaussian(*_tensors(model, valid))
    watched = sample(held, SAMPLES, generator(seed, "prior valid"))
    if how.watched is not None:
        order = torch.randperm(watched.shape[:2].numel(), generator=generator(seed, "watched"))
        watched = watched.flatten(0, 1)[order[: how.watched].to(watched.device)]
    steps = math.ceil(len(train) / BATCH)  # of an epoch
    epochs = math.ceil(how.steps / steps)
    total = how.rounds * epochs * steps
    optimiser = torch.optim.Adam(model.prior.parameters(), how.learning_rate)
    annealing = torch.optim.lr_scheduler.LambdaLR(
        optimiser,
        lambda step: 0.5 + 0.5 * math.cos(math.pi * step / total) if how.is_annealed else 1.0,
    )
    average = _average(model.prior, how.averaging) if how.averaging else None
    candidate = model.prior if average is None else average.module
    source = generator(seed, "prior fit")
    best, best_round, best_weights = -torch.inf, 0, copy.deepcopy(candidate.state_dict())
    for this in range(1, how.rounds + 1):
        for rows in _batches(len(train), epochs, source):
            mean, scale = (part[rows] for part in learned)
            z = mean + scale * torch.randn(mean.shape, generator=source).to(mean.device)
            optimiser.zero_grad()
            # cuDNN gives no gradient through an LSTM that is in `eval` mode.
            with torch.backends.cudnn.flags(enabled=False):
                model.prior.loss(z, source).backward()
            nn.utils.clip_grad_norm_(model.prior.parameters(), 5.0)
            optimiser.step()
            annealing.step()
            if average is not None:
                average.update_parameters(model.prior)
        with torch.no_grad():
            score = candidate().log_prob(watched).mean().item()
        if score > best:
            best, best_round, best_weights = score, this, copy.deepcopy(candidate.state_dict())
        progress(this / how.rounds)
        if this - best_round >= PATIENCE:
            break
    model.prior.load_state_dict(best_weights)
    model.requires_grad_(False)
    return best_round * epochs


def _batches(count: int, epochs: int, source: torch.Generator) -> Iterator[Tensor]:
    for _ in range(epochs):
        yield from torch.randperm(count, generator=source).split(BATCH)


def _average(prior: Prior, decay: float) -> AveragedModel:
    """A copy of the prior that follows its weights: closely at first, then with this decay."""

    def follow(average: Tensor, weight: Tensor, count: Tensor | int) -> Tensor:
        return average.lerp(weight, 1 - min(decay, (1 + int(count)) / (10 + int(count))))

    return AveragedModel(prior, avg_fn=follow)


@torch.inference_mode()
def gain(
    model: TextVAE,
    before: Prior,
    ids: Sequence[Sequence[int]],
    seed: int = 0,
    groups: Sequence[int] | None = None,
) -> Gain:
    """What the model's prior saves against another one on the same draws of these sentences.

    Args:
        model: With the prior that is judged.
        before: The prior it is compared with.
        ids: The sentences.
        seed: Of the draws.
        groups: Of the sentences, if the corpus has any: the interval is clustered by them.
    """
    posterior = encoded(model, ids)
    z = sample(posterior, SAMPLES, generator(seed, "prior gain"))
    # Added up where float64 exists, which is not on every GPU.
    code = posterior.log_prob(z).cpu().double()
    old = (code - before().log_prob(z).cpu()).mean(0)
    new = (code - model.prior().log_prob(z).cpu()).mean(0)
    return Gain(old.mean().item(), new.mean().item(), *_interval(old - new, groups), len(ids))


@torch.inference_mode()
def density(
    model: TextVAE,
    train: Sequence[Sequence[int]],
    ids: Sequence[Sequence[int]],
    groups: Sequence[int] | None = None,
) -> Density:
    """How the density of an autoencoder's encodings does on these sentences.

    Args:
        model: An autoencoder with a fitted prior.
        train: The sentences it was fitted on; so is the Gaussian it is compared with.
        ids: Others.
        groups: Of these others, if the corpus has any: the interval is clustered by them.
    """
    z = _tensors(model, ids)[0]
    density = model.prior().log_prob(z).cpu().double()
    basis = Whitening(model.latent_dim).to(z)
    basis.fit(*_tensors(model, train))
    # The likeliest Gaussian is N(0, I) where they are whitened.
    normal = diagonal_gaussian(torch.zeros_like(basis.centre), torch.ones_like(basis.centre))
    plain = basis(normal).log_prob(z).cpu().double()
    interval = _interval(density - plain, groups)
    return Density(density.mean().item(), plain.mean().item(), *interval, len(ids))


def _interval(
    differences: Float[Tensor, " n"], groups: Sequence[int] | None
) -> tuple[float, float | None, float | None]:
    """Their mean and its 95% interval, which a single one does not have."""
    mean = differences.mean().item()
    error = standard_error(differences.numpy(), groups)
    if error is None:
        return mean, None, None
    return mean, mean - 1.96 * error, mean + 1.96 * error


def _tensors(
    model: TextVAE, ids: Sequence[Sequence[int]]
) -> tuple[Float[Tensor, "n latent"], Float[Tensor, "n latent"]]:
    mean, scale = (torch.from_numpy(part).to(model.device) for part in posteriors(model, ids))
    return mean, scale
