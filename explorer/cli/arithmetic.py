"""`explorer arithmetic`: what C becomes by what turned A into B."""

import argparse
import math

from explorer.cli.options import add_decoding, add_run, decoding, open_run
from explorer.cli.output import say, say_json, table, warn
from explorer.errors import ExplorerError
from explorer.training import folder as folders

STRENGTHS = (1.0, 1.5, 2.0, 3.0)
"""The k of published tables of arithmetic with sentences (Shen et al. 2020)."""


def arithmetic_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `explorer arithmetic`."""
    parser.epilog = (
        'example:\n  explorer arithmetic captions-smooth "a man runs" "a man sleeps" "a dog runs" '
        "--k 1 2\n\n"
        "Decodes c + k·(b − a). The distance is Euclidean, in latent space, to the nearest\n"
        "sentence of the map; beside it how often the median distance between a sentence and its\n"
        "nearest neighbour goes into it. A result far from every sentence means little."
    )
    add_run(parser)
    for name, about in (("a", "a sentence"), ("b", "another"), ("c", "a third")):
        parser.add_argument(name, metavar=name.upper(), help=about)
    parser.add_argument(
        "--k",
        type=float,
        nargs="+",
        default=list(STRENGTHS),
        metavar="K",
        help="how far to go, once or several times (default 1 1.5 2 3)",
    )
    add_decoding(parser)


def arithmetic(args: argparse.Namespace) -> None:
    """Decodes what C becomes by what turned A into B."""
    for k in args.k:
        if not (math.isfinite(k) and abs(k) <= 1000):
            raise ExplorerError(f"--k {k:g} is not between -1000 and 1000")
    settings = decoding(args)
    run = open_run(args)
    z = run.analogy(args.a, args.b, args.c, args.k)
    texts = run.decode(z, settings)
    has_map = run.atlas is not None
    distances = run.place(z)[1].tolist() if has_map else [None] * len(texts)
    results = [
        {"k": k, "text": text, "distance": distance}
        for k, text, distance in zip(args.k, texts, distances, strict=True)
    ]
    if args.json:
        say_json({"a": args.a, "b": args.b, "c": args.c, "results": results})
        return
    say(f"“{args.a}” is to “{args.b}” as “{args.c}” is to …")
    typical = run.map_index.typical if has_map else 0.0
    rows = [[f"{item['k']:g}", _told(item["distance"], typical), item["text"]] for item in results]
    say(table(["k", "distance", "sentence"], rows, right=[0, 1]))
    if not has_map:
        warn(f"no distances: {folders.no_map(run.folder)}")


def _told(distance: float | None, typical: float) -> str:
    if distance is None:
        return "-"
    times = f" ({distance / typical:.1f}×)" if typical > 0 else ""
    return f"{distance:.2f}{times}"
