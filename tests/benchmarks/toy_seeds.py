"""How the toy experiment ends with seeds 0 to 9, and which of them is typical.

    python -m tests.benchmarks.toy_seeds

The typical seed is the one whose final rate of the autoregressive decoder with z is the upper
median of the ten; `explorer.explore.thought_experiment.DEFAULT_SEED` is that seed.
"""

import sys
import time

from explorer.explore.thought_experiment import DECODERS, train

SEEDS = range(10)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Prints the four outcomes of each seed, and the typical seed."""
    ends = {}
    for seed in SEEDS:
        began = time.process_time()
        outcomes = {}
        for decoder in DECODERS:
            start = outcomes.get(False) if decoder.latent else None
            outcomes[decoder.latent] = train(decoder, seed, start=start)
            if decoder.latent:
                result = outcomes[True]
                kind = "autoregressive" if decoder.reads else "non-autoregressive"
                say(f"seed {seed} {kind}: {result.word}, rate {result.rate:.3f}")
                if decoder.reads:
                    ends[seed] = result.rate
        say(f"seed {seed}: {time.process_time() - began:.0f} s of CPU time")
    ordered = sorted(ends, key=ends.__getitem__)
    say(f"typical seed: {ordered[len(ordered) // 2]}")


if __name__ == "__main__":
    main()
