"""Decoding strategies: from latent points to sentences."""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from explorer.models.decoder_base import Decoder
from explorer.models.decoding_settings import PART, Decoding
from explorer.models.output_softmax import scorer
from explorer.text.tokens import BOS, EOS, PAD, UNK

Choose = Callable[
    [Float[Tensor, "batch words"], Float[Tensor, "batch words"], torch.Generator, Decoding],
    Int[Tensor, " batch"],
]
"""Picks the next word from scores, given how often each word was said, and chance."""


_BLOCK = 128
"""Words looked at together: a row of scores is searched by its blocks, then within one. Going
through a whole row word by word takes a third of the time of the product that made it."""


def _by_block(
    values: Float[Tensor, "batch words"], reduce: Callable[[Tensor], Tensor]
) -> Float[Tensor, "batch blocks"]:
    """Each block of a row, reduced to one number; the last block may be shorter."""
    whole = values.shape[1] // _BLOCK * _BLOCK
    result = reduce(values[:, :whole].unflatten(1, (-1, _BLOCK)))
    if whole == values.shape[1]:
        return result
    return torch.cat([result, reduce(values[:, None, whole:])], 1)


def _block(
    values: Float[Tensor, "batch words"], block: Int[Tensor, "batch 1"], missing: float
) -> Float[Tensor, "batch block"]:
    """The values of one block of each row; beyond the last word there is `missing`."""
    index = block * _BLOCK + torch.arange(_BLOCK, device=values.device)
    last = values.shape[1] - 1
    return values.gather(1, index.clamp(max=last)).masked_fill(index > last, missing)


def _likeliest(logits: Float[Tensor, "batch words"]) -> Int[Tensor, " batch"]:
    """The place of each row's largest score."""
    block = _by_block(logits, lambda blocks: blocks.amax(2)).argmax(1, keepdim=True)
    within = _block(logits, block, -torch.inf).argmax(1, keepdim=True)
    return (block * _BLOCK + within).squeeze(1)


def _draw(
    logits: Float[Tensor, "batch words"], generator: torch.Generator
) -> Int[Tensor, " batch"]:
    """One draw a row by inverting the cumulative distribution: one random number a row."""
    probabilities = logits.softmax(1)
    cumulative = _by_block(probabilities, lambda blocks: blocks.sum(2)).cumsum(1)
    # The last entry is 1 only up to rounding; staying below it keeps every draw inside.
    total = cumulative[:, -1:]
    level = torch.rand(len(logits), 1, generator=generator).to(logits) * total
    level = torch.minimum(level, torch.nextafter(total, torch.zeros_like(total)))
    block = torch.searchsorted(cumulative, level, right=True)
    before = torch.where(block > 0, cumulative.gather(1, (block - 1).clamp(min=0)), 0.0)
    inside = _block(probabilities, block, 0.0)
    within = torch.searchsorted(before + inside.cumsum(1), level, right=True)
    # A block's sum is a little more than that of its words where rounding wants it so.
    within = torch.where(within < _BLOCK, within, inside.argmax(1, keepdim=True))
    return (block * _BLOCK + within).squeeze(1)


def _tempered(logits: Tensor, decoding: Decoding) -> Tensor:
    return logits if decoding.temperature == 1 else logits / max(decoding.temperature, 1e-4)


