"""`explorer encode`, `reconstruct`, `sample`, `interpolate`, `neighbours`."""

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.cli.options import add_decoding, add_run, check_out, decoding, open_run
from explorer.cli.output import Progress, say, say_json, warn
from explorer.errors import ExplorerError, within
from explorer.models.decoding_settings import PART
from explorer.system import distributed
from explorer.system.table_writers import check_format, writing
from explorer.text.read_file import as_sentence

if TYPE_CHECKING:
    from explorer.explore.run import Run

ENCODED = 4096
"""Sentences encoded at once: enough to fill batches with sentences of similar length."""

LONGEST_LINE = 2**20
"""Maximum bytes of a line of standard input, so that memory is bounded."""

FILE_HELP = "a .txt .csv .tsv .jsonl or .parquet file, gzipped or not; - is standard input"


def _add_file_options(parser: argparse.ArgumentParser, out_help: str, required: bool) -> None:
    parser.add_argument(
        "--text-column", default="", metavar="C", help="the column of the sentences in a file"
    )
    parser.add_argument("--out", type=Path, metavar="OUT", required=required, help=out_help)


def _texts(file: str, column: str) -> Iterable[str]:
    """The sentences of a file, or of standard input as they arrive, one a line."""
    if file == "-":
        if distributed.count() > 1:
            raise ExplorerError("several processes cannot read one standard input: name a file")
        if column:
            raise ExplorerError(
                f"standard input is a sentence a line: it has no column {column!r}; name a file"
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
        warn(f"{file}: {table.dropped:,} without text left out")
    return table.texts


def _say_column(file: str, name: str) -> None:
    """Names the column that was chosen, since another could have been meant."""
    warn(f"{file}: the sentences are those of the column {name!r}")


def _standard_input() -> Iterator[str]:
    if sys.stdin is None:
        raise ExplorerError("standard input is closed: name a file")
    lines = iter(lambda: sys.stdin.buffer.readline(LONGEST_LINE + 1), b"")
    for number, line in enumerate(lines, 1):
        if len(line) > LONGEST_LINE:
            raise ExplorerError(
                f"standard input, line {number}, has more than {LONGEST_LINE:,} bytes: that is no "
                "sentence; give one sentence a line"
            )
        try:
            text = line.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise ExplorerError(f"standard input, line {number}, is not UTF-8 text") from None
        if sentence := as_sentence(text):
            yield sentence


def _chunks(texts: Iterable[str], size: int) -> Iterator[list[str]]:
    from explorer.text.read_file import check_length

    source = iter(texts)
    while chunk := list(islice(source, size)):
        for text in chunk:
            check_length(text, f"the sentence {text[:20]!r} …")
        yield chunk


def encode_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `explorer encode`."""
    parser.epilog = (
        "example:\n  explorer encode captions-smooth sentences.txt --out z.parquet\n\n"
        "Writes the columns `text` and `z`, the posterior mean."
    )
    add_run(parser)
    parser.add_argument("file", metavar="FILE", help=FILE_HELP)
    _add_file_options(parser, "the output file: .parquet, .jsonl, .csv or .tsv", required=True)
    parser.add_argument(
        "--scale",
        action="store_true",
        help="also write `scale`, the posterior standard deviations",
    )


def encode(args: argparse.Namespace) -> None:
    """Encodes a file."""
    check_format(args.out, (".parquet", ".jsonl", ".csv", ".tsv"))
    run = open_run(args)
    check_out(args.out, run.folder, args.file)
    as_lists = args.out.suffix.lower() != ".parquet"
    done, rate, outside = 0, _rate(), _Outside(run)
    with (
        Progress(quiet=args.json) as progress,
        writing(args.out) if distributed.is_first() else nullcontext() as writer,
    ):
        for chunk in _chunks(_texts(args.file, args.text_column), ENCODED):
            mean, scale = run.posterior(chunk)
            if not done:  # enough to say what the file is about
                outside.add(chunk)
            done += len(chunk)
            if writer is None:
                continue
            columns: dict[str, Any] = {"text": chunk, "z": mean}
            if args.scale:
                columns["scale"] = scale
            if as_lists:
                columns |= {key: columns[key].tolist() for key in columns if key != "text"}
            writer.add(columns)
            progress.show(f"{done:,} sentences encoded, {rate(done):,.0f}/s")
        _require_any(done, args.file)
    _print_written(args, done)
    outside.warn()


class _Outside:
    """Counts sentences outside a run's domain."""

    def __init__(self, run: "Run", label: str = "") -> None:
        self._run, self._label = run, label
        self._seen = self._count = 0

    def add(self, texts: Sequence[str]) -> list[str | None]:
        """For each sentence, why it is outside; None where it is not, or nothing is known."""
        domain = self._run.domain
        if domain is None:
            return [None] * len(texts)
        nats = self._run.nats_per_word(texts, self._label).tolist()
        warnings = [domain.sentence(value) if value > domain.limit else None for value in nats]
        self._seen += len(warnings)
        self._count += sum(why is not None for why in warnings)
        return warnings

    def warn(self) -> None:
        """Says how many there were, if any."""
        if self._count and self._run.domain is not None:
            limit = self._run.domain.limit
            warn(
                f"{self._count:,} of {self._seen:,} sentences are out of the domain of "
                f"{self._run.name}: over {limit:.1f} nats a word, which 1% of its training "
                "sentences exceed"
            )


def _rate() -> Callable[[int], float]:
    """A function from sentences done to sentences per second, from now on."""
    started = time.perf_counter()
    return lambda done: done / max(time.perf_counter() - started, 1e-9)


def _require_any(done: int, file: str) -> None:
    if not done:
        raise ExplorerError(f"{'standard input' if file == '-' else file} holds no sentence")


def _print_written(args: argparse.Namespace, count: int) -> None:
    if args.json:
        say_json({"file": str(args.out), "sentences": count})
    else:
        say(f"wrote {count:,} sentences to {args.out}")


def reconstruct_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `explorer reconstruct`."""
    parser.epilog = (
        'example:\n  explorer reconstruct captions-smooth "a dog runs through the snow"\n'
        "  explorer reconstruct captions-smooth --file in.txt --out out.csv"
    )
    add_run(parser)
    parser.add_argument("text", nargs="*", metavar="TEXT", help="sentences")
    parser.add_argument("--file", metavar="FILE", help=FILE_HELP)
    _add_file_options(
        parser,
        "write to a file instead of the screen: .txt (reconstructions only), .csv .tsv .jsonl "
        ".parquet (columns text, reconstruction)",
        required=False,
    )
    add_decoding(parser)


def reconstruct(args: argparse.Namespace) -> None:
    """Encodes and decodes sentences."""
    if bool(args.text) == bool(args.file):
        raise ExplorerError("reconstruct needs sentences or --file, one of the two")
    if args.out:
        check_format(args.out)
    settings = decoding(args)
    run = open_run(args)
    check_out(args.out, run.folder, args.file)
    texts = _texts(args.file, args.text_column) if args.file else map(as_sentence, args.text)
    done, rate, outside = 0, _rate(), _Outside(run, settings.label)
    with (
        Progress(quiet=args.json or not args.out) as progress,
        writing(args.out) if args.out else nullcontext() as writer,
    ):
        for number, chunk in enumerate(_chunks(texts, PART)):
            words = run.reconstruct(chunk, settings.of_part(number))
            columns = {"text": chunk, "reconstruction": words}
            why = outside.add(chunk)
            done += len(chunk)
            if writer is not None:
                writer.add(columns)
                progress.show(f"{done:,} sentences reconstructed, {rate(done):,.0f}/s")
            else:
                _say_reconstructions(run, columns, why, args.json)
        if args.file:
            _require_any(done, args.file)
    if args.out:
        _print_written(args, done)
        outside.warn()


def _say_reconstructions(
    run: "Run", columns: Mapping[str, Sequence[str]], outside: Sequence[str | None], as_json: bool
) -> None:
    for text, words, why in zip(columns["text"], columns["reconstruction"], outside, strict=True):
        unknown = run.unknown(text)
        if as_json:
            known = None if run.domain is None else why is not None
            row = {"text": text, "reconstruction": words, "unknown": unknown}
            say_json(row | {"out_of_domain": known})
            continue
        say(words)
        if unknown:
            warn(f"unknown to {run.name}: {', '.join(unknown)}")
        if why:
            warn(f"out of the domain of {run.name}: {why}")


def sample_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `explorer sample`."""
    parser.epilog = (
        "example:\n  explorer sample captions-smooth -n 10 --seed 1\n"
        "  explorer sample captions-smooth -n 10 --strategy greedy"
    )
    add_run(parser)
    parser.add_argument("-n", type=int, default=10, help="how many sentences (default 10)")
    add_decoding(parser, strategy="sample")


def sample(args: argparse.Namespace) -> None:
    """Decodes samples of the prior."""
    from explorer.evaluation.prior_diagnostics import sampling_caveat

    within("-n", args.n, 1, 1_000_000)
    settings = decoding(args)
    run = open_run(args)
    z = run.prior_samples(args.n, settings.seed)
    texts: list[str] = []
    # The same parts as in `run.sample`, shown as they are decoded.
    for number, start in enumerate(range(0, args.n, PART)):
        part = run.decode(z[start : start + PART], settings.of_part(number))
        if args.json:
            texts += part
        else:
            say("\n".join(part))
    if args.json:
        say_json([{"text": text} for text in texts])
    if note := sampling_caveat(run.model):
        warn(note)


def interpolate_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `explorer interpolate`."""
    parser.epilog = (
        "example:\n  explorer interpolate captions-smooth "
        '"a man plays the guitar" "two dogs run on a beach" --steps 9'
    )
    add_run(parser)
    parser.add_argument("start", metavar="FROM", help="a sentence")
    parser.add_argument("end", metavar="TO", help="another")
    parser.add_argument(
        "--steps", type=int, default=9, help="number of sentences, both ends included (default 9)"
    )
    parser.add_argument(
        "--spherical", action="store_true", help="along an arc instead of a straight line"
    )
    add_decoding(parser)


def interpolate(args: argparse.Namespace) -> None:
    """Decodes an interpolation between two sentences."""
    settings = decoding(args)
    texts = open_run(args).interpolate(args.start, args.end, args.steps, args.spherical, settings)
    if args.json:
        shares = (step / (len(texts) - 1) for step in range(len(texts)))
        say_json([{"t": t, "text": text} for t, text in zip(shares, texts, strict=True)])
    else:
        say("\n".join(texts))


def neighbours_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `explorer neighbours`."""
    parser.epilog = (
        'example:\n  explorer neighbours captions-smooth "a dog runs through the snow" -k 5\n\n'
        "Distances are cosine distances of centred latent points: 0 for the same direction, 2 for "
        "the opposite one."
    )
    add_run(parser)
    parser.add_argument("text", metavar="TEXT", help="a sentence")
    parser.add_argument("-k", type=int, default=10, help="how many (default 10)")


def neighbours(args: argparse.Namespace) -> None:
    """Lists the nearest sentences of the map."""
    if args.k < 1:
        raise ExplorerError(f"-k {args.k} is below 1")
    run = open_run(args)
    neighbours = run.neighbours(args.text, args.k)
    if args.json:
        return say_json(
            [
                {"index": item.index, "distance": item.distance, "text": item.text}
                for item in neighbours
            ]
        )
    if not run.texts_are_real:
        warn(f"the corpus is not on this machine: these are {run.name}'s own words")
    for item in neighbours:
        say(f"{item.distance:.3f}  {item.text}")
    return None
