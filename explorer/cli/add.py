"""`explorer add`: a run folder registered, or a pack unpacked."""

import argparse

from explorer.cli.options import some_path
from explorer.cli.output import say, say_json
from explorer.runs import folder as folders
from explorer.runs import pack as packing


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "example:\n  explorer add ~/Downloads/my.zip\n  explorer add /data/runs/my"
    parser.add_argument(
        "path",
        type=some_path,
        metavar="PATH-or-PACK",
        help="a run folder, or a file written by `explorer pack`",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="replace the run of the same name that was unpacked before",
    )


def add(args: argparse.Namespace) -> None:
    """Registers a folder or unpacks a pack."""
    folder = packing.add(args.path.expanduser(), args.force)
    if args.json:
        say_json({"name": folder.name, "folder": str(folder)})
    else:
        say(f"{folder.name} is now listed; it is in {folder}")
        if folders.typed(folder) != folder.name:
            say(f"another run is called {folder.name}: refer to this one by its path")