def _greedy(
    logits: Tensor, said: Tensor, generator: torch.Generator, decoding: Decoding
) -> Tensor:
    return _likeliest(logits)


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
    decoder: Decoder, z: Float[Tensor, "batch latent"], decoding: Decoding
) -> list[list[int]]:
    """Word by word; a finished sentence leaves the batch."""
    pick = _STEPWISE[decoding.strategy]
    generator = torch.Generator().manual_seed(decoding.seed)
    result: list[list[int]] = [[] for _ in range(len(z))]
    alive = list(range(len(z)))
    state, score = decoder.begin(z), scorer(decoder.output, len(z))
    token = torch.full((len(z),), BOS, device=z.device)
    counts_said = decoding.strategy == "penalised"
    said = z.new_zeros(len(z), decoder.output.out_features if counts_said else 0)
    for _ in range(decoding.max_tokens):
        if not alive:
            break
        features, state = decoder.advance(token, state)
        logits = score(features)
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
    decoder: Decoder, z: Float[Tensor, "batch latent"], decoding: Decoding
) -> list[list[int]]:
    """The likeliest sentence a beam finds, by its mean log-probability a token, end counted."""
    batch, beam = len(z), decoding.beam
    if not batch:
        return []
    state, score = (
        decoder.begin(z.repeat_interleave(beam, 0)),
        scorer(decoder.output, batch * beam),
    )
    token = torch.full((batch * beam,), BOS, device=z.device)
    # All beams of a sentence start equal: only the first may spread.
    scores = z.new_full((batch, beam), -torch.inf)
    scores[:, 0] = 0.0
    words = torch.zeros(batch, beam, 0, dtype=torch.int64, device=z.device)
    best: list[tuple[float, list[int]]] = [(-math.inf, []) for _ in range(batch)]
    alive = list(range(batch))
    for length in range(1, decoding.max_tokens + 1):
        features, state = decoder.advance(token, state)
        logits = _forbid(score(features), decoding)
        peaks = _by_block(logits, lambda blocks: blocks.amax(2))
        highest = peaks.amax(1, keepdim=True)
        total = highest + torch.sub(logits, highest).exp_().sum(1, keepdim=True).log()
        before = scores.view(-1, 1) - total  # plus a word's score: that of the longer sentence
        _finish(best, alive, (before + logits[:, EOS, None]).view_as(scores), words, length)
        logits[:, EOS] = -torch.inf
        peaks[:, :1] = logits[:, :_BLOCK].amax(1, keepdim=True)
        scores, source, token = _spread(logits, before, peaks + before, beam)
        words = words.gather(1, source.unsqueeze(2).expand(-1, -1, words.shape[2]))
        words = torch.cat([words, token.unsqueeze(2)], 2)
        # The usual stop: no beam's mean so far is above that of the best finished sentence.
        reachable = (scores[:, 0] / length).tolist()
        going = [
            place
            for place, (row, bound) in enumerate(zip(alive, reachable, strict=True))
            if best[row][0] < bound
        ]
        if not going:
            return [sentence for _, sentence in best]
        alive = [alive[place] for place in going]
        rows = torch.tensor(going, device=z.device)
        state = state.select((rows.unsqueeze(1) * beam + source[rows]).flatten())
        scores, words, token = scores[rows], words[rows], token[rows].flatten()
    _finish(best, alive, scores, words, decoding.max_tokens)
    return [sentence for _, sentence in best]


def _spread(
    logits: Float[Tensor, "rows words"],
    before: Float[Tensor, "rows 1"],
    peaks: Float[Tensor, "rows blocks"],
    beam: int,
) -> tuple[Float[Tensor, "batch beam"], Int[Tensor, "batch beam"], Int[Tensor, "batch beam"]]:
    """The best ways to go on from the beams of each sentence: score, beam gone on from, word.

    The best `beam` words stand in the `beam` blocks with the highest peaks.
    """
    batch, blocks, size = len(logits) // beam, peaks.shape[1], logits.shape[1]
    chosen = peaks.view(batch, beam * blocks).topk(beam, 1).indices.unsqueeze(2)
    row, block = chosen // blocks, chosen % blocks
    word = block * _BLOCK + torch.arange(_BLOCK, device=logits.device)
    place = (row * size + word.clamp(max=size - 1)).flatten(1)
    values = logits.view(batch, beam * size).gather(1, place)
    values += before.view(batch, beam).gather(1, row.expand_as(word).flatten(1))
    values = values.masked_fill((word >= size).flatten(1), -torch.inf)
    scores, found = values.topk(beam, 1)
    place = place.gather(1, found)
    return scores, place // size, place % size


def _finish(
    best: list[tuple[float, list[int]]],
    alive: list[int],
    scores: Float[Tensor, "batch beam"],
    words: Int[Tensor, "batch beam length"],
    length: int,
) -> None:
    """Keeps the best finished sentence of each row; updates `best`."""
    values, places = (scores / length).max(1)
    rows = words.gather(1, places.view(-1, 1, 1).expand(-1, 1, words.shape[2])).squeeze(1)
    for row, value, sentence in zip(alive, values.tolist(), rows.tolist(), strict=True):
        if value > best[row][0]:
            best[row] = (value, sentence)


STRATEGIES = {**dict.fromkeys(_STEPWISE, _stepwise), "beam": _beam}
"""Decoding strategies by name."""


@torch.inference_mode()
def generate(
    decoder: Decoder, z: Float[Tensor, "batch latent"], decoding: Decoding
) -> list[list[int]]:
    """Decodes each latent point to one sentence, `PART` at a time.

    Args:
        decoder: In `eval` mode.
        z: One point a sentence; as many as there are, memory does not grow with them.
        decoding: The strategy and its settings. Equal seeds give equal sentences for equal
            points; the order of rows matters to sampling.

    Returns:
        Ids without start and end, in the order of `z`.
    """
    width = decoding.beam if decoding.strategy == "beam" else 1
    result: list[list[int]] = []
    for number, part in enumerate(z.split(max(1, PART // width))):
        result += STRATEGIES[decoding.strategy](decoder, part, decoding.of_part(number))
    return result
