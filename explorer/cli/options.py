"""Arguments several commands share."""

import argparse
import dataclasses
from typing import TYPE_CHECKING, Any

from explorer.models.decoding import STRATEGY_NAMES, Decoding

if TYPE_CHECKING:
    from explorer.run import Run

RUN_HELP = "a run's name (`explorer runs` lists them) or the path of its folder"


def add_run(parser: argparse.ArgumentParser) -> None:
    """RUN, the first argument of most commands."""
    parser.add_argument("run", metavar="RUN", help=RUN_HELP)


def add_decoding(parser: argparse.ArgumentParser, strategy: str = "greedy") -> None:
    """An option for each field of `Decoding`.

    Args:
        parser: Of the command.
        strategy: What the command does unless it is told otherwise.
    """
    group = parser.add_argument_group("how sentences are read out of the decoder")
    for item in dataclasses.fields(Decoding):
        option = "--" + item.name.replace("_", "-")
        about = item.metadata["about"].replace("%", "%%")
        if item.name == "strategy":
            group.add_argument(
                option,
                choices=STRATEGY_NAMES,
                default=strategy,
                help=f"default {strategy}",
            )
        elif item.type is bool:
            group.add_argument(option, action="store_true", help=about)
        else:
            kind: Any = item.type
            metavar = "N" if kind is int else "X"
            group.add_argument(
                option,
                type=kind,
                default=item.default,
                metavar=metavar,
                help=f"{about} (default {item.default})",
            )


def decoding(args: argparse.Namespace) -> Decoding:
    """The settings of `add_decoding`.

    Raises:
        ExplorerError: For a value out of range.
    """
    return Decoding(
        **{item.name: getattr(args, item.name) for item in dataclasses.fields(Decoding)}
    )


def open_run(args: argparse.Namespace) -> "Run":
    """The run that RUN names."""
    from explorer.run import open_run

    return open_run(args.run)
