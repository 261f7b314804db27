"""How long filters and charts of columns take: `python -m tests.benchmarks.filters`.

On 100,000 and on 1,000,000 sentences, in milliseconds, the median of several: a condition whose
mask is not cached, the counts of all charts for a selection, and the rows of a selection. Where
duckdb is installed (`pip install duckdb`), the same questions are put to it, once to the Parquet
file and once to the columns in memory, with as many threads as there are cores.
"""

import argparse
import importlib.util
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from explorer.cli.output import say, table
from explorer.explore import column_charts, columns
from explorer.explore.histograms import bins_of
from explorer.explore.mapped_run import MappedRun
from explorer.explore.selection import conditions_of, read_selection
from explorer.latent_space.atlas import from_arrays

TARGETS = {100_000: 50.0, 1_000_000: 300.0}
"""Milliseconds a filter may take."""
QUESTIONS = {
    "range of a number": ("length:5..12", "tokens between 5 and 12"),
    "two ranges": ("rate:10..20 and length:5..12", "tokens between 5 and 12 and rate >= 10 and "
                   "rate <= 20"),
    "label": ('label:"label 3"', "label = 'label 3'"),
    "not a label": ('not label:"label 3"', "label <> 'label 3'"),
    "regular expression": ('regex:"^w1.* w2"', "regexp_matches(text, '^w1.* w2', 'i')"),
}  # fmt: skip
WORDS = 3000


class Map:
    """What filters ask of a run; as that, a key of caches."""

    def __init__(self, **parts: Any) -> None:
        vars(self).update(parts)


def a_map(count: int) -> Any:
    """What filters ask of a run, with invented sentences."""
    random = np.random.default_rng(0)
    words = [f"w{number}" for number in range(WORDS)]
    texts = [" ".join(words[at] for at in row) for row in random.integers(0, WORDS, (count, 9))]
    atlas = from_arrays(
        row=np.arange(count),
        split=["train"] * count,
        label=[f"label {number}" for number in random.integers(0, 12, count)],
        mean=random.normal(size=(count, 8)),
        scale=np.ones((count, 8)),
        tokens=random.integers(3, 40, count),
        distortion=random.gamma(5, 8, count),
        rate=random.gamma(9, 2, count),
        xy=random.normal(size=(count, 2)),
        cluster=np.full(count, -1),
        reconstruction=texts,
        total=count,
    )
    return Map(
        name="map",
        needed_atlas=atlas,
        texts=texts,
        texts_are_real=True,
        corpus=None,
        config=SimpleNamespace(corpus=SimpleNamespace(name="captions")),
    )


def milliseconds(ask: Callable[[], object], times: int) -> float:
    ask()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        ask()
        taken.append(1000 * (time.perf_counter() - start))
    return statistics.median(taken)


def masks(run: Any, text: str) -> np.ndarray:
    """The rows of a selection whose conditions are evaluated anew."""
    selection = read_selection(text)
    parts = [condition.mask(run) for condition in conditions_of(selection)]
    inside = np.logical_and.reduce(parts)
    return np.flatnonzero(~inside if text.startswith("not ") else inside)


def databases(run: Any, folder: Path) -> Iterator[tuple[str, Callable[[str], np.ndarray]]]:
    if importlib.util.find_spec("duckdb") is None:
        return
    import duckdb  # type: ignore
    import pyarrow as pa
    import pyarrow.parquet as pq

    atlas = run.needed_atlas
    held = pa.table(
        {"n": atlas.row, "tokens": atlas.tokens, "rate": atlas.rate, "label": atlas.label,
         "text": run.texts}
    )  # fmt: skip
    path = folder / "map.parquet"
    pq.write_table(held, path, compression="zstd")
    base = duckdb.connect(config={"threads": len(os.sched_getaffinity(0))})
    base.register("held", held)
    for name, source in (("duckdb, file", f"read_parquet('{path}')"), ("duckdb, memory", "held")):

        def ask(condition: str, source: str = source) -> np.ndarray:
            question = f"select n from {source} where {condition}"
            return np.sort(base.execute(question).fetchnumpy()["n"])

        yield name, ask


def measured(count: int, times: int) -> Iterator[list[str]]:
    run = a_map(count)
    first = milliseconds(lambda: [bins_of(item) for item in columns.columns_of(run).values()], 1)
    yield [f"{count:,}", "grouping all columns, once", f"{first:.1f}", "", ""]
    with tempfile.TemporaryDirectory() as folder:
        others = dict(databases(run, Path(folder)))
        for name, (text, condition) in QUESTIONS.items():
            rows = masks(run, text)
            cells = [f"{milliseconds(lambda text=text: masks(run, text), times):.1f}"]
            for ask in others.values():
                assert np.array_equal(ask(condition), rows), (name, "differs")
                cells.append(f"{milliseconds(lambda a=ask, c=condition: a(c), times):.1f}")
            yield [f"{count:,}", name, *cells, *[""] * (3 - len(cells))]
    selection = read_selection("length:5..12")
    rows = masks(run, "length:5..12")
    all_charts = milliseconds(
        lambda: column_charts.charts(cast("MappedRun", run), selection, rows), times
    )
    yield [f"{count:,}", "counts of all charts", f"{all_charts:.1f}", "", ""]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--times", type=int, default=7)
    args = parser.parse_args()
    header = ("sentences", "what", "numpy and Arrow, ms", "duckdb, file", "duckdb, memory")
    lines = [line for count in TARGETS for line in measured(count, args.times)]
    say(table(header, lines, right=(0, 2, 3, 4)))
    for count, most in TARGETS.items():
        worst = max(
            float(line[2]) for line in lines if line[0] == f"{count:,}" and "," not in line[1]
        )
        say(f"{count:,}: the slowest filter takes {worst:.0f} ms of {most:.0f}")


if __name__ == "__main__":
    main()
