"""`explorer notes`: what was pinned on the page."""

import argparse
import json

from explorer.cli.options import check_out, open_run, some_path
from explorer.cli.output import say, say_json, table
from explorer.errors import ExplorerError

EXAMPLE = """\
Notes are the views pinned in the app, with their texts and tags. In tables, cells that a
spreadsheet would treat as formulas are escaped. --sentences writes the tagged sentences with their
tags: a labelled corpus, which you can train on with
`explorer new --corpus FILE --label-column tag`.

examples:
  explorer notes list --tag odd
  explorer notes export --out notes.md
  explorer notes export --run captions-smooth --sentences --out tagged.csv
"""


def notes_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLE
    parser.add_argument("action", nargs="?", choices=("list", "export"), default="list")
    parser.add_argument("--run", default="", help="only of this run")
    parser.add_argument("--tag", default="", help="only with this tag")
    parser.add_argument("--kind", default="", help="only of this kind, such as selection")
    parser.add_argument("--find", default="", metavar="WORDS", help="only with all these words")
    parser.add_argument(
        "--out",
        type=some_path,
        metavar="FILE",
        help="export to .md .json .jsonl .csv .tsv .parquet",
    )
    parser.add_argument(
        "--sentences", action="store_true", help="export the sentences of --run that have a tag"
    )


def notes(args: argparse.Namespace) -> None:
    """Lists the notes, or writes them to a file."""
    from explorer.workspace import notes as pinned

    if args.action == "export":
        return _export(args)
    if args.out is not None or args.sentences:
        raise ExplorerError("--out and --sentences need `explorer notes export`")
    listed = pinned.notes(args.run, args.tag, args.kind, args.find)
    if args.json:
        from explorer.workspace.notes_export import as_json

        return say_json(json.loads(as_json(listed)))
    if not listed:
        return say("there are no such notes: create one with *Pin* on a page")
    header = ("note", "what", "run", "title", "tags", "text")
    lines = [
        [str(note.id), note.kind, note.run, _short(note.title), ", ".join(note.tags),
         _short(note.note)]
        for note in listed
    ]  # fmt: skip
    say(table(header, lines, right=(0,)))
    return None


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:59]}…"


def _export(args: argparse.Namespace) -> None:
    from explorer.workspace import notes as pinned
    from explorer.workspace import notes_export

    if args.out is None:
        raise ExplorerError("`explorer notes export` needs --out FILE")
    if args.sentences:
        if not args.run:
            raise ExplorerError("--sentences needs --run RUN")
        run = open_run(args)
        check_out(args.out, run.folder)
        columns = notes_export.tagged_sentences(run)
        notes_export.write_table(args.out, columns)
        count = len(columns["text"])
    else:
        listed = pinned.notes(args.run, args.tag, args.kind, args.find)
        notes_export.write(args.out, listed)
        count = len(listed)
    what = "sentences" if args.sentences else "notes"
    if args.json:
        return say_json({"file": str(args.out), what: count})
    return say(f"wrote {args.out} ({count:,} {what})")
