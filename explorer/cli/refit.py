"""`explorer refit`: another layout of a run's map, beside the present one."""

import argparse

from explorer.cli.options import add_run
from explorer.cli.output import Progress, say, say_json, table
from explorer.errors import ExplorerError
from explorer.runs import folder as folders

EXAMPLE = """\
The latent points stay the same; only their positions on the map change. The run's layout is not
replaced until you accept the other one with --take.

examples:
  explorer refit my --neighbours 30 --min-dist 0.2
  explorer refit my --metric cosine --seed 1
  explorer refit my --encoder minilm
  explorer refit my --take
"""


def refit_arguments(parser: argparse.ArgumentParser) -> None:
    from explorer.pipeline.refit_map import METHODS, METRICS, LayoutSettings

    parser.epilog = EXAMPLE
    default = LayoutSettings()
    add_run(parser)
    add = parser.add_argument
    add("--method", default=default.method, choices=METHODS, help="default umap")
    add(
        "--neighbours",
        type=int,
        default=default.neighbours,
        metavar="N",
        help=f"per sentence: more show global structure (default {default.neighbours})",
    )
    add(
        "--min-dist",
        type=float,
        default=default.min_dist,
        metavar="X",
        help=f"minimum distance on the map (default {default.min_dist:g})",
    )
    add("--metric", default=default.metric, choices=METRICS, help="in latent space")
    add("--seed", type=int, default=0, metavar="S", help="of the optimisation (default 0)")
    add(
        "--encoder",
        default="",
        metavar="NAME",
        help="a sentence encoder that the layout follows too: minilm or a folder",
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--take", action="store_true", help="use the other layout for the run")
    how.add_argument("--discard", action="store_true", help="delete the other layout")


def refit(args: argparse.Namespace) -> None:
    """Fits another layout, takes it or discards it."""
    from explorer.pipeline.refit_map import LayoutSettings, compared
    from explorer.pipeline.refit_map import refit as fit
    from explorer.workspace import layouts

    folder = folders.find(args.run)
    if args.take or args.discard:
        if not layouts.path_of(folder).is_file():
            raise ExplorerError(
                f"{args.run} has no other layout: compute one with `explorer refit`"
            )
        (layouts.take if args.take else layouts.discard)(folder)
        return say(f"{args.run} now has the other layout" if args.take else "discarded")
    settings = LayoutSettings(
        args.method, args.neighbours, args.min_dist, args.metric, args.seed, args.encoder
    )
    with Progress(quiet=args.json) as progress:
        measured = fit(folder, layouts.path_of(folder), settings, progress.stage())
    layouts.note(folder, measured)
    if args.json:
        return say_json(measured)
    rows = [
        (item.title, _written(item.before), _written(item.after)) for item in compared(measured)
    ]
    say(table(("", "now", "other"), rows, right=(1, 2)))
    return say(f"to use it for the run: `explorer refit {args.run} --take`")


def _written(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
