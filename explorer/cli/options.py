"""Arguments that several commands share."""

import argparse
import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer import config as configs
from explorer.errors import ExplorerError
from explorer.models.decoding_settings import STRATEGIES, Decoding
from explorer.runs import folder as folders

if TYPE_CHECKING:
    from explorer.explore.run import Run

RUN_HELP = "a run's name (`explorer runs` lists them) or the path of its folder"


def some_path(text: str) -> Path:
    """A path on the command line; that of an unset variable would be the current folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError("is empty: name a file or a folder")
    return Path(text)


def some_text(text: str) -> str:
    """A sentence on the command line."""
    if not text.strip():
        raise argparse.ArgumentTypeError("is empty: give a sentence")
    return text


def add_run(parser: argparse.ArgumentParser) -> None:
    """Adds RUN, the first argument of most commands."""
    parser.add_argument("run", metavar="RUN", help=RUN_HELP)


def add_decoding(
    parser: argparse.ArgumentParser, strategy: str = "greedy", nearest: int | None = 1
) -> None:
    """Adds an option for each field of `Decoding`.

    Args:
        parser: The command's parser.
        strategy: The default strategy of the command.
        nearest: The default number of decodes of a point; None leaves it to the run.
    """
    defaults = {"nearest": nearest}
    group = parser.add_argument_group("decoding")
    for item in dataclasses.fields(Decoding):
        option = "--" + item.name.replace("_", "-")
        about = item.metadata["about"].replace("%", "%%")
        if item.name == "strategy":
            group.add_argument(
                option,
                choices=tuple(STRATEGIES),
                default=strategy,
                help=f"default {strategy}",
            )
        elif item.type is bool:
            group.add_argument(option, action="store_true", help=about)
        else:
            kind: Any = item.type
            default = defaults.get(item.name, item.default)
            shown = "that of the run" if default is None else default
            group.add_argument(
                option,
                type=kind,
                default=default,
                metavar="N" if kind is int else "X",
                help=about if default == "" else f"{about} (default {shown})",
            )


def check_out(out: Path | None, folder: Path, file: str | None = None) -> None:
    """Checks that a result does not overwrite its inputs.

    Args:
        out: The value of `--out`.
        folder: The run folder.
        file: Another file that is read.

    Raises:
        ExplorerError: If `out` is in the run folder, or is the file or the run's corpus.
    """
    if out is None:
        return
    # Not `resolve`, which raises for a link to itself.
    if Path(os.path.realpath(folder)) in Path(os.path.realpath(out)).parents:
        raise ExplorerError(f"--out {out} is inside the run's folder: choose another path")
    corpus = configs.read(folder / folders.CONFIG).corpus.path
    for read in (file, corpus):
        if read and read != "-" and out.exists() and Path(read).exists() and out.samefile(read):
            raise ExplorerError(f"--out {out} is an input file: choose another name")


def decoding(args: argparse.Namespace) -> Decoding:
    """The decoding settings that were given; one that is left to the run has its plain default.

    Raises:
        ExplorerError: For a value out of range.
    """
    given = {item.name: getattr(args, item.name) for item in dataclasses.fields(Decoding)}
    return Decoding(**{name: value for name, value in given.items() if value is not None})


def open_run(args: argparse.Namespace) -> "Run":
    """Opens the run that RUN names."""
    from explorer.explore.run import open_run

    return open_run(args.run)
