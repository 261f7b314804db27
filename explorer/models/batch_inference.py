"""Posteriors and ELBO terms of any number of sentences, in batches of similar length.

Several processes divide the batches; each gets all results, in the order of the input.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor
from torch.distributions import Distribution, Independent, Normal

from explorer.models import elbo
from explorer.models.mixed_precision import autocast
from explorer.models.padding import collate
from explorer.models.random_streams import draw
from explorer.models.vae import TextVAE
from explorer.system import distributed
from explorer.text.batching import plan

BATCH = 256

Progress = Callable[[int], object]
"""Receives the number of sentences each batch completes."""


def _silent(count: int) -> None:
    pass


def batches(ids: Sequence[Sequence[int]], size: int = BATCH) -> Iterator[list[int]]:
    """Row numbers in batches of similar length."""
    yield from plan([len(row) for row in ids], size)


def in_batches(
    out: Tensor,
    batches: Iterable[list[int]],
    compute: Callable[[list[int]], Tensor],
    progress: Progress = _silent,
) -> Tensor:
    """Fills the rows of `out`, zeros at first, with `compute` of each batch of row numbers."""
    for rows in distributed.rank_slice(batches):
        # In two steps: float64 does not exist on every device.
        out[rows] = compute(rows).to(out.device).to(out.dtype)
        progress(len(rows) * distributed.count())
    return distributed.all_reduce(out)


def tokens_of(model: TextVAE, ids: Sequence[Sequence[int]], rows: Sequence[int]) -> Tensor:
    """The tokens (batch, time) of some sentences, on the model's device."""
    return collate([ids[row] for row in rows], model.device)


def of_rows(labels: Sequence[int], rows: Sequence[int]) -> list[int]:
    """The labels of some sentences; empty where there are no labels."""
    return [labels[row] for row in rows] if labels else []


@torch.inference_mode()
def has_gaussian_posterior(model: TextVAE) -> bool:
    """Whether a mean and a scale, as a map holds them, determine a posterior that has a rate."""
    if not model.latent.has_rate:
        return False
    posterior = model.posterior(tokens_of(model, [[], []], range(2)))
    return isinstance(posterior, Independent) and isinstance(posterior.base_dist, Normal)


@torch.inference_mode()
def posterior(model: TextVAE, ids: Sequence[Sequence[int]]) -> Distribution:
    """q(z|x) of all sentences as one distribution, batch shape (n,), on the model's device."""
    feature_dim = 1 if model.encoder is None else model.encoder.feature_dim
    features = model.embedding.weight.new_zeros(len(ids), feature_dim)
    if model.encoder is not None:
        in_batches(features, batches(ids), lambda rows: model.encode(tokens_of(model, ids, rows)))
    return model.latent.posterior(features)


@torch.inference_mode()
def posteriors(
    model: TextVAE,
    ids: Sequence[Sequence[int]],
    progress: Progress = _silent,
    bf16: bool = False,
) -> tuple[Float32[np.ndarray, "n latent"], Float32[np.ndarray, "n latent"]]:
    """Mean and standard deviation of each sentence's posterior.

    Args:
        model: In `eval` mode.
        ids: Sentences without start and end.
        progress: Receives the number of sentences in each batch.
        bf16: Whether the encoder computes in bfloat16 where the hardware supports it.
    """
    dtype = model.embedding.weight.dtype

    def compute(rows: list[int]) -> Tensor:
        with autocast(model.device, bf16):
            features = model.encode(tokens_of(model, ids, rows))
        posterior = model.latent.posterior(features.to(dtype))
        return torch.stack([posterior.mean, posterior.stddev], 1)

    out = torch.zeros(len(ids), 2, model.latent_dim)
    mean, scale = in_batches(out, batches(ids), compute, progress).unbind(1)
    return mean.contiguous().numpy(), scale.contiguous().numpy()


@torch.inference_mode()
def distortions(
    model: TextVAE,
    z: Float[Tensor, "n latent"],
    ids: Sequence[Sequence[int]],
    size: int = BATCH,
    progress: Progress = _silent,
    labels: Sequence[int] = (),
) -> Float[Tensor, " n"]:
    """−log p(x|z) of each sentence at its z, float64, nats per sentence, the end included.

    In a conditional model −log p(x|z, label).
    """

    def compute(rows: list[int]) -> Tensor:
        return elbo.distortion(model, z[rows], tokens_of(model, ids, rows), of_rows(labels, rows))

    out = torch.zeros(len(ids), dtype=torch.float64)
    return in_batches(out, batches(ids, size), compute, progress)


@torch.inference_mode()
def scores(
    model: TextVAE,
    ids: Sequence[Sequence[int]],
    seed: int = 0,
    progress: Progress = _silent,
    labels: Sequence[int] = (),
) -> tuple[Float32[np.ndarray, " n"], Float32[np.ndarray, " n"]]:
    """Distortion, from one posterior sample per sentence, and rate; nats per sentence.

    With Gaussian posteriors the noise of a sentence depends on the seed and its position in
    `ids`, not on its batch. A conditional model needs the sentences' `labels`.
    """
    noise = torch.randn(len(ids), model.latent_dim, generator=torch.Generator().manual_seed(seed))

    def compute(rows: list[int]) -> Tensor:
        tokens = tokens_of(model, ids, rows)
        posterior = model.posterior(tokens)
        z = draw(posterior, noise[rows], seed + rows[0])
        rate = elbo.rate(model, posterior, z).sum(1)
        return torch.stack([elbo.distortion(model, z, tokens, of_rows(labels, rows)), rate], 1)

    out = torch.zeros(len(ids), 2)
    distortion, rate = in_batches(out, batches(ids), compute, progress).unbind(1)
    return distortion.contiguous().numpy(), rate.contiguous().numpy()
