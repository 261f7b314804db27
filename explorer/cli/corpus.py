"""`explorer corpus list` and `explorer corpus get NAME`."""

import argparse

from explorer.cli.options import some_path
from explorer.cli.output import Progress, say, say_json, table

EXAMPLE = """\
example:
  explorer corpus list
  explorer corpus get captions
  explorer corpus get captions --mirror ~/corpora     (copy instead of download)

An interrupted download resumes when the command is repeated. EXPLORER_MIRROR names a mirror for
all commands. A corpus from several sources is cleaned when it is first read, which takes half a
minute.
"""


def corpus_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLE
    parser.add_argument("action", choices=("list", "get"), help="what to do")
    parser.add_argument(
        "name", nargs="?", default="", metavar="NAME", help="for get: the name of the corpus"
    )
    parser.add_argument(
        "--mirror", type=some_path, metavar="DIR", help="a folder with the original files"
    )
    parser.set_defaults(fail=parser.error)


def corpus(args: argparse.Namespace) -> None:
    """Lists the corpora or downloads one."""
    if args.action == "list":
        if args.name or args.mirror:
            args.fail("list takes no NAME and no --mirror")
        _list(args.json)
    else:
        if not args.name:
            args.fail("get needs the NAME of a corpus: see `explorer corpus list`")
        _get(args)


def _list(as_json: bool) -> None:
    from explorer.text.corpora import NAMED, is_present

    if as_json:
        rows = [
            {
                "name": name,
                "title": known.title,
                "description": known.description,
                "licence": known.licence,
                "address": known.address,
                "sources": [
                    {
                        "name": source.name,
                        "title": source.title,
                        "licence": source.licence,
                        "address": source.address,
                        "shippable": source.shippable,
                    }
                    for source in known.sources
                ],
                "bytes": known.bytes,
                "present": is_present(name),
            }
            for name, known in NAMED.items()
        ]
        return say_json(rows)
    rows = [
        (
            name,
            f"{known.megabytes} MB",
            "yes" if is_present(name) else "no",
            f"{known.title}: {known.description}",
        )
        for name, known in NAMED.items()
    ]
    say(table(("name", "size", "here", "what"), rows, right=(1,)))
    say()
    for name, known in NAMED.items():
        say(f"{name}: {known.licence}")
    return None


def _get(args: argparse.Namespace) -> None:
    from explorer.text.corpora import NAMED, get

    with Progress(quiet=args.json) as progress:

        def show(done: int, total: int) -> None:
            progress.show(f"{args.name}: {done / 1e6:.1f} of {total / 1e6:.1f} MB")

        folder = get(args.name, args.mirror, show)
    if args.json:
        say_json({"name": args.name, "folder": str(folder)})
    else:
        say(f"{args.name} is in {folder}")
        say(NAMED[args.name].licence)
        if sources := NAMED[args.name].sources:
            say()
            rows = [(source.title, source.licence, source.address) for source in sources]
            say(table(("source", "licence", "address"), rows))
