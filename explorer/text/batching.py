"""Batches of sentences of similar length, to minimise padding."""

import random
from collections.abc import Sequence


def plan(lengths: Sequence[int], batch_size: int, seed: int | None = None) -> list[list[int]]:
    """Divides rows into batches of similar length.

    Args:
        lengths: One length per row.
        batch_size: Rows per batch; the last batch may be smaller. For training, a single
            remaining row joins the batch before, since one row cannot be normalised.
        seed: Shuffles rows of equal length and the order of batches; None keeps the order of
            lengths, for evaluation.

    Returns:
        Row indices, by batch.
    """
    rows = list(range(len(lengths)))
    generator = random.Random(seed)
    if seed is not None:
        generator.shuffle(rows)
    rows.sort(key=lengths.__getitem__)
    batches = [rows[start : start + batch_size] for start in range(0, len(rows), batch_size)]
    if seed is not None:
        if len(batches) > 1 and len(batches[-1]) == 1 < batch_size:
            batches[-2:] = [batches[-2] + batches[-1]]
        generator.shuffle(batches)
    return batches
