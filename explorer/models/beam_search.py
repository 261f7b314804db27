"""Beam search: the most likely sentence by its mean log-probability per token, end included."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

from explorer.models.decoder_base import Decoder
from explorer.models.decoding_settings import Decoding
from explorer.models.output_softmax import scorer
from explorer.models.token_sampling import BLOCK, by_block, forbid_special
from explorer.text.tokens import BOS, EOS

Best = list[tuple[float, list[int]]]
"""For each sentence the score and ids of its best finished hypothesis."""


def beam_search(
    decoder: Decoder, z: Float[Tensor, "batch latent"], decoding: Decoding
) -> list[list[int]]:
    """Ids of one sentence per point, without start and end."""
    batch, beam = len(z), decoding.beam
    if not batch:
        return []
    state = decoder.begin(z.repeat_interleave(beam, 0))
    score = scorer(decoder.output, batch * beam)
    token = torch.full((batch * beam,), BOS, device=z.device)
    # All hypotheses of a sentence start equal: only one of them is expanded.
    scores = z.new_full((batch, beam), -torch.inf)
    scores[:, 0] = 0.0
    words = torch.zeros(batch, beam, 0, dtype=torch.int64, device=z.device)
    best: Best = [(-math.inf, []) for _ in range(batch)]
    alive = list(range(batch))
    for length in range(1, decoding.max_tokens + 1):
        features, state = decoder.advance(token, state)
        logits = forbid_special(score(features), decoding)
        peaks = by_block(logits, lambda blocks: blocks.amax(2))
        highest = peaks.amax(1, keepdim=True)
        total = highest + torch.sub(logits, highest).exp_().sum(1, keepdim=True).log()
        # Plus the logit of a token, this is the score of the extended hypothesis.
        before = scores.view(-1, 1) - total
        _finish(best, alive, (before + logits[:, EOS, None]).view_as(scores), words, length)
        logits[:, EOS] = -torch.inf
        peaks[:, :1] = logits[:, :BLOCK].amax(1, keepdim=True)
        scores, source, token = _expand(logits, before, peaks + before, beam)
        words = words.gather(1, source.unsqueeze(2).expand(-1, -1, words.shape[2]))
        words = torch.cat([words, token.unsqueeze(2)], 2)
        # The usual criterion: stop when no hypothesis scores above the best finished one.
        bounds = (scores[:, 0] / length).tolist()
        going = [
            index
            for index, (row, bound) in enumerate(zip(alive, bounds, strict=True))
            if best[row][0] < bound
        ]
        if not going:
            return [sentence for _, sentence in best]
        alive = [alive[index] for index in going]
        rows = torch.tensor(going, device=z.device)
        state = state.select((rows.unsqueeze(1) * beam + source[rows]).flatten())
        scores, words, token = scores[rows], words[rows], token[rows].flatten()
    _finish(best, alive, scores, words, decoding.max_tokens)
    return [sentence for _, sentence in best]


def _expand(
    logits: Float[Tensor, "rows tokens"],
    before: Float[Tensor, "rows 1"],
    peaks: Float[Tensor, "rows blocks"],
    beam: int,
) -> tuple[Float[Tensor, "batch beam"], Int[Tensor, "batch beam"], Int[Tensor, "batch beam"]]:
    """The best extensions of each sentence's hypotheses: score, hypothesis, token.

    The `beam` best tokens are in the `beam` blocks with the highest peaks.
    """
    batch, blocks, size = len(logits) // beam, peaks.shape[1], logits.shape[1]
    chosen = peaks.view(batch, beam * blocks).topk(beam, 1).indices.unsqueeze(2)
    row, block = chosen // blocks, chosen % blocks
    token = block * BLOCK + torch.arange(BLOCK, device=logits.device)
    index = (row * size + token.clamp(max=size - 1)).flatten(1)
    values = logits.view(batch, beam * size).gather(1, index)
    values += before.view(batch, beam).gather(1, row.expand_as(token).flatten(1))
    values = values.masked_fill((token >= size).flatten(1), -torch.inf)
    scores, best = values.topk(beam, 1)
    index = index.gather(1, best)
    return scores, index // size, index % size


def _finish(
    best: Best,
    alive: list[int],
    scores: Float[Tensor, "batch beam"],
    words: Int[Tensor, "batch beam length"],
    length: int,
) -> None:
    """Updates the best finished hypothesis of each sentence."""
    values, index = (scores / length).max(1)
    rows = words.gather(1, index.view(-1, 1, 1).expand(-1, 1, words.shape[2])).squeeze(1)
    for row, value, sentence in zip(alive, values.tolist(), rows.tolist(), strict=True):
        if value > best[row][0]:
            best[row] = (value, sentence)
