"""The project against a plain reference, interleaved: `python -m tests.benchmarks.speed`.

Both sides do the same work on the same weights, in turns within one process, so that a busy
neighbour slows both; medians and ranges are of those turns. With `--threads 1` a second is one of
this process' CPU time, which leaves neighbours out altogether. The corpus is Penn Treebank from
`EXPLORER_MIRROR`, or invented sentences of such lengths. Peak memory is measured in two
processes of their own.

Two threads of a 2.8 GHz Ice Lake with nothing else running, float32 (that processor has no
bfloat16), ratios of ours to the reference, shares of the limit that products reach (312 and 325
GFLOP/s) in brackets, beams 32 at a time; `--size small --seconds 10`, `--size large --seconds 12`:

| | small | large |
| --- | --- | --- |
| train | 1.28 (46%, reference 36%) | 1.15 (53%, 46%) |
| encode | 1.19 (43%, 36%) | 1.25 (55%, 44%) |
| greedy | 1.33 (42%, 31%) | 1.12 (62%, 53%) |
| sampling | 10.9 (30%, 3%) | 4.9 (42%, 8%) |
| beam 5 | 8.3 (32%, 4%) | 10.5 (52%, 5%) |
| importance NLL | 1.8 (55%, 28%) | 1.3 (70%, 51%) |
| peak memory while training | 884 of 1,360 MB | 1,149 of 1,272 MB |

What the profile says, of one thread:

- Train, small: vocabulary products 48% of the time, the LSTMs' kernels 28%, passes over the
  exponentials 8%, dropout's random numbers 2%, Adam 1%. In float32 nothing else is left to win
  much: twice the reference would be 82% of the limit, which products of these shapes do not
  reach (130 GFLOP/s is their best). Products in bfloat16 are the next step, where the processor
  has them.
- Greedy: the vocabulary product is most of it; its bias is one more column of the weights, and
  scores are written into one buffer step after step.
- Sampling: softmax and sums by block 24%, product 59%. The reference draws 10,000 random numbers
  a word. Beam: product 58%, subtracting and adding up exponentials 15%. Exponentials written over
  the scores, without taking off the peak first, and weights laid out in columns were tried for
  both: 5% together, not kept. Products and the LSTM are what is left, at five sixths of the best
  rate there is.
- Importance: the product runs in blocks of 512 words by 1,024 rows and is 80% at large size.
- Start-up: importing torch is four fifths of the processor time of `explorer sample`.

How far float32 could go at all is 1 over the reference's share: 2.8 and 2.2 times for training,
3.2 and 1.9 for greedy decoding, 3.6 and 2.0 for the importance bound. What exceeds that needs
bfloat16, in which encoder and decoder train where the processor has it
(`explorer.models.mixed_precision`); on such a processor a row "train, bf16" stands below "train".
Computed without it (`python -m tests.benchmarks.half_precision`), an epoch of Penn Treebank from
the same weights, batches and noise (small, 658 steps) ended at a validation -ELBO of 125.110
nats, and at 125.112 in float32.

Two threads of an AMD Zen 3, which has AVX2 alone (168 and 173 GFLOP/s), the same commands with
8 and 10 seconds; beams are decoded 102 sentences at a time there, as `generate` takes them:

| | small | large |
| --- | --- | --- |
| train | 1.31, 1.48 in another run (56%, reference 50%) | 1.15 (68%, 59%) |
| encode | 1.06 (57%, 53%) | 1.04 (67%, 60%) |
| greedy | 1.09 (50%, 46%) | 0.95, 1.04 in another run (50%, 53%) |
| sampling | 7.1 (34%, 5%) | 3.1 (34%, 11%) |
| beam 5 | 11.5 (47%, 4%) | 12.2 (59%, 5%) |
| importance NLL | 1.8 (74%, 43%) | 1.3 (73%, 56%) |
| peak memory while training | 811 of 1,414 MB | 1,184 of 1,375 MB |

There the most possible is 2.0 and 1.7 times for training, 2.2 and 1.9 for greedy decoding, 2.3 and
1.8 for the importance bound. oneDNN's float32 products (through a private operator of torch,
`torch.ops.mkldnn._linear_pointwise`, which builds a kernel for every new number of rows) are no
faster than MKL's on one thread of it, 1.2 to 1.5 times as fast on two at the shapes of a decoding,
and slower at those of a training; not used. A batched product, in which each thread scores whole
pieces of the vocabulary, was tried for decoding: 1.29, 1.03 and 1.14 times as fast (greedy,
sampling, beam; small, one thread), 1.04 at large size, nucleus sampling 0.9; not kept, as every
drawn word would be another.

One thread of a Xeon with AVX-512, bfloat16 and AMX (214 GFLOP/s in float32), the other core busy,
`--seconds 8 --threads 1`:

| | small | large |
| --- | --- | --- |
| train | 1.40 (59%, reference 42%) | 1.26 (63%, 50%) |
| train, bf16 | 2.52 | 2.42 |
| encode | 1.02 (56%, 55%) | 0.91 (65%, 70%) |
| encode, bf16 | 2.82 | 3.95 |
| greedy, same words | 2.58 (106%, 41%) | 1.56 (92%, 58%) |
| sampling | 8.7 (44%, 5%) | 4.1 (54%, 14%) |
| beam 5 | 6.8, 6.7 (51%, 7%) | 9.1, 13.1 in another run (70%, 8%) |
| importance NLL, bf16 | 4.47 | 4.04 |
| peak memory while training | 794 of 1,293 MB | 1,093 of 1,306 MB |

There a product in bfloat16 takes a sixth to an eighth of the time (256 × 256 × 10,000: 6.6 ms in
float32, 1.2 ms). What it does to figures: `python -m tests.benchmarks.bf16_figures`. Greedy
decoding scores all words in it and confirms 1.2 to 1.9 words a row in float32 (everyday,
captions); what is left of its time is the LSTM, whose state has to be float32. Top-k would confirm
150 words a row, more than the product costs. Beam search needs the sum over all words, to
float32's own rounding; sampling, too. A draw from the rounded scores that is accepted by its
float32 score would be exact, but would draw other words from the same seed than other processors
do; not done. Products of the distinct input words only, gathered afterwards, gained nothing.

Several processes: `torchrun --nproc_per_node 2 -m explorer train RUN --json` of the small model on
Penn Treebank, a thread each, trained on 3,758 tokens/s, one process with two threads on 3,835,
with one thread on 2,992.

No GPU was at hand; nothing here says how fast one is. That a
training step never waits for a GPU is tested on torch's "meta" device, which has no values to
wait for (`tests/training/test_device.py`); two things still do, by their nature: a schedule that
follows the rate, and a bidirectional encoder that packs its rows. Decoding asks for its words at
every step. CUDA graphs, `torch.compile` and larger batches were not tried.
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import torch

from explorer.cli.output import say, table, warn
from tests.benchmarks.cases import (
    SIZES,
    Case,
    cases,
    our_steps,
    peak,
    penn_treebank,
    product_rate,
    reference_steps,
)

STEPS = {"ours": our_steps, "reference": reference_steps}


def timed(case: Case, seconds: float) -> tuple[list[float], list[float]]:
    """Units a second of both sides, turn by turn, for at least three turns each."""
    rates: tuple[list[float], list[float]] = ([], [])
    until = time.perf_counter() + seconds
    for work in (case.ours, case.reference):
        work()  # once for whatever is done only once
    while time.perf_counter() < until or len(rates[0]) < 3:
        for found, work in zip(rates, (case.ours, case.reference), strict=True):
            found.append(_rate(work))
    return rates


def _rate(work: Callable[[], int]) -> float:
    clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
    started = clock()
    count = work()
    return count / (clock() - started)


def row(case: Case, seconds: float, limit: float) -> tuple[str, ...]:
    """A line of the table: medians, ranges, ratio, share of the product limit."""
    rates = timed(case, seconds)
    middle = [statistics.median(found) for found in rates]
    told = [
        f"{median:,.{0 if median >= 100 else 2}f} ({min(found):,.4g}–{max(found):,.4g})"
        for median, found in zip(middle, rates, strict=True)
    ]
    shares = [f"{median * case.flops / limit / 1e9:.0%}" for median in middle]
    ratios = [ours / theirs for ours, theirs in zip(*rates, strict=True)]
    return (
        case.name,
        f"{case.unit}/s",
        *told,
        f"{statistics.median(ratios):.2f}",
        *shares,
    )


def memory(size: str) -> list[str]:
    """Peak memory while training, of each side, in MB."""
    found = []
    for side in STEPS:
        command = [sys.executable, "-m", __spec__.name, "--size", size, "--peak", side]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found.append(done.stdout.strip())
    return found


def main() -> None:
    """Measures one size and prints a table."""
    parser = argparse.ArgumentParser(description="The project against a plain reference.")
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each case (default 20)")
    parser.add_argument("--threads", type=int, default=0, help="0: as many as torch takes")
    parser.add_argument("--only", default="", help="cases whose names hold this")
    parser.add_argument("--peak", choices=STEPS, help="only the peak memory of one side, in MB")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    size = SIZES[args.size]
    train, test = penn_treebank()
    if args.peak:
        say(f"{peak(STEPS[args.peak](size, train)):.0f}")
        return
    limits = [product_rate()]
    rows = []
    for case in cases(size, train, test):
        if args.only in case.name:
            warn(f"{args.size}: {case.name}")
            limits.append(product_rate())
            rows.append(row(case, args.seconds, max(limits)))
    header = ("case", "unit", "ours", "reference", "ratio", "of limit", "reference")
    say(table(header, rows, right=(2, 3, 4, 5, 6)))
    say(
        f"float32 products: {max(limits):.0f} GFLOP/s with {torch.get_num_threads()} threads "
        f"({min(limits):.0f} at worst between cases); torch {torch.__version__}"
    )
    if not args.only:
        ours, theirs = memory(args.size)
        say(f"peak memory while training: ours {ours} MB, reference {theirs} MB")


if __name__ == "__main__":
    main()
