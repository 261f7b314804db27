"""Whether two working trees give the same results: what a refactoring must leave as it was.

    python -m tests.benchmarks.same_results OLD NEW [--quick] [--relative 1e-5]

OLD and NEW are paths of checkouts, asked in turns, one process at a time, on one thread, through
the command line and `from explorer import open_run` alone. Small models of every kind are trained
on invented sentences at fixed seeds: their weights are compared by checksum, their histories,
figures, maps and playbacks number by number. Runs that OLD ships are decoded, sampled, searched
and measured by both. The corpora those were trained on come from `EXPLORER_MIRROR`; without it
they are not measured. The exit code is 1 if anything differs.

`--relative R` is for a change that rounds otherwise: losses may be R apart, 0.5% of the sentences
may differ, and numbers that rest on either by 0.5%; no checksums. Exit codes and messages of wrong
commands are shown where they differ, and do not count.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.benchmarks.checkout import Checkout, CommandError
from tests.benchmarks.outputs import Parts, difference
from tests.benchmarks.same_items import WRONG, Item, shipped, trainings, write_corpus

MOST_LINES = 12
"""Differences of an item that are shown."""


def say(text: str) -> None:
    """Writes a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def compare(item: Item, sides: Sequence[Checkout], relative: float | None) -> bool:
    """Asks both checkouts and writes a row; whether the results are the same."""
    answers: list[Parts] = []
    seconds, differences = [], []
    for name, side in zip(("OLD", "NEW"), sides, strict=True):
        before = side.seconds
        try:
            answers.append(item.ask(side))
        except (CommandError, OSError, ValueError, KeyError) as error:
            differences.append(f"{name} fails: {error}")
        seconds.append(side.seconds - before)
    if not differences:
        old, new = answers
        for part in dict.fromkeys([*old, *new]):
            if found := difference(old.get(part), new.get(part), relative):
                differences.append(f"{part}: {found}")
    count = len(answers[0]) if answers else 0
    told = "DIFFERENT" if differences else "equal"
    say(f"{item.name:<28}{count:>6}{seconds[0]:>8.1f}{seconds[1]:>8.1f}  {told}")
    for line in differences[:MOST_LINES]:
        say(f"    {line}")
    if len(differences) > MOST_LINES:
        say(f"    and {len(differences) - MOST_LINES} more")
    return not differences


def reworded(sides: Sequence[Checkout]) -> Iterator[str]:
    """Wrong commands that end or answer otherwise."""
    for words in WRONG:
        answers = [side.explorer(*words) for side in sides]
        lines = [
            (answer.err.replace(str(side.work), "…").splitlines() or [""])[0]
            for answer, side in zip(answers, sides, strict=True)
        ]
        codes = [answer.code for answer in answers]
        if codes[0] != codes[1] or lines[0] != lines[1]:
            yield f"    explorer {' '.join(words)}"
            yield from (f"        {code}: {line}" for code, line in zip(codes, lines, strict=True))


def main() -> int:
    """Compares two checkouts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("old", type=Path, metavar="OLD")
    parser.add_argument("new", type=Path, metavar="NEW")
    parser.add_argument("--quick", action="store_true", help="a part of it, in two minutes")
    parser.add_argument("--relative", type=float, metavar="R", help="what losses may be apart by")
    parser.add_argument("--only", default="", help="items whose names hold this")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder).resolve()
        write_corpus(corpus := work / "invented.csv")
        items = [*trainings(corpus), *shipped(args.old.resolve() / "checkpoints")]
        items = [item for item in items if item.is_quick or not args.quick]
        with (
            Checkout(args.old, work / "old") as old,
            Checkout(args.new, work / "new") as new,
        ):
            say(f"{'item':<28}{'parts':>6}{'OLD s':>8}{'NEW s':>8}  result")
            chosen = [item for item in items if args.only in item.name]
            same = [compare(item, (old, new), args.relative) for item in chosen]
            told = list(reworded((old, new)))
    say(f"wrong commands: {'' if told else 'codes and messages are equal'}")
    for line in told:
        say(line)
    say(f"{sum(same)} of {len(same)} items are equal")
    return 0 if all(same) else 1


if __name__ == "__main__":
    sys.exit(main())
