"""`explorer encode`: the latent points of the sentences of a file."""

import argparse
from contextlib import nullcontext
from typing import Any

from explorer.cli.options import add_run, check_out, open_run
from explorer.cli.output import Progress
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
from explorer.system import distributed
from explorer.system.table_writers import check_format, writing

ENCODED = 4096
"""Sentences encoded at once: enough to fill batches with sentences of similar length."""


def encode_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "example:\n  explorer encode captions-smooth sentences.txt --out z.parquet\n\n"
        "Writes the columns `text` and `z`, the posterior mean."
    )
    add_run(parser)
    parser.add_argument("file", metavar="FILE", help=FILE_HELP)
    add_file_options(parser, "the output file: .parquet, .jsonl, .csv or .tsv", required=True)
    parser.add_argument(
        "--scale",
        action="store_true",
        help="also write `scale`, the posterior standard deviations",
    )
    parser.add_argument(
        "--bf16",
        action="store_true",
        help="compute in bfloat16 where the processor supports it: several times as fast, means "
        "off by about a hundredth of the posterior's standard deviation",
    )


def encode(args: argparse.Namespace) -> None:
    check_format(args.out, (".parquet", ".jsonl", ".csv", ".tsv"))
    run = open_run(args)
    check_out(args.out, run.folder, args.file)
    as_lists = args.out.suffix.lower() != ".parquet"
    done, rate, outside = 0, speed(), OutsideDomain(run)
    with (
        Progress(quiet=args.json) as progress,
        writing(args.out) if distributed.is_first() else nullcontext() as writer,
    ):
        for chunk in chunks(read_sentences(args.file, args.text_column), ENCODED):
            mean, scale = run.posterior(chunk, args.bf16)
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
        require_any(done, args.file)
    print_written(args, done)
    outside.warn()
