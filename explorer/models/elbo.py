"""The evidence lower bound: log p(x) ≥ −(distortion + rate), for any posterior and prior."""

from collections.abc import Sequence
from typing import NamedTuple

from jaxtyping import Float, Int
from torch import Tensor
from torch.distributions import Distribution

from explorer.models.auxiliary_losses import Sentences
from explorer.models.batch_shard import WHOLE_BATCH, BatchShard
from explorer.models.label_conditioning import drop_labels
from explorer.models.mixed_precision import autocast
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
) -> Float[Tensor, "samples batch"]:
    """Log p(x, z_k) − log q(z_k|x) of each sample; the mean over samples estimates the ELBO."""
    log_likelihood = model.decoder.score_samples(model.condition(z, labels), tokens)
    return log_likelihood + model.prior().log_prob(z) - posterior.log_prob(z)


def training_terms(
    model: TextVAE,
    tokens: Int[Tensor, "batch time"],
    *,
    noise: bool = True,
    labels: Sequence[int] = (),
    targets: Float[Tensor, "batch target"] | None = None,
    shard: BatchShard = WHOLE_BATCH,
    bf16: bool = False,
) -> Terms:
    """The terms of the loss of a batch, from one posterior sample per sentence.

    Args:
        model: In training mode, labels are dropped at random.
        tokens: Sentences.
        noise: Whether z is sampled; otherwise it is the posterior mean.
        labels: Indices into `config.labels`, for a conditional model.
        targets: Sentence vectors for the auxiliary loss, if it needs them.
        shard: The rows whose distortion and auxiliary loss this process computes; the rate is of
            the whole batch.
        bf16: Whether encoder and decoder compute in bfloat16 where the hardware supports it.
    """
    rows, dtype = shard.rows, model.embedding.weight.dtype
    with shard.whole_batch_draws(), autocast(model.device, bf16):
        features = model.encode(tokens[rows])
    posterior = model.latent.posterior(shard.all_gather(features.to(dtype)))
    z = sampled = posterior.rsample() if noise else posterior.mean
    if not noise and model.latent.has_rate and not model.prior.is_factorised:
        sampled = posterior.sample()  # log q − log p at the mean does not estimate the rate
    kl = rate(model, posterior, sampled)
    own_targets = None if targets is None else targets[rows]
    auxiliary = model.auxiliary(z[rows], Sentences(tokens[rows], labels[rows], own_targets))
    auxiliary = auxiliary + model.latent.commitment(posterior)[rows]
    if model.training:
        labels = drop_labels(labels)
    decoder_input = model.condition(z, labels)[rows]
    with shard.whole_batch_draws(), autocast(model.device, bf16):
        nll = -model.decoder.log_prob(decoder_input, tokens[rows])
    return Terms(nll, kl, auxiliary)
