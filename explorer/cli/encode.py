"""`explorer encode`: the latent points of the sentences of a file, or of a folder of files."""

import argparse
from contextlib import nullcontext
from pathlib import Path

from explorer.cli.options import add_run, check_out, open_run
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
from explorer.explore.engines import ENGINES
from explorer.runs import folder as folders
from explorer.system import distributed
from explorer.system.table_writers import check_format, writing


def encode_arguments(parser: argparse.ArgumentParser) -> None:
    engines = "".join(f"\n  {name:6}{engine.help}" for name, engine in ENGINES.items())
    parser.epilog = (
        "examples:\n  explorer encode captions-smooth sentences.txt --out z.parquet\n"
        "  explorer encode captions-smooth shards/ --out points/ --engine ray\n\n"
        "Writes the columns `text` and `z`, the posterior mean. For a folder, each file becomes\n"
        "a Parquet file; run the command again to continue with the missing files.\n\n"
        f"engines for a folder:{engines}"
    )
    add_run(parser)
    parser.add_argument("file", metavar="FILE", help=f"{FILE_HELP}; or a folder of such files")
    add_file_options(
        parser, "the output file: .parquet, .jsonl, .csv or .tsv; or a folder", required=True
    )
    parser.add_argument(
        "--scale",
        action="store_true",
        help="also write `scale`, the posterior standard deviations",
    )
    parser.add_argument(
        "--bf16",
        action="store_true",
        help="compute in bfloat16 if the processor supports it: faster, but means are off by "
        "about a hundredth of the posterior's standard deviation",
    )
    parser.add_argument(
        "--engine", choices=tuple(ENGINES), default="here", help="for a folder (default: here)"
    )


def encode(args: argparse.Namespace) -> None:
    """Encodes a file or a folder."""
    if args.file != "-" and Path(args.file).expanduser().is_dir():
        _folder(args)
        return
    if args.engine != "here":
        raise ExplorerError(f"--engine {args.engine} takes a folder of files, not {args.file}")
    from explorer.explore.encode_files import CHUNK, Encoding, encode_chunk

    check_format(args.out, (".parquet", ".jsonl", ".csv", ".tsv"))
    run = open_run(args)
    check_out(args.out, run.folder, args.file)
    encoding, as_lists = Encoding(args.scale, args.bf16), args.out.suffix.lower() != ".parquet"
    done, rate, outside = 0, speed(), OutsideDomain(run)
    with (
        Progress(quiet=args.json) as progress,
        writing(args.out) if distributed.is_first() else nullcontext() as writer,
    ):
        for chunk in chunks(read_sentences(args.file, args.text_column), CHUNK):
            if not done:  # enough to say what the file is about
                outside.add(chunk)
            done += len(chunk)
            encode_chunk(run, chunk, writer, encoding, as_lists)
            if writer is not None:
                progress.show(f"{done:,} sentences encoded, {rate(done):,.0f}/s")
        require_any(done, args.file)
    print_written(args, done)
    outside.warn()


def _folder(args: argparse.Namespace) -> None:
    """Encodes the files of a folder whose results are missing."""
    from explorer.explore.encode_files import Encoding, FolderEncoding

    if distributed.count() > 1:
        raise ExplorerError("torchrun splits a single file; use --engine ray for a folder")
    if args.out.is_file():
        raise ExplorerError(f"--out {args.out} is a file: the results of a folder need a folder")
    run = folders.find(args.run)
    check_out(args.out, run)
    encoding = Encoding(args.scale, args.bf16)
    job = FolderEncoding(run, Path(args.file), args.out, args.text_column, encoding)
    known = len(job.files())
    files, count, rate = job.prepare(), 0, speed()
    with Progress(quiet=args.json) as progress:
        for number, (path, sentences) in enumerate(job.encode(files, args.engine), 1):
            count += sentences
            progress.show(
                f"{path.name}: {number:,} of {len(files):,} files, {count:,} sentences, "
                f"{rate(count):,.0f}/s"
            )
    former = known - len(files)
    if gone := job.outdated():
        warn(
            f"{args.out} still contains results of files that are no longer in {args.file}: "
            f"{', '.join(gone[:5])}{', …' * (len(gone) > 5)}"
        )
    if args.json:
        say_json(
            {"folder": str(args.out), "files": len(files), "sentences": count, "former": former}
        )
        return
    if not files:
        say(f"all {former:,} files were already in {args.out}")
        return
    before = f"; {former:,} were already there" if former else ""
    say(f"wrote {count:,} sentences of {len(files):,} files to {args.out}{before}")
