"""`explorer reconstruct`: sentences encoded and decoded again."""

import argparse
import os
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.cli.options import add_decoding, add_run, check_out, decoding, open_run, some_text
from explorer.cli.output import Progress, say, say_json, warn
from explorer.cli.sentence_files import (
    FILE_HELP,
    OutsideDomain,
    add_file_options,
    chunks,
    print_written,
    read_sentences,
    require_any,
    speed,
)
from explorer.errors import ExplorerError
from explorer.explore.refined_text import STEPS
from explorer.models.decoding_settings import PART, Decoding
from explorer.system.table_writers import check_format, writing
from explorer.text.read_file import as_sentence

if TYPE_CHECKING:
    from explorer.explore.run import Run


def reconstruct_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        'example:\n  explorer reconstruct captions-smooth "a dog runs through the snow"\n'
        "  explorer reconstruct captions-smooth --file in.txt --out out.csv"
    )
    add_run(parser)
    parser.add_argument("text", type=some_text, nargs="*", metavar="TEXT", help="sentences")
    parser.add_argument("--file", metavar="FILE", help=FILE_HELP)
    add_file_options(
        parser,
        "write to a file instead of the screen: .txt (reconstructions only), .csv .tsv .jsonl "
        ".parquet (columns text, reconstruction)",
        required=False,
    )
    parser.add_argument(
        "--refine",
        type=int,
        nargs="?",
        const=STEPS,
        default=0,
        metavar="STEPS",
        help="first improve each sentence's posterior by gradient steps, starting from the "
        f"encoder's output ({STEPS} if no number is given; about a second per sentence); "
        "also reports the nats gained",
    )
    add_decoding(parser, nearest=None)


def reconstruct(args: argparse.Namespace) -> None:
    """Encodes and decodes sentences."""
    if bool(args.text) == bool(args.file):
        raise ExplorerError("reconstruct needs either sentences or --file")
    for text in args.text:
        if os.sep in text and Path(text).is_file():
            raise ExplorerError(f"{text} is a file: read its sentences with --file")
    if args.out:
        check_format(args.out)
    settings = decoding(args)
    run = open_run(args)
    if args.nearest is None:
        settings = replace(settings, nearest=run.candidates)
    check_out(args.out, run.folder, args.file)
    texts = (
        read_sentences(args.file, args.text_column) if args.file else map(as_sentence, args.text)
    )
    done, rate, outside = 0, speed(), OutsideDomain(run, settings.label)
    with (
        Progress(quiet=args.json or not args.out) as progress,
        writing(args.out) if args.out else nullcontext() as writer,
    ):
        for number, chunk in enumerate(chunks(texts, PART)):
            columns = _columns(run, chunk, settings.of_part(number), args.refine)
            why = outside.add(chunk)
            done += len(chunk)
            if writer is not None:
                writer.add(columns)
                progress.show(f"{done:,} sentences reconstructed, {rate(done):,.0f}/s")
            else:
                _say_reconstructions(run, columns, why, args.json)
        if args.file:
            require_any(done, args.file)
    if args.out:
        print_written(args, done)
        outside.warn()


def _columns(
    run: "Run", texts: Sequence[str], decoding: Decoding, steps: int
) -> dict[str, Sequence[Any]]:
    """The sentences, their reconstructions, and of refined ones the nats before and after."""
    if not steps:
        return {"text": texts, "reconstruction": run.reconstruct(texts, decoding)}
    refined = [run.refine(text, steps, decoding) for text in texts]
    columns: dict[str, Sequence[Any]] = {
        "text": texts,
        "reconstruction": [item.after.reconstruction for item in refined],
        "before": [item.before.reconstruction for item in refined],
        "gain": [item.gain for item in refined],
    }
    for name in ("distortion", "rate"):
        columns[f"{name}_before"] = [getattr(item.before, name) for item in refined]
        columns[name] = [getattr(item.after, name) for item in refined]
    return columns


def _say_reconstructions(
    run: "Run", columns: Mapping[str, Sequence[Any]], outside: Sequence[str | None], as_json: bool
) -> None:
    for number, why in enumerate(outside):
        own = {name: column[number] for name, column in columns.items()}
        text, words = own["text"], own["reconstruction"]
        unknown = run.unknown(text)
        if as_json:
            known = None if run.domain is None else why is not None
            say_json(own | {"unknown": unknown, "out_of_domain": known})
            continue
        say(words)
        if "gain" in own:
            say(
                f"  {own['gain']:.2f} nats gained: distortion {own['distortion_before']:.2f} → "
                f"{own['distortion']:.2f}, rate {own['rate_before']:.2f} → {own['rate']:.2f}; "
                f"before: {own['before']}"
            )
        if unknown:
            warn(f"unknown to {run.name}: {', '.join(unknown)}")
        if why:
            warn(f"outside the domain of {run.name}: {why}")
