"""The evidence lower bound: log p(x) ≥ −(distortion + rate), for any posterior and prior."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.distributions import Distribution

from explorer.config import ObjectiveConfig
from explorer.errors import ExplorerError, at_least
from explorer.models.auxiliary_base import Sentences
from explorer.models.batch_shard import WHOLE_BATCH, BatchShard
from explorer.models.label_conditioning import drop_labels
from explorer.models.mixed_precision import autocast
from explorer.models.semi_amortised import refined
from explorer.models.vae import TextVAE


class Terms(NamedTuple):
    """The terms of a training loss, nats per sentence."""

    distortion: Float[Tensor, " batch"]
    rate: Float[Tensor, "batch terms"]
    auxiliary: Float[Tensor, " batch"]
    """An additional loss outside the ELBO; 0 without one."""


def distortion(
    model: TextVAE,
    z: Float[Tensor, "batch latent"],
    tokens: Int[Tensor, "batch time"],
    labels: Sequence[int] = (),
) -> Float[Tensor, " batch"]:
    """−log p(x|z), or −log p(x|z, label) in a conditional model; nats per sentence."""
    return -model.decoder.log_prob(model.condition(z, labels), tokens)


def rate(
    model: TextVAE, posterior: Distribution, z: Float[Tensor, "batch latent"]
) -> Float[Tensor, "batch terms"]:
    """KL(q(z|x) ‖ p(z)) in its terms, nats per sentence.

    In closed form where there is one, else estimated at `z`, which must be a sample of
    `posterior`.
    """
    return model.latent.rate(posterior, model.prior(), z)


def log_weights(
    model: TextVAE,
    posterior: Distribution,
    z: Float[Tensor, "samples batch latent"],
    tokens: Int[Tensor, "batch time"],
    labels: Sequence[int] = (),
    bf16: bool = False,
) -> Float[Tensor, "samples batch"]:
    """Log p(x, z_k) − log q(z_k|x) of each sample; the mean over samples estimates the ELBO.

    With `bf16` the decoder's products are in bfloat16.
    """
    log_likelihood = model.decoder.score_samples(model.condition(z, labels), tokens, bf16)
    return log_likelihood + model.prior().log_prob(z) - posterior.log_prob(z)


def check_draws(model: TextVAE, objective: ObjectiveConfig) -> None:
    """Checks that a model can be trained with the draws of a recipe.

    Raises:
        ExplorerError: If not; the message says what to change.
    """
    at_least("objective.draws", objective.draws, 1)
    latent = model.latent
    if objective.draws == 1:
        return
    if not (latent.has_rate and latent.has_spread) or latent.num_categories:
        raise ExplorerError(
            "objective.draws: only the posterior of a continuous VAE supports several; set 1"
        )
    if objective.rate["name"] != "plain":
        raise ExplorerError(
            "objective.draws: the importance-weighted bound has no free nats; set 1, or "
            'objective.rate = { name = "plain" }'
        )


def training_terms(
    model: TextVAE,
    tokens: Int[Tensor, "batch time"],
    *,
    noise: bool = True,
    draws: int = 1,
    refine_steps: int = 0,
    beta: float = 1.0,
    labels: Sequence[int] = (),
    targets: Float[Tensor, "batch target"] | None = None,
    shard: BatchShard = WHOLE_BATCH,
    bf16: bool = False,
) -> Terms:
    """The terms of the loss of a batch, from posterior samples of each sentence.

    The sum of several samples' terms has the gradient of the importance-weighted bound.

    Args:
        model: In training mode, labels are dropped at random.
        tokens: Sentences.
        noise: Whether z is sampled; otherwise it is the posterior mean.
        draws: Samples per sentence (see `check_draws`).
        refine_steps: Steps that improve each posterior (see `semi_amortised.check_steps`); none
            without noise.
        beta: The weight of the rate in these steps.
        labels: Indices into `config.labels`, for a conditional model.
        targets: Sentence vectors for the auxiliary loss, if it needs them.
        shard: The rows whose distortion and auxiliary loss this process computes; the rate is of
            the whole batch.
        bf16: Whether encoder and decoder compute in bfloat16 where the hardware supports it.

    Source:
        Burda et al. (2016), Importance weighted autoencoders, eq. 14, arXiv:1509.00519.
    """
    rows, dtype = shard.rows, model.embedding.weight.dtype
    with shard.whole_batch_draws(), autocast(model.device, bf16):
        features = model.encode(tokens[rows])
    posterior = model.latent.posterior(shard.all_gather(features.to(dtype)))

    def nll(decoder_input: Tensor) -> Tensor:
        with shard.whole_batch_draws(), autocast(model.device, bf16):
            return -model.decoder.log_prob(decoder_input, tokens[rows])

    def beta_elbo(z: Tensor, own: Distribution) -> Tensor:
        return nll(model.condition(z, labels[rows])) + beta * rate(model, own, z).sum(1)

    if noise and refine_steps:
        posterior = refined(posterior, beta_elbo, refine_steps, shard)
    whole = Sentences(tokens, labels, targets, posterior.mean)
    commitment = model.latent.commitment(posterior)[rows]

    def terms(z: Tensor, kl: Tensor, given: Sequence[int]) -> Terms:
        auxiliary = _auxiliary(model, z, whole, rows) + commitment
        return Terms(nll(model.condition(z, given)[rows]), kl, auxiliary)

    if noise and draws > 1:
        prior, many = model.prior(), posterior.rsample(torch.Size([draws]))
        given = _given(model, labels)  # the same for all draws of a sentence: one bound
        ratios = posterior.log_prob(many) - prior.log_prob(many)
        each = [terms(z, ratio[:, None], given) for z, ratio in zip(many, ratios, strict=True)]
        return _importance_weighted(each, rows)
    z = sampled = posterior.rsample() if noise else posterior.mean
    if not noise and model.latent.has_rate and not model.prior.is_factorised:
        sampled = posterior.sample()  # log q − log p at the mean does not estimate the rate
    return terms(z, rate(model, posterior, sampled), _given(model, labels))


def _given(model: TextVAE, labels: Sequence[int]) -> Sequence[int]:
    """The labels that the decoder gets: in training, some are dropped."""
    return drop_labels(labels) if model.training else labels


def _auxiliary(
    model: TextVAE, z: Float[Tensor, "batch latent"], whole: Sentences, rows: slice
) -> Float[Tensor, " rows"]:
    """The auxiliary loss of this process's rows of a batch."""
    if model.auxiliary.compares_batch:
        return model.auxiliary(z, whole)[rows]
    targets, means = (part if part is None else part[rows] for part in whole[2:])
    own = Sentences(whole.tokens[rows], whole.labels[rows], targets, means)
    return model.auxiliary(z[rows], own)


def _importance_weighted(each: Sequence[Terms], rows: slice) -> Terms:
    """The terms of several samples, weighted by their share of the importance estimate."""
    nll, kl, auxiliary = (torch.stack(parts) for parts in zip(*each, strict=True))
    weights = torch.full_like(kl[..., 0], 1 / len(each))  # of other processes' rows: not used
    weights[:, rows] = (-(nll + kl[:, rows, 0])).detach().softmax(0)
    own = weights[:, rows]
    return Terms((own * nll).sum(0), (weights[..., None] * kl).sum(0), (own * auxiliary).sum(0))
