"""`explorer arithmetic`: A is to B as C is to …, or C moved between two groups."""

import argparse
from typing import TYPE_CHECKING, Any

from explorer.cli.options import add_decoding, add_run, decoding, open_run, some_text
from explorer.cli.output import say, say_json, table, warn
from explorer.errors import ExplorerError, within
from explorer.runs import folder as folders

if TYPE_CHECKING:
    import numpy as np

    from explorer.explore.run import Run

STRENGTHS = (1.0, 1.5, 2.0, 3.0)
"""The strengths k of published tables (Shen et al. 2020)."""


def arithmetic_arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = (
        "explorer arithmetic RUN A B C [options]\n"
        "       explorer arithmetic RUN C --towards GROUP --away GROUP [options]"
    )
    parser.epilog = (
        "examples:\n"
        '  explorer arithmetic captions-smooth "a man runs" "a man sleeps" "a dog runs" --k 1.5\n'
        '  explorer arithmetic captions-smooth "a man runs" --towards woman --away man\n\n'
        "Decodes C + k·(B − A), or C + k·(mean of a group − mean of another). The distance is\n"
        "Euclidean, in latent space, to the nearest sentence of the map; in brackets, as a\n"
        "multiple of the median distance between a sentence and its nearest neighbour. A result\n"
        "far from every sentence is not meaningful."
    )
    add_run(parser)
    parser.add_argument(
        "sentences",
        type=some_text,
        metavar="A B C",
        nargs="+",
        help="three sentences, or only C between groups",
    )
    parser.add_argument(
        "--k",
        type=float,
        nargs="+",
        default=list(STRENGTHS),
        metavar="K",
        help="one or more strengths (default 1 1.5 2 3)",
    )
    group = (
        "a group of the map, as named on the page (a label, a region, long sentences), or "
        "words: the sentences that contain them"
    )
    parser.add_argument("--towards", metavar="GROUP", help=group)
    parser.add_argument("--away", metavar="GROUP", help="the group where the direction starts")
    add_decoding(parser)


def arithmetic(args: argparse.Namespace) -> None:
    """Decodes C + k·(B − A), or C moved from one group towards another."""
    for k in args.k:
        within("--k", k, -1000, 1000)
    settings = decoding(args)
    asked = _asked(args)
    run = open_run(args)
    if "a" in asked:
        a, b, details = asked["a"], asked["b"], {}
    else:
        a, b, details = _between(run, asked["away"], asked["towards"])
    z = run.analogy(a, b, asked["c"], args.k)
    texts = run.decode(z, settings)
    has_map = run.atlas is not None
    distances = run.locate(z)[1].tolist() if has_map else [None] * len(texts)
    results = [
        {"k": k, "text": text, "distance": distance}
        for k, text, distance in zip(args.k, texts, distances, strict=True)
    ]
    if args.json:
        say_json({**asked, **details, "results": results})
        return
    say(_title(asked, details))
    typical = run.map_index.typical if has_map else 0.0
    rows = [
        [f"{item['k']:g}", _distance(item["distance"], typical), item["text"]] for item in results
    ]
    say(table(["k", "distance", "sentence"], rows, right=[0, 1]))
    if not has_map:
        warn(f"no distances: {folders.no_map(run.folder)}")


def _asked(args: argparse.Namespace) -> dict[str, str]:
    """A, B and C by their names, or C and the groups."""
    if (args.towards is None) != (args.away is None):
        raise ExplorerError("a direction between groups needs both --towards and --away")
    names = ("a", "b", "c") if args.towards is None else ("c",)
    if len(args.sentences) != len(names):
        wanted = "three sentences, A, B and C" if len(names) == 3 else "one sentence, C"
        raise ExplorerError(
            f"{len(args.sentences)} given, but needed: {wanted}; quote each of them, or use "
            "--towards and --away with one"
        )
    between = {} if args.towards is None else {"towards": args.towards, "away": args.away}
    return {**dict(zip(names, args.sentences, strict=True)), **between}


def _between(
    run: "Run", away: str, towards: str
) -> "tuple[np.ndarray, np.ndarray, dict[str, Any]]":
    """The means of both groups, their sizes and their distance."""
    from explorer.explore import sentence_groups

    known = sentence_groups.groups_of(run)
    start, end = sentence_groups.ends(run, known, away, towards)
    sizes = [len(sentence_groups.members(run, known, name)) for name in (towards, away)]
    apart = sentence_groups.apart(run, known, away, towards)
    return start, end, {"members": sizes, "standard_deviations_apart": apart}


def _title(asked: dict[str, str], details: dict[str, Any]) -> str:
    if "a" in asked:
        return f"“{asked['a']}” is to “{asked['b']}” as “{asked['c']}” is to …"
    sizes, apart = details["members"], details["standard_deviations_apart"]
    far = f", {apart:.1f} standard deviations apart" if apart is not None else ""
    return (
        f"“{asked['c']}”, away from “{asked['away']}” ({sizes[1]:,} sentences), "
        f"towards “{asked['towards']}” ({sizes[0]:,}){far} …"
    )


def _distance(distance: float | None, typical: float) -> str:
    if distance is None:
        return "-"
    times = f" ({distance / typical:.1f}×)" if typical > 0 else ""
    return f"{distance:.2f}{times}"
