"""Of several decodes of a point, the one that lies nearest to it when it is encoded again."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from explorer.explore import text_points
from explorer.models.decoding_settings import STRATEGIES, Decoding
from explorer.runs.run_files import Contents

if TYPE_CHECKING:
    from torch import Tensor

TEMPERATURE = 0.7
"""Of candidates beside a decode that is not drawn."""


def nearest(
    run: Contents,
    points: "Tensor",
    decoding: Decoding,
    generate: Callable[["Tensor", Decoding], list[list[int]]],
    text: Callable[[list[int]], str],
) -> list[list[int]]:
    """The first step of vec2text: decodes, encodes again, and takes the nearest by cosine.

    Args:
        run: Whose encoder is at hand.
        points: Latent points.
        decoding: The first candidate is decoded as it says; where it draws no words, the others
            are drawn at a low temperature.
        generate: Decodes points.
        text: Of a row of ids.

    Returns:
        The ids of one sentence for each point.

    Raises:
        ExplorerError: If the encoder is not at hand.

    Source:
        Morris et al. (2023), Text Embeddings Reveal (Almost) As Much As Text, arXiv:2310.06816.
    """
    single = replace(decoding, nearest=1)
    others = single
    if "temperature" not in STRATEGIES[decoding.strategy].settings:
        others = replace(single, strategy="sample", temperature=TEMPERATURE)
    first = generate(points, single)
    count = decoding.nearest - 1
    others = replace(others, seed=(others.seed + 1) % 2**63)
    drawn = generate(points.repeat_interleave(count, 0), others)
    rows = [
        row
        for number, own in enumerate(first)
        for row in (own, *drawn[number * count : (number + 1) * count])
    ]
    z = points.repeat_interleave(decoding.nearest, 0).cpu().numpy()
    near = text_points.cosines(run, z, [text(row) for row in rows])
    best = np.reshape(near, (len(first), decoding.nearest)).argmax(1).tolist()
    return [rows[number * decoding.nearest + choice] for number, choice in enumerate(best)]
