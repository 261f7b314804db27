"""How an experiment ends with seeds 0 to 9, and which of them is typical.

    python -m tests.benchmarks.experiment_seeds em

The typical seed is, of those that end as most of the ten do (as expected, or not), the one whose
first figure is the upper median: it is the default of the experiment (`Experiment.seed`).
"""

import sys
import time

from explorer.experiments.registry import run_experiment

SEEDS = range(10)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Prints the outcome of each seed, and the typical seed."""
    ends: dict[bool, dict[int, float]] = {True: {}, False: {}}
    settings = dict(text.split("=", 1) for text in sys.argv[2:])
    for seed in SEEDS:
        began = time.process_time()
        outcome = run_experiment(sys.argv[1], seed, **settings)
        ends[outcome.as_expected][seed] = outcome.figures[0].value
        figures = ", ".join(f"{item.name} {item.value:.4g}" for item in outcome.figures)
        verdict = "as expected" if outcome.as_expected else "NOT as expected"
        say(f"seed {seed}: {verdict}; {figures}; {time.process_time() - began:.0f} s of CPU time")
    most = max(ends.values(), key=len)
    ordered = sorted(most, key=most.__getitem__)
    say(f"as expected: {len(ends[True])} of 10; typical seed: {ordered[len(ordered) // 2]}")


if __name__ == "__main__":
    main()
