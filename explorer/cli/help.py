"""`explorer help`: the documentation beyond the README."""

import argparse

from explorer.cli.output import say, say_json
from explorer.errors import ExplorerError
from explorer.explore import catalogue
from explorer.system import shipped_files

_CHOICES = "choices"
"""The topic that is made from the code."""
FOLDER = shipped_files.PACKAGE / "help"
EXAMPLE = """\
examples:
  explorer help
  explorer help server
"""


def help_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLE
    parser.add_argument("topic", nargs="?", default="", metavar="TOPIC", help="default: list them")


def help(args: argparse.Namespace) -> None:
    """Prints a topic, or the list of all."""
    known = topics()
    if args.json:
        return say_json(known)
    if not args.topic:
        width = max(map(len, known))
        for name, title in known.items():
            say(f"{name:<{width}}  {title}")
        return None
    if args.topic not in known:
        raise ExplorerError(f"there is no topic {args.topic!r}: choose {', '.join(known)}")
    say(_text(args.topic).rstrip())
    return None


def topics() -> dict[str, str]:
    """The topics, and the title of each."""
    files = sorted(path.stem for path in FOLDER.glob("*.md"))
    return {_CHOICES: catalogue.TITLE} | {
        name: _text(name).partition("\n")[0].removeprefix("# ") for name in files
    }


def _text(topic: str) -> str:
    if topic == _CHOICES:
        return catalogue.markdown()
    return (FOLDER / f"{topic}.md").read_text("utf-8")
