"""`explorer topics`: the topics of a run of documents in words."""

import argparse
from typing import TYPE_CHECKING, Any

from explorer.cli.options import add_run, open_run
from explorer.cli.output import say, say_json, table
from explorer.errors import at_least

if TYPE_CHECKING:
    from explorer.explore.run import Run
    from explorer.explore.topics import Topic

EXAMPLE = """\
example:
  explorer topics newsgroups
  explorer topics newsgroups --words 5 --json
  explorer topics newsgroups --beside newsgroups-topics

Lists all topics, the most coherent first; for a Gaussian z, both ends of each dimension. NPMI is
the coherence of the ten top words on the training documents, share is the mean over the documents
of the map, and the words are those that distinguish the topic from the others. --beside matches
each topic with the most similar topic of another run.
"""


def topics_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLE
    add_run(parser)
    parser.add_argument(
        "--words", type=int, default=10, metavar="N", help="words per topic (default 10)"
    )
    parser.add_argument("--beside", metavar="RUN2", help="another run of documents")


def topics(args: argparse.Namespace) -> None:
    """Lists the topics of a run, or matches them with those of another."""
    at_least("--words", args.words, 1)
    run = open_run(args)
    if args.beside:
        return _beside(args, run)
    from explorer.explore.topics import topics as topics_of

    listed = topics_of(run, args.words)
    if args.json:
        return say_json([_fields(item) for item in listed])
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


def _beside(args: argparse.Namespace, run: "Run") -> None:
    from explorer.explore.matched_topics import match

    other = open_run(argparse.Namespace(run=args.beside))
    matched = match(run, other, args.words)
    if args.json:
        return say_json(
            [
                {
                    "first": _fields(pair.first),
                    "second": _fields(pair.second),
                    "similarity": pair.similarity,
                    "shared": pair.shared,
                }
                for pair in matched.pairs
            ]
        )
    rows = [
        (f"{pair.similarity:.2f}", " ".join(pair.first.words), " ".join(pair.second.words))
        for pair in matched.pairs
    ]
    say(table(("similarity", run.name, other.name), rows, right=(0,)))
    for name, left in ((run.name, matched.left_first), (other.name, matched.left_second)):
        if left:
            say(f"{name} has {len(left)} more, without a match")
    return None


def _fields(item: "Topic") -> dict[str, Any]:
    return {
        "topic": item.number,
        "name": item.name,
        "words": item.words,
        "probabilities": item.probabilities,
        "npmi": item.npmi,
        "share": item.share,
        "count": item.count,
        "documents": item.documents,
    }
