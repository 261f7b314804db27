"""Decoding strategies: from latent points to sentences."""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from explorer.models.decoders import LSTMDecoder
from explorer.models.decoding import Decoding
from explorer.text.tokens import BOS, EOS, PAD, UNK

Choose = Callable[
    [Float[Tensor, "batch words"], Float[Tensor, "batch words"], torch.Generator, Decoding],
    Int[Tensor, " batch"],
]
"""Picks the next word from scores, given how often each word was said, and chance."""


def _draw(
    logits: Float[Tensor, "batch words"], generator: torch.Generator
) -> Int[Tensor, " batch"]:
    """One draw a row by inverting the cumulative distribution: one random number a row."""
    cumulative = logits.softmax(1).cumsum(1)
    # The last entry is 1 only up to rounding; scaling by it keeps every draw inside.
    level = torch.rand(len(logits), 1, generator=generator) * cumulative[:, -1:].cpu()
    index = torch.searchsorted(cumulative, level.to(logits.device), right=True)
    return index.squeeze(1).clamp(max=logits.shape[1] - 1)


def _tempered(logits: Tensor, decoding: Decoding) -> Tensor:
    return logits / max(decoding.temperature, 1e-4)


def _greedy(
    logits: Tensor, said: Tensor, generator: torch.Generator, decoding: Decoding
) -> Tensor:
    return logits.argmax(1)


def _sample(
    logits: Tensor, said: Tensor, generator: torch.Generator, decoding: Decoding
) -> Tensor:
    return _draw(_tempered(logits, decoding), generator)


def _top_k(logits: Tensor, said: Tensor, generator: torch.Generator, decoding: Decoding) -> Tensor:
    least = logits.topk(min(decoding.top_k, logits.shape[1]), 1).values[:, -1:]
    kept = logits.masked_fill(logits < least, -torch.inf)
    return _draw(_tempered(kept, decoding), generator)


def _nucleus(
    logits: Tensor, said: Tensor, generator: torch.Generator, decoding: Decoding
) -> Tensor:
    logits = _tempered(logits, decoding)
    ranked, order = logits.softmax(1).sort(1, descending=True)
    # A word is kept while the words before it have not reached top_p: the first always is.
    dropped = ranked.cumsum(1) - ranked >= decoding.top_p
    dropped[:, 0] = False
    kept = logits.masked_fill(torch.zeros_like(dropped).scatter(1, order, dropped), -torch.inf)
    return _draw(kept, generator)


def _penalised(
    logits: Tensor, said: Tensor, generator: torch.Generator, decoding: Decoding
) -> Tensor:
    """Keskar et al. (2019), arXiv:1909.05858, section 4.1, at the recipe's temperature.

    Differs from the printed formula, which divides negative scores too and so rewards repeats
    with them: those are multiplied here.
    """
    penalised = torch.where(logits > 0, logits / decoding.penalty, logits * decoding.penalty)
    return _draw(_tempered(torch.where(said > 0, penalised, logits), decoding), generator)


_STEPWISE: dict[str, Choose] = {
    "greedy": _greedy,
    "sample": _sample,
    "top_k": _top_k,
    "nucleus": _nucleus,
    "penalised": _penalised,
}


def _forbid(logits: Tensor, decoding: Decoding) -> Tensor:
    logits[:, [PAD, BOS]] = -torch.inf
    if not decoding.allow_unknown:
        logits[:, UNK] = -torch.inf
    return logits


