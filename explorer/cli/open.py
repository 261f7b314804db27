"""`explorer open`: a file of sentences as a map, and the page on it."""

import argparse
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.cli import app
from explorer.cli.output import Progress, say, say_json, table, warn
from explorer.errors import ExplorerError

if TYPE_CHECKING:
    from explorer.text.preview import Preview
    from explorer.text.vector_column import VectorSource

EXAMPLE = """\
The file may be .txt .md .csv .tsv .jsonl .ndjson .json .parquet or .xlsx, gzipped or in a .zip.
Its sentences are copied to your data folder and mapped with the run that fits them best; nothing
leaves this machine. To train on them: `explorer new NAME --corpus FILE --start RUN`.

Vectors in the file, or in a .npy file next to it, become the latent space of the new run instead,
and a decoder is trained on them, which takes minutes.

examples:
  explorer open reviews.csv
  explorer open reviews.csv --text-column text --label-column stars --name reviews
  explorer open notes.md --no-page
  explorer open notes.md --fits
  explorer open papers.parquet --vector-column embedding --encoder minilm
  explorer open papers.csv --vectors papers.npy
"""


def open_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLE
    parser.add_argument("file", metavar="FILE", help="a file of sentences")
    parser.add_argument("--text-column", default="", metavar="C", help="default: detected")
    parser.add_argument(
        "--label-column", default=None, metavar="C", help="default: detected; '' for none"
    )
    parser.add_argument(
        "--vector-column", default=None, metavar="C", help="default: detected; '' for none"
    )
    parser.add_argument("--vectors", default="", metavar="FILE.npy", help="vectors of the rows")
    parser.add_argument(
        "--encoder",
        default="",
        metavar="E",
        help="the encoder that made the vectors; see `explorer new --help`",
    )
    parser.add_argument(
        "--run",
        default="",
        metavar="RUN",
        help="use the weights of this run; default: the best-fitting run",
    )
    parser.add_argument("--name", default="", help="of the new run; default: that of the file")
    parser.add_argument("--no-page", action="store_true", help="only draw the map")
    parser.add_argument(
        "--fits",
        action="store_true",
        help="only report how well each trained model fits the sentences, best first",
    )
    parser.add_argument("--stored", action="store_true", help=argparse.SUPPRESS)
    app.page_arguments(parser)


def open(args: argparse.Namespace) -> int:
    """Stores the text, draws its map and serves the page; or says which models know it."""
    if args.fits:
        return _fits(args)
    name, seen = (args.name, None) if args.stored else _store(args)
    if seen is not None and seen.vectors:
        return _train(name, seen, args)
    folder = _draw(name, args)
    from explorer.explore.run import open_run
    from explorer.explore.text_fit import fit_of

    fit = fit_of(open_run(folder))
    if args.json:
        say_json(
            {
                "name": name,
                "folder": str(folder),
                "weights_of": fit and fit.run,
                "known_words": fit and fit.known,
                "out_of_domain": fit and fit.outside,
            }
        )
    else:
        say(f"{name} is on the map. {fit.sentence if fit else ''}".rstrip())
    if not args.no_page and not args.json:
        app.serve_page(args, name)
    return 0


def _fits(args: argparse.Namespace) -> int:
    from explorer.explore import text_fit
    from explorer.text import preview as previews

    seen = previews.preview(Path(args.file).expanduser(), None, args.text_column, "")
    with Progress(quiet=args.json) as progress:
        known = text_fit.ranked(text_fit.sampled(seen.table.texts), progress.stage())
    if args.json:
        say_json([dataclasses.asdict(fit) for _, fit in known])
        return 0
    head = ("model", "known words", "out of domain", "nats per word")
    rows = [
        (fit.run, f"{fit.known:.0%}", _percent(fit.outside), f"{fit.nats:.2f}") for _, fit in known
    ]
    say(table(head, rows, right=(1, 2, 3)))
    return 0


def _percent(fraction: float | None) -> str:
    return "–" if fraction is None else f"{fraction:.0%}"


def _train(name: str, seen: "Preview", args: argparse.Namespace) -> int:
    """Makes the run whose latent space are the vectors, and trains its decoder."""
    from explorer.cli.main import main
    from explorer.workspace import own_vectors

    for step in own_vectors.steps(name, seen.table.labels is not None, args.encoder):
        if code := main([*step, "--json"] if args.json else step):
            return code
    if not args.no_page and not args.json:
        app.serve_page(args, name)
    return 0


def _vector_source(args: argparse.Namespace) -> "VectorSource | None":
    from explorer.text.vector_column import VectorSource

    if args.vectors:
        return VectorSource(column=args.vector_column or "", file=args.vectors)
    return None if args.vector_column is None else VectorSource(column=args.vector_column)


def _store(args: argparse.Namespace) -> "tuple[str, Preview]":
    """Reads the file and stores its sentences; says what was guessed and left out."""
    from explorer.runs.names import check_name
    from explorer.text import preview as previews
    from explorer.text.splits import require_variety
    from explorer.workspace import texts

    path = Path(args.file).expanduser()
    columns = args.text_column, args.label_column, _vector_source(args)
    seen = previews.preview(path, None, *columns)
    name = check_name(args.name) if args.name else texts.free_name(path.name)
    if not args.json:
        count = len(seen.table.texts)
        parts = [f"{count:,} sentence{'s' * (count != 1)}", seen.dialect.encoding]
        parts += [f"text in {seen.text_column!r}"] if seen.text_column else []
        parts += [f"labels in {seen.label_column!r}"] if seen.label_column else []
        if seen.vectors and seen.table.vectors is not None:
            source = seen.vectors.file or repr(seen.vector_columns[seen.vectors.column])
            parts += [f"vectors of {seen.table.vectors.shape[1]:,} numbers in {source}"]
        say(f"{path.name}: {', '.join(part for part in parts if part)}")
        if seen.vectors:
            say("The vectors become the latent space, and a decoder is trained on them.")
    if seen.note:
        warn(f"{path.name}: {seen.note}")
    for item in seen.refused[:5]:
        warn(f"skipped, {item.where}: {item.reason}")
    if len(seen.refused) > 5:
        warn(f"skipped: {len(seen.refused) - 5:,} more rows")
    require_variety(seen.table.texts, path.name)
    texts.store(name, path.name, seen.table, previews.others(path, seen))
    return name, seen


def _draw(name: str, args: argparse.Namespace) -> Path:
    from explorer.workspace import open_text, texts

    try:
        with Progress(quiet=args.json) as progress:
            progress.show(f"{name}: reading the sentences")
            return open_text.open_text(name, args.run, progress.stage())
    except (ExplorerError, KeyboardInterrupt):
        if not args.stored:  # without a map the text is of no use
            texts.path_of(name).unlink(missing_ok=True)
        raise
