"""`explorer export`."""

import argparse

from explorer.cli.options import add_run, check_out, open_run, some_path
from explorer.cli.output import Progress, say, say_json, warn


def export_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Tables have the columns projection_x, projection_y, text and neighbors, which other\n"
        "embedding viewers expect, then split, label, cluster, distortion and rate. The page is\n"
        "a single file that works offline.\n\n"
        "example:\n  explorer export captions-smooth --out map.parquet"
    )
    add_run(parser)
    parser.add_argument(
        "--out",
        type=some_path,
        required=True,
        metavar="FILE",
        help=".parquet, .csv, .html (an interactive page) or .png (a picture)",
    )


def export(args: argparse.Namespace) -> None:
    """Writes a run's map."""
    from explorer.explore.export_map import export as write

    run = open_run(args)
    check_out(args.out, run.folder)
    with Progress(quiet=args.json) as progress:
        write(run, args.out, progress.stage())
    if args.json:
        say_json({"file": str(args.out), "bytes": args.out.stat().st_size})
        return
    if not run.texts_are_real:
        warn(f"the corpus is not installed: the texts are {run.name}'s reconstructions")
    say(f"wrote {args.out} ({args.out.stat().st_size / 1e6:.1f} MB)")
