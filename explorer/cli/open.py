"""`explorer open`: a file of sentences as a map, and the page on it."""

import argparse
from pathlib import Path

from explorer.cli import app
from explorer.cli.output import Progress, say, say_json, warn
from explorer.errors import ExplorerError

EXAMPLE = """\
The file may be .txt .md .csv .tsv .jsonl .json .parquet or .xlsx, gzipped or in a .zip. Its
sentences are copied to your data folder and placed on a map by the run that knows them best;
nothing leaves this machine. `explorer new NAME --corpus FILE --start RUN` trains on them.

examples:
  explorer open reviews.csv
  explorer open reviews.csv --text-column text --label-column stars --name reviews
  explorer open notes.md --no-page
"""


def open_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `explorer open`."""
    parser.epilog = EXAMPLE
    parser.add_argument("file", metavar="FILE", help="a file of sentences")
    parser.add_argument("--text-column", default="", metavar="C", help="default: the likely one")
    parser.add_argument(
        "--label-column", default=None, metavar="C", help="default: the likely one; '' for none"
    )
    parser.add_argument(
        "--run", default="", metavar="RUN", help="whose weights; default: the run that fits best"
    )
    parser.add_argument("--name", default="", help="of the new run; default: that of the file")
    parser.add_argument("--no-page", action="store_true", help="draw the map only")
    parser.add_argument("--stored", action="store_true", help=argparse.SUPPRESS)
    app.page_arguments(parser)


def open(args: argparse.Namespace) -> None:
    """Stores the text, draws its map and serves the page."""
    name = args.name if args.stored else _store(args)
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


def _store(args: argparse.Namespace) -> str:
    """Reads the file and stores its sentences; says what was guessed and left out."""
    from explorer.runs.names import check_name
    from explorer.text import preview as previews
    from explorer.workspace import texts

    path = Path(args.file).expanduser()
    seen = previews.preview(path, None, args.text_column, args.label_column)
    name = check_name(args.name) if args.name else texts.free_name(path.name)
    if not args.json:
        parts = [f"{len(seen.table.texts):,} sentences", seen.dialect.encoding]
        parts += [f"text in {seen.text_column!r}"] if seen.text_column else []
        parts += [f"labels in {seen.label_column!r}"] if seen.label_column else []
        say(f"{path.name}: {', '.join(part for part in parts if part)}")
    if seen.note:
        warn(f"{path.name}: {seen.note}")
    for item in seen.refused[:5]:
        warn(f"left out, {item.where}: {item.reason}")
    if len(seen.refused) > 5:
        warn(f"left out: {len(seen.refused) - 5:,} more rows")
    texts.store(name, path.name, seen.table, previews.others(path, seen))
    return name


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
