"""How an experiment ends with seeds 0 to 9, and which of them is typical.

    python -m tests.benchmarks.experiment_seeds em

The typical seed is the one whose first figure is the upper median of the ten: it is the default of
the experiment (`Experiment.seed`).
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
    ends: dict[int, float] = {}
    settings = dict(text.split("=", 1) for text in sys.argv[2:])
    for seed in SEEDS:
        began = time.process_time()
        outcome = run_experiment(sys.argv[1], seed, **settings)
        ends[seed] = outcome.figures[0].value
        figures = ", ".join(f"{item.name} {item.value:.4g}" for item in outcome.figures)
        verdict = "as expected" if outcome.as_expected else "NOT as expected"
        say(f"seed {seed}: {verdict}; {figures}; {time.process_time() - began:.0f} s of CPU time")
    ordered = sorted(ends, key=ends.__getitem__)
    say(f"typical seed: {ordered[len(ordered) // 2]}")


if __name__ == "__main__":
    main()
