"""From latent points to sentences, token by token; `decoding_settings.STRATEGIES` lists all."""

import pkgutil
from collections.abc import Callable
from functools import partial

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from explorer.models.decoder_base import Decoder
from explorer.models.decoding_settings import PART, RANKED, STRATEGIES, Decoding
from explorer.models.highest_token import highest
from explorer.models.output_softmax import scorer
from explorer.models.token_sampling import draw, forbid_special
from explorer.text.tokens import BOS, EOS

Pick = Callable[
    [Float[Tensor, "batch tokens"], Float[Tensor, "batch tokens"], torch.Generator, Decoding],
    Int[Tensor, " batch"],
]
"""The next token of each row from its logits, 1 for the tokens used before, and randomness."""

Next = Callable[
    [Float[Tensor, "batch embedding"], Float[Tensor, "batch tokens"]], Int[Tensor, " batch"]
]
"""The next token of each row from the output layer's input and the tokens used before."""


_HEAD = 256
"""Tokens that mostly hold a nucleus: finding them takes a fraction of the time of sorting all."""


def _tempered(logits: Tensor, decoding: Decoding) -> Tensor:
    return logits if decoding.temperature == 1 else logits / max(decoding.temperature, 1e-4)


def _sample(logits: Tensor, used: Tensor, random: torch.Generator, decoding: Decoding) -> Tensor:
    return draw(_tempered(logits, decoding), random)


def _top_k(logits: Tensor, used: Tensor, random: torch.Generator, decoding: Decoding) -> Tensor:
    lowest = logits.topk(min(decoding.top_k, logits.shape[1]), 1).values[:, -1:]
    return draw(_tempered(logits.masked_fill(logits < lowest, -torch.inf), decoding), random)


def _nucleus(logits: Tensor, used: Tensor, random: torch.Generator, decoding: Decoding) -> Tensor:
    logits = _tempered(logits, decoding)
    probabilities = logits.softmax(1)
    ranked, order = probabilities.topk(min(_HEAD, logits.shape[1]), 1)
    if (ranked.sum(1) < decoding.top_p).any():
        ranked, order = probabilities.sort(1, descending=True)
    # A token stays while those before it sum to less than top_p; the first always stays.
    stays = ranked.cumsum(1) - ranked < decoding.top_p
    stays[:, 0] = True
    nucleus = torch.zeros_like(logits, dtype=torch.bool).scatter(1, order, stays)
    return draw(logits.masked_fill(~nucleus, -torch.inf), random)


def _penalised(
    logits: Tensor, used: Tensor, random: torch.Generator, decoding: Decoding
) -> Tensor:
    """Keskar et al. (2019), arXiv:1909.05858, section 4.1.

    The published formula divides negative logits too, which makes repeats more likely; they are
    multiplied here.
    """
    penalised = torch.where(logits > 0, logits / decoding.penalty, logits * decoding.penalty)
    return draw(_tempered(torch.where(used > 0, penalised, logits), decoding), random)


def _highest(output: nn.Linear, rows: int, decoding: Decoding) -> Next:
    find = highest(output, rows, decoding)
    return lambda features, used: find(features)


def _picked(pick: Pick, output: nn.Linear, rows: int, decoding: Decoding) -> Next:
    generator = torch.Generator().manual_seed(decoding.seed)
    score = scorer(output, rows)
    return lambda features, used: pick(
        forbid_special(score(features), decoding), used, generator, decoding
    )


def _stepwise(
    choice: Callable[[nn.Linear, int, Decoding], Next],
    decoder: Decoder,
    z: Float[Tensor, "batch latent"],
    decoding: Decoding,
) -> list[list[int]]:
    """Decodes token by token; finished sentences leave the batch."""
    result: list[list[int]] = [[] for _ in range(len(z))]
    alive = list(range(len(z)))
    state, choose = decoder.begin(z), choice(decoder.output, len(z), decoding)
    token = torch.full((len(z),), BOS, device=z.device)
    has_penalty = "penalty" in STRATEGIES[decoding.strategy].settings
    used = z.new_zeros(len(z), decoder.output.out_features if has_penalty else 0)
    for _ in range(decoding.max_tokens):
        if not alive:
            break
        features, state = decoder.advance(token, state)
        token = choose(features, used)
        if has_penalty:
            used.scatter_(1, token.unsqueeze(1), 1.0)
        words = token.tolist()
        going = [index for index, word in enumerate(words) if word != EOS]
        for index in going:
            result[alive[index]].append(words[index])
        if len(going) < len(alive):
            rows = torch.tensor(going, dtype=torch.int64, device=z.device)
            alive = [alive[index] for index in going]
            token, state, used = token[rows], state.select(rows), used[rows]
    return result


greedy = partial(_stepwise, _highest)
sample = partial(_stepwise, partial(_picked, _sample))
top_k = partial(_stepwise, partial(_picked, _top_k))
nucleus = partial(_stepwise, partial(_picked, _nucleus))
penalised = partial(_stepwise, partial(_picked, _penalised))


@torch.inference_mode()
def generate(
    decoder: Decoder, z: Float[Tensor, "batch latent"], decoding: Decoding
) -> list[list[int]]:
    """Decodes each latent point to a sentence.

    Args:
        decoder: In `eval` mode.
        z: One point per sentence. `PART` hypotheses are decoded at once, so memory does not grow
            with their number.
        decoding: The strategy and its settings. The same seed and points give the same sentences;
            when sampling, the order of the points matters.

    Returns:
        Ids without start and end, in the order of `z`. A decoder without order has no strategies:
        the words that say most about each point.
    """
    if not decoder.has_order:
        count = min(RANKED, decoding.max_tokens)
        return [row for part in z.split(PART) for row in decoder.ranked(part, count)]
    decode = pkgutil.resolve_name(f"explorer.models.{STRATEGIES[decoding.strategy].decode}")
    result: list[list[int]] = []
    for number, part in enumerate(z.split(max(1, PART // decoding.width))):
        result += decode(decoder, part, decoding.of_part(number))
    return result
