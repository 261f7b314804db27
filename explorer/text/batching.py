"""Which sentences share a batch: those of like length, so that little padding is computed."""

import random
from collections.abc import Sequence


def plan(lengths: Sequence[int], batch_size: int, seed: int | None = None) -> list[list[int]]:
    """Puts every row into exactly one batch, rows of like length together.

    Args:
        lengths: One length a row.
        batch_size: Rows a batch; the last batch of all may be smaller. For training, a row that
            would be left alone joins the batch before: nothing can be normalised over one row.
        seed: Shuffles rows of equal length and the order of batches; None keeps both in order of
            length, for evaluation.

    Returns:
        Row numbers, batch by batch.
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
