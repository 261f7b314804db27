"""Any number of sentences to posteriors and scores, in batches, in the order they came."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor

from explorer.models.padding import collate
from explorer.models.random_streams import draw
from explorer.models.vae import TextVAE
from explorer.system import distributed
from explorer.text.batching import plan

BATCH = 256


def _in_order(
    model: TextVAE,
    ids: Sequence[Sequence[int]],
    compute: Callable[[Tensor, list[int]], tuple[Tensor, Tensor]],
    shape: tuple[int, ...],
    progress: Callable[[int], None] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Runs `compute` over batches of like length; rows come back in the order of `ids`.

    Its two results are of that shape for each sentence.
    """
    results = torch.zeros(2, len(ids), *shape, dtype=torch.float32)
    for rows in distributed.rank_slice(plan([len(row) for row in ids], BATCH)):
        outputs = compute(collate([ids[row] for row in rows], model.device), rows)
        for result, output in zip(results, outputs, strict=True):
            result[rows] = output.float().cpu()
        if progress is not None:
            progress(len(rows) * distributed.count())
    first, second = distributed.all_reduce(results).numpy()
    return first, second


@torch.inference_mode()
def posteriors(
    model: TextVAE,
    ids: Sequence[Sequence[int]],
    progress: Callable[[int], None] | None = None,
) -> tuple[Float32[np.ndarray, "n latent"], Float32[np.ndarray, "n latent"]]:
    """Mean and standard deviation of each sentence's posterior.

    Args:
        model: In `eval` mode.
        ids: Sentences without start and end.
        progress: Told how many sentences each batch held.
    """
    if not ids:
        empty = np.empty((0, model.latent_dim), np.float32)
        return empty, empty.copy()

    def compute(tokens: Tensor, rows: list[int]) -> tuple[Tensor, Tensor]:
        posterior = model.posterior(tokens)
        return posterior.mean, posterior.stddev

    return _in_order(model, ids, compute, (model.latent_dim,), progress)


@torch.inference_mode()
def scores(
    model: TextVAE,
    ids: Sequence[Sequence[int]],
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
    labels: Sequence[int] = (),
) -> tuple[Float32[np.ndarray, " n"], Float32[np.ndarray, " n"]]:
    """Distortion, from one sample of the posterior a sentence, and rate; nats per sentence.

    The noise of a sentence depends on the seed and its place in `ids`, not on the batches, where
    posteriors are Gaussian. `labels` are the sentences' own, for a conditional model.
    """
    if not ids:
        return np.empty(0, np.float32), np.empty(0, np.float32)
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(len(ids), model.latent_dim, generator=generator)

    def compute(tokens: Tensor, rows: list[int]) -> tuple[Tensor, Tensor]:
        posterior = model.posterior(tokens)
        z = draw(posterior, noise[rows], seed + rows[0])
        rate = model.latent.rate(posterior, model.prior(), z).sum(1)
        place = model.condition(z, [labels[row] for row in rows] if labels else ())
        return -model.decoder.log_prob(place, tokens), rate

    return _in_order(model, ids, compute, (), progress)
