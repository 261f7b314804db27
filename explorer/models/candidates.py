"""Of several decodes of a point, the one that lies nearest to it when it is encoded again."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from jaxtyping import Float
from torch import Tensor

from explorer.models.decoding_settings import STRATEGIES, Decoding

TEMPERATURE = 0.7
"""Of candidates beside a decode that is not drawn."""


def nearest(
    points: Float[Tensor, "n latent"],
    decoding: Decoding,
    generate: Callable[[Tensor, Decoding], list[list[int]]],
    cosines: Callable[[Tensor, Sequence[Sequence[int]]], Float[Tensor, " candidates"]],
) -> list[list[int]]:
    """The first step of vec2text: decodes, encodes again, and takes the nearest by cosine.

    Args:
        points: Latent points.
        decoding: The first candidate is decoded as it says; where it draws no words, the others
            are drawn at a low temperature.
        generate: Decodes points.
        cosines: Of points, and of a sentence each as ids, encoded.

    Returns:
        The ids of one sentence for each point.

    Source:
        Morris et al. (2023), Text Embeddings Reveal (Almost) As Much As Text, arXiv:2310.06816.
    """
    single = replace(decoding, nearest=1)
    others = single
    if "temperature" not in STRATEGIES[decoding.strategy].settings:
        others = replace(single, strategy="sample", temperature=TEMPERATURE)
    others = replace(others, seed=(others.seed + 1) % 2**63)
    first, count = generate(points, single), decoding.nearest - 1
    if not count or not first:
        return first
    drawn = generate(points.repeat_interleave(count, 0), others)
    rows = [
        row
        for number, own in enumerate(first)
        for row in (own, *drawn[number * count : (number + 1) * count])
    ]
    near = cosines(points.repeat_interleave(decoding.nearest, 0), rows)
    best = near.view(len(first), decoding.nearest).argmax(1).tolist()
    return [rows[number * decoding.nearest + choice] for number, choice in enumerate(best)]
