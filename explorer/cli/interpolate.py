"""`explorer interpolate`: the sentences on a path between two others."""

import argparse

from explorer.cli.options import add_decoding, add_run, decoding, open_run, some_text
from explorer.cli.output import say, say_json


def interpolate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "example:\n  explorer interpolate captions-smooth "
        '"a man plays the guitar" "two dogs run on a beach" --steps 9'
    )
    add_run(parser)
    parser.add_argument("start", type=some_text, metavar="FROM", help="a sentence")
    parser.add_argument("end", type=some_text, metavar="TO", help="another")
    parser.add_argument(
        "--steps", type=int, default=9, help="number of sentences, both ends included (default 9)"
    )
    parser.add_argument(
        "--spherical", action="store_true", help="spherical instead of linear interpolation"
    )
    add_decoding(parser)


def interpolate(args: argparse.Namespace) -> None:
    """Decodes an interpolation between two sentences."""
    settings = decoding(args)
    texts = open_run(args).interpolate(args.start, args.end, args.steps, args.spherical, settings)
    if args.json:
        shares = (step / (len(texts) - 1) for step in range(len(texts)))
        say_json([{"t": t, "text": text} for t, text in zip(shares, texts, strict=True)])
    else:
        say("\n".join(texts))
