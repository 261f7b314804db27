"""What products in bfloat16 do to figures: `python -m tests.benchmarks.bf16_figures RUN...`.

Of each run, on test sentences (corpora from `EXPLORER_MIRROR`): the importance-weighted estimate
and posterior means in float32 and in bfloat16, greedy words whose scores are first computed in
bfloat16 against those of float32 alone, and the processor's time of each. A processor without
bfloat16 computes it too, slowly.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import numpy as np
import torch

from explorer.cli.output import say, table, warn
from explorer.evaluation.likelihood import importance_estimates
from explorer.explore.run import Run, open_run
from explorer.models import dataset as training_data
from explorer.models import highest_token
from explorer.models.batch_inference import posteriors
from explorer.models.decoding_settings import Decoding
from explorer.models.decoding_strategies import generate

T = TypeVar("T")


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """A result and the seconds of processor time it took."""
    started = time.process_time()
    return work(), time.process_time() - started


def figures(run: Run, sentences: int, samples: int, decoded: int) -> tuple[str, ...]:
    """A line of the table: differences, and how many times as fast."""
    data = training_data.load(run.config)
    ids = data.select("test", run.config.corpus.max_tokens)
    estimate = partial(importance_estimates, run.model, ids[:sentences], samples)
    (plain, slow), (half, fast) = (timed(partial(estimate, bf16=bf16)) for bf16 in (False, True))
    nats = (half.nll - plain.nll).numpy()
    (means, wide_seconds), (rounded, narrow_seconds) = (
        timed(partial(posteriors, run.model, ids, bf16=bf16)) for bf16 in (False, True)
    )
    points = run.model.condition(torch.from_numpy(means[0]))
    if len(points) < decoded:  # and places between sentences
        more = decoded - len(points)
        points = torch.cat([points, (points[:more] + points[-more:].flip(0)) / 2])
    words, seconds = [], []
    for is_faster in (lambda *_: False, lambda *_: True):
        highest_token.bf16_is_faster = is_faster
        rows, took = timed(partial(generate, run.model.decoder, points[:decoded], Decoding()))
        words.append(rows)
        seconds.append(took)
    same = sum(a == b for a, b in zip(*words, strict=True))
    moved = np.abs(means[0] - rounded[0]) / means[1]
    return (
        run.name,
        f"{plain.nll.mean():.3f}",
        f"{nats.mean():+.4f} (sd {nats.std():.3f})",
        f"{slow / fast:.1f}",
        f"{moved.mean():.4f} (at most {moved.max():.2f})",
        f"{wide_seconds / narrow_seconds:.1f}",
        f"{same:,} of {len(words[0]):,}",
        f"{seconds[0] / seconds[1]:.2f}",
    )


def main() -> None:
    """Prints a line a run."""
    parser = argparse.ArgumentParser(description="What products in bfloat16 do to figures.")
    parser.add_argument("runs", nargs="+", metavar="RUN")
    parser.add_argument("--sentences", type=int, default=200, help="of the estimate (default 200)")
    parser.add_argument("--samples", type=int, default=500, help="of each (default 500)")
    parser.add_argument("--decoded", type=int, default=10_000, help="points (default 10,000)")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    rows = []
    for name in args.runs:
        warn(name)
        rows.append(figures(open_run(name), args.sentences, args.samples, args.decoded))
    header = (
        *("run", "importance NLL", "in bfloat16", "times as fast", "means move, sd"),
        *("times as fast", "same greedy words", "times as fast"),
    )
    say(table(header, rows))


if __name__ == "__main__":
    main()
