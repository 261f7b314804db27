"""`explorer topics`: the topics of a run of documents in words."""

import argparse

from explorer.cli.options import add_run, open_run
from explorer.cli.output import say, say_json, table
from explorer.errors import at_least

EXAMPLE = """\
example:
  explorer topics newsgroups
  explorer topics newsgroups --words 5 --json

All topics are listed, the most coherent first; of a Gaussian z both ends of each dimension. NPMI
is the coherence of the ten first words on the training documents, share the mean share of the
map's documents, and the words those that tell the topic from the others.
"""


def topics_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLE
    add_run(parser)
    parser.add_argument(
        "--words", type=int, default=10, metavar="N", help="words of each topic (default 10)"
    )


def topics(args: argparse.Namespace) -> None:
    """Lists the topics of a run."""
    at_least("--words", args.words, 1)
    run = open_run(args)
    from explorer.explore.topics import topics as topics_of

    listed = topics_of(run, args.words)
    if args.json:
        return say_json(
            [
                {
                    "topic": item.number,
                    "name": item.name,
                    "words": item.words,
                    "probabilities": item.probabilities,
                    "npmi": item.npmi,
                    "share": item.share,
                    "count": item.count,
                    "documents": item.documents,
                }
                for item in listed
            ]
        )
    rows = [
        (
            item.name,
            "–" if item.npmi is None else f"{item.npmi:.3f}",
            f"{item.share:.1%}",
            f"{item.count:,}",
            " ".join(item.words),
        )
        for item in listed
    ]
    say(table(("topic", "NPMI", "share", "largest in", "words"), rows, right=(0, 1, 2, 3)))
    return None
