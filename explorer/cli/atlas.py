"""`explorer atlas`: a run's map, drawn again."""

import argparse
import shlex
from pathlib import Path

from explorer.cli.options import add_run
from explorer.cli.output import Progress, say, say_json, warn
from explorer.errors import at_least
from explorer.runs import folder as folders


def atlas_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "example:\n  explorer atlas my --points 5000\n"
    add_run(parser)
    parser.add_argument(
        "--points",
        type=int,
        default=0,
        metavar="N",
        help="number of sentences on the map; 0 uses atlas.points of config.toml (default)",
    )


def atlas(args: argparse.Namespace) -> int:
    """Draws a run's map and writes `atlas.parquet`."""
    at_least("--points", args.points, 0)
    folder = folders.find(args.run)
    with Progress(quiet=args.json) as progress:
        has_map = draw_map(folder, args.points, progress, args.run)
    if not has_map:
        return 1
    path = folder / folders.ATLAS
    if args.json:
        say_json({"file": str(path)})
    else:
        say(f"wrote {path}")
    return 0


def draw_map(folder: Path, points: int, progress: Progress, run: str) -> bool:
    """Runs the map stage; False, after a warning, if this run or machine can have no map."""
    from explorer import config as configs
    from explorer import pipeline

    if not configs.read(folder / folders.CONFIG).model.latent_dim:
        progress.clear()
        warn(f"{folder.name} is a language model: it has no latent space to map")
        return False
    try:
        missing = pipeline.make_atlas(folder, points, progress.stage())
        if missing:
            progress.clear()
            warn(f"the map is drawn, but not the training playback: {missing}")
    except ModuleNotFoundError as error:
        progress.clear()
        warn(
            f"no map: the package {error.name!r} is missing; install umap-learn and "
            f"scikit-learn, then draw it with `explorer atlas {shlex.quote(run)}`"
        )
        return False
    return True
