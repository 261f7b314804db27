"""`explorer neighbours`: the sentences of the map nearest to one."""

import argparse

from explorer.cli.options import add_run, open_run, some_text
from explorer.cli.output import say, say_json, warn
from explorer.errors import ExplorerError
from explorer.explore.readable_texts import readable


def neighbours_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        'example:\n  explorer neighbours captions-smooth "a dog runs through the snow" -k 5\n\n'
        "Distances are cosine distances of centred latent points: 0 for the same direction, 2 for "
        "the opposite one."
    )
    add_run(parser)
    parser.add_argument("text", type=some_text, metavar="TEXT", help="a sentence")
    parser.add_argument("-k", type=int, default=10, help="how many (default 10)")


def neighbours(args: argparse.Namespace) -> None:
    """Lists the nearest sentences of the map."""
    if args.k < 1:
        raise ExplorerError(f"-k {args.k} is below 1")
    run = open_run(args)
    neighbours = run.neighbours(args.text, args.k)
    if args.json:
        return say_json(
            [
                {"index": item.index, "distance": item.distance, "text": item.text}
                for item in neighbours
            ]
        )
    if not run.texts_are_real:
        warn(f"the corpus is not installed: these are {run.name}'s reconstructions")
    for item in neighbours:
        say(f"{item.distance:.3f}  {readable(run, item.text)}")
    return None
