"""Perplexity, and the importance-weighted estimate of the likelihood."""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from explorer.models import elbo
from explorer.models.batch_inference import Progress, in_batches, of_rows, tokens_of
from explorer.models.mixed_precision import has_bf16
from explorer.models.random_streams import generator, sample_rows
from explorer.models.vae import TextVAE

POSITIONS = 2**14
"""Predicted tokens `importance_estimates` scores at once, at 256 units about 10 kB each."""


class ImportanceEstimates(NamedTuple):
    """Importance-weighted estimates of some sentences."""

    nll: Float[Tensor, " n"]
    """-log p(x), nats."""
    ess: Float[Tensor, " n"]
    """Effective sample size, 1 to K."""
    bf16: bool = False
    """Whether the decoder's products were in bfloat16."""


def predicted(sentences: Sequence[Sequence[object]]) -> int:
    """Number of predicted tokens: the words (or ids) of every sentence and its end."""
    return sum(len(row) + 1 for row in sentences)


def perplexity(nats: float, words: int) -> float:
    """Exp(nats / predicted words) over a whole set, whatever subwords a model reads.

    Args:
        nats: Summed over all sentences.
        words: Predicted words of all sentences, ends included.
    """
    return math.exp(min(nats / words, 700.0))  # beyond, a float64 overflows


def importance_nll(log_weights: Float[Tensor, "samples batch"]) -> Float[Tensor, " batch"]:
    """Estimates -log p(x) from importance weights log p(x, z_k) - log q(z_k | x).

    An upper bound in expectation that tightens with more samples; with one sample it is -ELBO.

    Args:
        log_weights: Natural logarithms, one row per sample z_k ~ q(z | x).

    Returns:
        Nats per sentence.

    Raises:
        ValueError: If there is no sample.

    Source:
        Burda, Grosse, Salakhutdinov (2016), Importance Weighted Autoencoders, section 3.
        arXiv:1509.00519
    """
    if not len(log_weights):
        raise ValueError("an importance estimate needs at least one sample")
    return math.log(len(log_weights)) - log_weights.logsumexp(0)


def effective_sample_size(
    log_weights: Float[Tensor, "samples batch"],
) -> Float[Tensor, " batch"]:
    """(Σ w)² / Σ w² of importance weights: K for equal weights, 1 where one outweighs the others.

    Source:
        Kong (1992), A note on importance sampling using standardized weights.
    """
    return log_weights.softmax(0).square().sum(0).reciprocal()


def _same_length(
    ids: Sequence[Sequence[int]], samples: int, positions: int
) -> Iterator[list[int]]:
    """Batches of sentences of exactly one length, so that no padding is computed."""
    by_length: dict[int, list[int]] = {}
    for row, sentence in enumerate(ids):
        by_length.setdefault(len(sentence), []).append(row)
    for length, rows in sorted(by_length.items()):
        size = max(1, positions // (samples * (length + 1)))
        for start in range(0, len(rows), size):
            yield rows[start : start + size]


@torch.inference_mode()
def importance_estimates(
    model: TextVAE,
    ids: Sequence[Sequence[int]],
    samples: int,
    seed: int = 0,
    positions: int = POSITIONS,
    progress: Progress = lambda count: None,
    labels: Sequence[int] = (),
    bf16: bool | None = None,
) -> ImportanceEstimates:
    """`importance_nll` of each sentence from `samples` draws of its posterior, and their ESS.

    Products of the decoder are in bfloat16 where that is faster: a sentence's estimate moves by
    some hundredths of a nat, up or down, the mean over a split by less than one.

    Args:
        model: With a posterior that has a density.
        ids: Sentences, without start and end.
        samples: K.
        seed: Each sentence has a random stream, so the result does not depend on the batches.
        positions: Maximum number of tokens scored at once.
        progress: Receives the number of sentences in each batch.
        labels: Of the sentences, for a conditional model.
        bf16: Whether products are in bfloat16; None: if the processor has it, and there is more
            than the one sample that estimates the bound.

    Returns:
        In the order of `ids`.
    """

    def compute(rows: list[int]) -> Tensor:
        tokens = tokens_of(model, ids, rows)
        posterior = model.posterior(tokens)
        streams = [generator(seed, f"importance {row}") for row in rows]
        z = sample_rows(posterior, samples, streams)
        chunk = max(1, positions // tokens[:, 1:].numel())
        own = of_rows(labels, rows)
        parts = [
            elbo.log_weights(model, posterior, part, tokens, own, is_rounded)
            for part in z.split(chunk)
        ]
        weights = torch.cat(parts).cpu().double()
        return torch.stack([importance_nll(weights), effective_sample_size(weights)], 1)

    if bf16 is None:
        weight = model.embedding.weight
        # By what the processor has, not by a stopwatch: a figure does not depend on the load.
        has_products = weight.device.type == "cpu" and has_bf16(weight.device)
        bf16 = has_products and weight.dtype == torch.float32 and samples > 1
    is_rounded = bf16 and model.decoder.scores_in_bf16
    out = torch.zeros(len(ids), 2, dtype=torch.float64)
    estimates = in_batches(out, _same_length(ids, samples, positions), compute, progress)
    nll, ess = estimates.unbind(1)
    return ImportanceEstimates(nll, ess, is_rounded)
