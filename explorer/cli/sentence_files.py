"""Files of sentences as commands read them: options, chunks, counts and warnings."""

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.cli.options import some_path
from explorer.cli.output import say, say_json, warn
from explorer.errors import ExplorerError
from explorer.system import distributed
from explorer.text.read_file import as_sentence

if TYPE_CHECKING:
    from explorer.explore.run import Run

LONGEST_LINE = 2**20
"""Maximum bytes of a line of standard input, so that memory is bounded."""

FILE_HELP = "a .txt .csv .tsv .jsonl or .parquet file, gzipped or not; - for standard input"


def add_file_options(parser: argparse.ArgumentParser, out_help: str, required: bool) -> None:
    """Adds `--text-column` and `--out`."""
    parser.add_argument(
        "--text-column", default="", metavar="C", help="the column of the sentences in a file"
    )
    parser.add_argument("--out", type=some_path, metavar="OUT", required=required, help=out_help)


def read_sentences(file: str, column: str) -> Iterable[str]:
    """The sentences of a file, or of standard input as they arrive, one a line."""
    if file == "-":
        if distributed.count() > 1:
            raise ExplorerError("several processes cannot share standard input: name a file")
        if column:
            raise ExplorerError(
                f"standard input has one sentence per line and no column {column!r}; name a file"
            )
        return _standard_input()
    from explorer.text import stream_file
    from explorer.text.read_file import read

    path = Path(file).expanduser()
    if stream_file.is_large(path):
        named = (lambda name: None) if column else (lambda name: _say_column(file, name))
        return stream_file.sentences(path, column, named)
    table = read(path, column)
    if table.column and not column:
        _say_column(file, table.column)
    if table.dropped:
        warn(f"{file}: {table.dropped:,} rows without text skipped")
    return table.texts


def _say_column(file: str, name: str) -> None:
    """Names the column that was chosen, since another could have been meant."""
    warn(f"{file}: the sentences are in the column {name!r}")


def _standard_input() -> Iterator[str]:
    if sys.stdin is None:
        raise ExplorerError("standard input is closed: name a file")
    lines = iter(lambda: sys.stdin.buffer.readline(LONGEST_LINE + 1), b"")
    for number, line in enumerate(lines, 1):
        if len(line) > LONGEST_LINE:
            raise ExplorerError(
                f"standard input, line {number}, has more than {LONGEST_LINE:,} bytes and is not "
                "a sentence; give one sentence per line"
            )
        try:
            text = line.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise ExplorerError(f"standard input, line {number}, is not UTF-8 text") from None
        if sentence := as_sentence(text):
            yield sentence


def chunks(texts: Iterable[str], size: int) -> Iterator[list[str]]:
    """The sentences, `size` at a time; a sentence that is too long is an `ExplorerError`."""
    from explorer.text.read_file import check_length

    source = iter(texts)
    while chunk := list(islice(source, size)):
        for text in chunk:
            check_length(text, f"the sentence {text[:20]!r} …")
        yield chunk


class OutsideDomain:
    """Counts sentences outside a run's domain."""

    def __init__(self, run: "Run", label: str = "") -> None:
        self._run, self._label = run, label
        self._seen = self._count = 0

    def add(self, texts: Sequence[str]) -> list[str | None]:
        """For each sentence, why it is outside; None where it is not, or nothing is known."""
        domain = self._run.domain
        if domain is None:
            return [None] * len(texts)
        nats = self._run.nats_per_word(texts, self._label)
        warnings = domain.reasons(nats, self._run.unknown_share(texts))
        self._seen += len(warnings)
        self._count += sum(why is not None for why in warnings)
        return warnings

    def warn(self) -> None:
        """Says how many there were, if any."""
        if self._count and self._run.domain is not None:
            limit = self._run.domain.limit
            warn(
                f"{self._count:,} of {self._seen:,} sentences are outside the domain of "
                f"{self._run.name}: over {limit:.1f} nats per word, which only 1% of its "
                "training sentences exceed, or at least half of their words unknown"
            )


def speed() -> Callable[[int], float]:
    """A function from sentences done to sentences per second, from now on."""
    started = time.perf_counter()
    return lambda done: done / max(time.perf_counter() - started, 1e-9)


def require_any(done: int, file: str) -> None:
    """Raises an `ExplorerError` if a file held no sentence."""
    if not done:
        raise ExplorerError(f"{'standard input' if file == '-' else file} contains no sentences")


def print_written(args: argparse.Namespace, count: int) -> None:
    """Reports how many sentences were written to `--out`."""
    if args.json:
        say_json({"file": str(args.out), "sentences": count})
    else:
        say(f"wrote {count:,} sentences to {args.out}")
