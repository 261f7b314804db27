"""Likelihood of held-out sentences: distortion, rate, and the importance estimate."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.distributions import Distribution

from explorer.models.padding import collate
from explorer.models.random_streams import generator, sample_rows
from explorer.models.vae import TextVAE
from explorer.system import distributed
from explorer.text.batching import plan

BATCH = 256
POSITIONS = 2**14
"""Predicted tokens scored at once by `importance_nlls`: its memory is proportional to this, and
about 10 kB each at 256 units."""


def predicted(sentences: Sequence[Sequence[object]]) -> int:
    """What a model predicts: the words of every sentence (or its ids) and its end."""
    return sum(len(row) + 1 for row in sentences)


def perplexity(nats: float, words: int) -> float:
    """Exp(nats / predicted words) over a whole set, whatever pieces a model reads words in.

    Args:
        nats: Of all sentences together.
        words: Predicted words of all sentences, the ends counted.
    """
    return math.exp(min(nats / words, 700.0))  # beyond, a float64 overflows


def batches(ids: Sequence[Sequence[int]], size: int = BATCH) -> Iterator[list[int]]:
    """Row numbers, like lengths together; a caller puts results back by them."""
    yield from plan([len(row) for row in ids], size)


def _shared(batches: Iterable[list[int]], advance: Callable[[int], object]) -> Iterator[list[int]]:
    """This process' share of the batches; progress is told as if all were as far."""
    for rows in distributed.rank_slice(batches):
        yield rows
        advance(len(rows) * distributed.count())


@torch.inference_mode()
def distortions(
    model: TextVAE,
    z: Float[Tensor, "n latent"],
    ids: Sequence[Sequence[int]],
    size: int = BATCH,
    advance: Callable[[int], object] = lambda count: None,
    labels: Sequence[int] = (),
) -> Float[Tensor, " n"]:
    """-log p(x|z) of each sentence at its z, nats per sentence, the end counted.

    In a conditional model -log p(x|z, c), c the sentence's label.
    """
    result = torch.zeros(len(ids), dtype=torch.float64)
    for rows in _shared(batches(ids, size), advance):
        tokens = collate([ids[row] for row in rows], model.device)
        place = model.condition(z[rows], [labels[row] for row in rows] if labels else ())
        result[rows] = -model.decoder.log_prob(place, tokens).cpu().double()
    return distributed.all_reduce(result)


@torch.inference_mode()
def posterior(model: TextVAE, ids: Sequence[Sequence[int]]) -> Distribution:
    """q(z|x) of all sentences as one distribution, batch shape (n,), in their order."""
    like = model.embedding.weight
    if model.encoder is None:
        return model.latent.posterior(like.new_zeros(len(ids), 1))
    features = like.new_zeros(len(ids), model.encoder.feature_dim)
    for rows in distributed.rank_slice(batches(ids)):
        features[rows] = model.encoder(collate([ids[row] for row in rows], model.device))
    return model.latent.posterior(distributed.all_reduce(features))


def log_weights(
    model: TextVAE,
    posterior: Distribution,
    z: Float[Tensor, "samples batch latent"],
    tokens: Int[Tensor, "batch time"],
    labels: Sequence[int] = (),
) -> Float[Tensor, "samples batch"]:
    """Log p(x, z_k) - log q(z_k|x) of each sample, nats per sentence."""
    likelihood = model.decoder.score_samples(model.condition(z, labels), tokens)
    return likelihood + model.prior().log_prob(z) - posterior.log_prob(z)


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


def _same_length(
    ids: Sequence[Sequence[int]], samples: int, positions: int
) -> Iterator[list[int]]:
    """Batches of sentences of exactly one length, so that no padding is scored."""
    by_length: dict[int, list[int]] = {}
    for row, sentence in enumerate(ids):
        by_length.setdefault(len(sentence), []).append(row)
    for length, rows in sorted(by_length.items()):
        size = max(1, positions // (samples * (length + 1)))
        for start in range(0, len(rows), size):
            yield rows[start : start + size]


@torch.inference_mode()
def importance_nlls(
    model: TextVAE,
    ids: Sequence[Sequence[int]],
    samples: int,
    seed: int = 0,
    positions: int = POSITIONS,
    advance: Callable[[int], object] = lambda count: None,
    labels: Sequence[int] = (),
) -> Float[Tensor, " n"]:
    """`importance_nll` of each sentence with exactly `samples` draws of its posterior.

    Args:
        model: With a posterior that has a density.
        ids: Sentences, without start and end.
        samples: K.
        seed: Each row has its own stream, so batches and chunks do not change the result.
        positions: Most tokens scored at once.
        advance: Told how many sentences were finished.
        labels: Of the sentences, for a conditional model.

    Returns:
        Nats per sentence, in the order of `ids`.
    """
    result = torch.zeros(len(ids), dtype=torch.float64)
    for rows in _shared(_same_length(ids, samples, positions), advance):
        tokens = collate([ids[row] for row in rows], model.device)
        posterior = model.posterior(tokens)
        streams = [generator(seed, f"importance {row}") for row in rows]
        z = sample_rows(posterior, samples, streams)
        chunk = max(1, positions // tokens[:, 1:].numel())
        own = [labels[row] for row in rows] if labels else ()
        weights = torch.cat(
            [log_weights(model, posterior, part, tokens, own) for part in z.split(chunk)]
        )
        result[rows] = importance_nll(weights.cpu().double())
    return distributed.all_reduce(result)
