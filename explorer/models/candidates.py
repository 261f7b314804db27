"""Of several decodes of a point, the one that lies nearest to it when it is encoded again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.functional import cosine_similarity

from explorer.models.decoding_settings import STRATEGIES, Decoding
from explorer.models.latent_base import Latent

TEMPERATURE = 0.4
"""Of candidates of a code, which no correction moves."""
_STEP, _DECAY = 1.0, 0.88
"""Part of a miss by which the next target is corrected, and its factor from decode to decode: of
six pairs the best for eight decodes, by BLEU of validation sentences of two runs."""
_EXACT = 1e-4
"""Miss, of the length of the point, below which it is hit."""

Rows = list[list[int]]


def nearest(
    points: Float[Tensor, "n latent"],
    decoding: Decoding,
    latent: Latent,
    generate: Callable[[Tensor, Decoding], Rows],
    encode: Callable[[Sequence[Sequence[int]]], Float[Tensor, "m latent"]],
) -> Rows:
    """Decodes in a closed loop: each decode is encoded again, and its miss corrects the next.

    The first candidate is the decode of the point. Each further one is that of a target, which
    starts at the point and moves against the miss of the candidate before. The candidate with the
    largest cosine to the point is taken; a point that is hit is decoded no more. In a space of
    codes, where a target stays at its code, words are drawn at a low temperature instead.

    Args:
        points: Latent points.
        decoding: How each candidate is decoded; `nearest` is their number at most.
        latent: The space of the points; its vectors are compared.
        generate: Decodes points: a sentence each, as ids.
        encode: Of sentences, their latent points.

    Returns:
        The ids of one sentence for each point.

    Source:
        The correction of vec2text, Morris et al. (2023), arXiv:2310.06816, section 3, with a
        linear step in place of a trained corrector.
    """
    single = replace(decoding, nearest=1)
    search = _Search(points, latent)
    for number in range(decoding.nearest):
        if not len(search.open):
            break
        how = single.of_part(number) if number else single
        is_drawn = "temperature" in STRATEGIES[how.strategy].settings
        if number and latent.num_categories and not is_drawn:
            how = replace(how, strategy="sample", temperature=TEMPERATURE)
        rows = generate(search.target[search.open], how)
        search.judge(rows, encode(rows), _STEP * _DECAY**number)
    return search.rows


@dataclass
class _Search:
    """The nearest candidates so far, and the targets of the next ones."""

    points: Float[Tensor, "n latent"]
    latent: Latent

    def __post_init__(self) -> None:
        self.target = self.points.clone()
        self.open: Int[Tensor, " open"] = torch.arange(len(self.points))
        """Points that no candidate hits yet."""
        self.rows: Rows = [[] for _ in self.points]
        self.near = torch.full((len(self.points),), -torch.inf)

    def judge(self, rows: Rows, encoded: Float[Tensor, "open latent"], step: float) -> None:
        """Compares a candidate for each open point with it, and moves the targets."""
        own, vectors = self.points[self.open], self.latent.vectors
        encoded = encoded.to(own)
        near = cosine_similarity(vectors(own), vectors(encoded), dim=1).cpu()
        is_nearer: Bool[Tensor, " open"] = near > self.near[self.open]
        for index in is_nearer.nonzero().flatten().tolist():
            self.rows[int(self.open[index])] = rows[index]
        self.near[self.open] = torch.maximum(near, self.near[self.open])
        miss = own - encoded
        self.target[self.open] = self.latent.project(self.target[self.open] + step * miss)
        is_hit = miss.norm(dim=1) <= _EXACT * own.norm(dim=1)
        self.open = self.open[~is_hit.cpu()]