def _stepwise(
    decoder: LSTMDecoder, z: Float[Tensor, "batch latent"], decoding: Decoding
) -> list[list[int]]:
    """Word by word; a finished sentence leaves the batch."""
    pick = _STEPWISE[decoding.strategy]
    generator = torch.Generator().manual_seed(decoding.seed)
    result: list[list[int]] = [[] for _ in range(len(z))]
    alive = list(range(len(z)))
    state = decoder.begin(z)
    token = torch.full((len(z),), BOS, device=z.device)
    counts_said = decoding.strategy == "penalised"
    said = z.new_zeros(len(z), decoder.output.out_features if counts_said else 0)
    for _ in range(decoding.max_tokens):
        if not alive:
            break
        logits, state = decoder.step(token, state)
        token = pick(_forbid(logits, decoding), said, generator, decoding)
        if counts_said:
            said.scatter_(1, token.unsqueeze(1), 1.0)
        words = token.tolist()
        going = [place for place, word in enumerate(words) if word != EOS]
        for place in going:
            result[alive[place]].append(words[place])
        if len(going) < len(alive):
            rows = torch.tensor(going, dtype=torch.int64, device=z.device)
            alive = [alive[place] for place in going]
            token, state, said = token[rows], state.select(rows), said[rows]
    return result


def _beam(
    decoder: LSTMDecoder, z: Float[Tensor, "batch latent"], decoding: Decoding
) -> list[list[int]]:
    """The likeliest sentence a beam finds, by its mean log-probability a token, end counted."""
    batch, beam = len(z), decoding.beam
    if not batch:
        return []
    state = decoder.begin(z.repeat_interleave(beam, 0))
    token = torch.full((batch * beam,), BOS, device=z.device)
    # All beams of a sentence start equal: only the first may spread.
    scores = z.new_full((batch, beam), -torch.inf)
    scores[:, 0] = 0.0
    words = torch.zeros(batch, beam, 0, dtype=torch.int64, device=z.device)
    first = (torch.arange(batch, device=z.device) * beam).unsqueeze(1)
    best: list[tuple[float, list[int]]] = [(-math.inf, []) for _ in range(batch)]
    for length in range(1, decoding.max_tokens + 1):
        logits, state = decoder.step(token, state)
        step = _forbid(logits, decoding).log_softmax(1).unflatten(0, (batch, beam))
        _finish(best, scores + step[:, :, EOS], words, length)
        step[:, :, EOS] = -torch.inf
        total = (scores.unsqueeze(2) + step).flatten(1)
        scores, index = total.topk(beam, 1)
        source = index // step.shape[2]
        token = (index % step.shape[2]).flatten()
        words = words.gather(1, source.unsqueeze(2).expand(-1, -1, words.shape[2]))
        words = torch.cat([words, token.view(batch, beam, 1)], 2)
        state = state.select((first + source).flatten())
        # The usual stop: no beam's mean so far is above that of the best finished sentence.
        reachable = scores[:, 0] / length
        if all(value >= bound for (value, _), bound in zip(best, reachable.tolist(), strict=True)):
            return [sentence for _, sentence in best]
    _finish(best, scores, words, decoding.max_tokens)
    return [sentence for _, sentence in best]


def _finish(
    best: list[tuple[float, list[int]]], scores: Tensor, words: Tensor, length: int
) -> None:
    """Keeps the best finished sentence of each row; updates `best`."""
    values, places = (scores / length).max(1)
    rows = words.gather(1, places.view(-1, 1, 1).expand(-1, 1, words.shape[2])).squeeze(1)
    for row, (value, sentence) in enumerate(zip(values.tolist(), rows.tolist(), strict=True)):
        if value > best[row][0]:
            best[row] = (value, sentence)


STRATEGIES = {**dict.fromkeys(_STEPWISE, _stepwise), "beam": _beam}
"""Decoding strategies by name."""


@torch.inference_mode()
def generate(
    decoder: LSTMDecoder, z: Float[Tensor, "batch latent"], decoding: Decoding
) -> list[list[int]]:
    """Decodes each latent point to one sentence.

    Args:
        decoder: In `eval` mode.
        z: One point a sentence.
        decoding: The strategy and its settings. Equal seeds give equal sentences for an equal
            batch; the order of rows matters to sampling.

    Returns:
        Ids without start and end, in the order of `z`.
    """
    return STRATEGIES[decoding.strategy](decoder, z, decoding)
