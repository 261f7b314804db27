"""`explorer at`: what lies at a position of the map, as a click there answers."""

import argparse

from explorer.cli.options import add_decoding, add_run, decoding, open_run
from explorer.cli.output import say, say_json, warn
from explorer.explore.readable_texts import readable

EXAMPLE = """\
example:
  explorer at captions-smooth 1.5 -0.5 --view pca

Coordinates are those of the page's map. Distances are Euclidean, in latent space.
"""


def at_arguments(parser: argparse.ArgumentParser) -> None:
    from explorer.explore.map_views import DEFAULT_VIEW, VIEWS

    parser.epilog = EXAMPLE
    add_run(parser)
    parser.add_argument("x", type=float, metavar="X", help="horizontal map coordinate")
    parser.add_argument("y", type=float, metavar="Y", help="vertical map coordinate")
    parser.add_argument(
        "--view", choices=tuple(VIEWS), default=DEFAULT_VIEW, help=f"default {DEFAULT_VIEW}"
    )
    add_decoding(parser)


def at(args: argparse.Namespace) -> None:
    """Decodes a position of the map, and says how far it is from the sentences."""
    settings = decoding(args)
    run = open_run(args)
    position = run.at(args.x, args.y, args.view)
    text = run.decode(position.z[None], settings)[0]
    nearest = run.texts[position.nearest]
    if args.json:
        say_json(
            {
                "text": text,
                "distance": position.distance,
                "typical": position.typical,
                "density": position.density,
                "nearest": {"index": position.nearest, "text": nearest},
                "z": position.z.tolist(),
            }
        )
        return
    if not run.texts_are_real:
        warn(
            f"the corpus is not installed: the nearest sentence is shown as {run.name} "
            "reconstructs it"
        )
    say(text)
    away = f"{position.distance:.2f} away ({position.relative:.1f}× typical)"
    say(f"nearest sentence, {away}: {readable(run, nearest)}")
    say(f"denser than {position.density:.0f}% of the sentences' positions")
