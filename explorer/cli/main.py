"""From `explorer COMMAND …` to one function call, one exit code, and one line on an error."""

import argparse
import errno
import io
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from importlib import import_module
from pathlib import Path

from explorer.cli import signals
from explorer.cli.output import say, warn
from explorer.errors import ExplorerError
from explorer.system import cpu_threads, distributed, memory

COMMANDS = {
    "app": "open the app in the browser",
    "open": "map a file of sentences and open it in the app",
    "corpus": "list the named corpora, or download one",
    "new": "create a run: a folder with a commented config.toml",
    "train": "train a run, evaluate it quickly and draw its map",
    "evaluate": "evaluate a trained run on the whole test split",
    "atlas": "draw a run's map again",
    "refit": "compute another layout of a run's map, to accept or discard",
    "prior": "fit another prior to a trained run",
    "encode": "encode the sentences of a file as latent points",
    "reconstruct": "encode sentences and decode them again",
    "sample": "decode samples of the prior",
    "interpolate": "interpolate between two sentences",
    "locate": "place the sentences of a file on a run's map",
    "at": "decode a position of the map, like a click there",
    "arithmetic": "A is to B as C is to …, in latent space",
    "dimensions": "name the ends of each latent dimension in words",
    "topics": "list the topics of a run of documents",
    "ancestors": "fit PCA, k-means and a mixture to a run's sentences",
    "neighbours": "list the nearest sentences of the map",
    "export": "write the map as .parquet, .csv, .html or .png",
    "experiment": "list the experiments of a lecture, or run one",
    "runs": "list the runs and their scores",
    "weights": "list the pre-trained models that a run can use",
    "jobs": "list, stop and resume the maps and trainings started from the app",
    "notes": "list and export pinned notes",
    "benchmark": "print a published table next to our metrics, and its recipes",
    "add": "register a run folder or unpack a packed run",
    "pack": "pack a run into a checksummed file",
    "help": "explain a topic, such as who can open the page",
}
"""Summaries of the commands; a module of the name defines `NAME_arguments` and `NAME`."""

ALIASES = {"neighbors": "neighbours"}

SEVERAL = ("train", "evaluate", "encode")
"""Commands that `torchrun` or `accelerate launch` may start as several processes."""

_NO_MEMORY = (
    "out of memory: give it fewer sentences at once; training needs less with a smaller "
    "training.batch_size, corpus.max_tokens or model"
)

EXAMPLE = """\
a first run:
  explorer new my --corpus reviews.csv --text-column text
  explorer train my
  explorer app

`explorer COMMAND --help` explains a command.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command.

    Returns:
        The exit code: 0; 1 for an error a person can fix; 2 for a wrong command line; 130 for
        Ctrl-C; 143 for SIGTERM; 129 for SIGHUP; 141 for a closed pipe.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the parent process
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # of a terminal that has no UTF-8
            stream.reconfigure(errors="backslashreplace")
    try:
        with signals.heard():
            code = _interruptible(arguments)
        sys.stdout.flush()
        return code
    except SystemExit as leave:  # argparse: help is 0, a wrong command line 2
        return leave.code if isinstance(leave.code, int) else 1
    except ExplorerError as error:
        return _fail(str(error))
    except KeyboardInterrupt as interrupt:
        warn("stopped")
        return signals.exit_code(interrupt)
    except BrokenPipeError:
        # `explorer … | head` is no error. Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        return _fail(_explain(error))
    except (RuntimeError, MemoryError) as error:
        if memory.is_exhausted(error):
            return _fail(_NO_MEMORY)
        if "home directory" not in str(error):
            raise
        return _fail(
            "the home folder does not exist: set EXPLORER_HOME, and write paths without ~"
        )


def _interruptible(arguments: list[str]) -> int:
    """`_dispatch`; an interrupt that a library being imported turned into its own error is one."""
    try:
        return _dispatch(arguments)
    except Exception as error:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, KeyboardInterrupt):
            cause = cause.__cause__ or cause.__context__
        if cause is None:
            raise
        raise cause from None


def _fail(message: str) -> int:
    warn(f"explorer{_who()}: {' '.join(message.split())}")
    return 1


def _who() -> str:
    with suppress(ExplorerError):  # which may be the error being reported
        return f", process {os.environ['RANK']}" if distributed.num_launched() > 1 else ""
    return ""


def _explain(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    if error.errno == errno.ENOSPC:
        return f"{where}the disk is full: free some space and run the command again"
    return f"{where}{error.strerror or error}"


def _dispatch(arguments: list[str]) -> int:
    name = ALIASES.get(arguments[0], arguments[0]) if arguments else "--help"
    if name not in COMMANDS:
        return _top(arguments)
    module = import_module(f"explorer.cli.{name}")
    about = COMMANDS[name]
    cpu_threads.share_cores()
    parser = argparse.ArgumentParser(
        f"explorer {name}",
        description=f"{about[0].upper()}{about[1:]}.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    getattr(module, f"{name}_arguments")(parser)
    if name != "app":  # which answers in a browser
        parser.add_argument("--json", action="store_true", help="answer in JSON, for programs")
    parsed = parser.parse_intermixed_args(arguments[1:])
    parsed.typed = shlex.join(["explorer", *arguments])
    command = getattr(module, name)
    return _with_others(name, lambda: command(parsed) or 0)


def _with_others(name: str, command: Callable[[], int]) -> int:
    """Runs a command in all processes of a launcher; only the first writes output."""
    if distributed.num_launched() == 1:
        return command()
    if name not in SEVERAL:
        raise ExplorerError(
            f"`explorer {name}` runs in a single process: run it without the launcher (several "
            f"processes can be used for explorer {', '.join(SEVERAL)})"
        )
    with distributed.init():
        if distributed.is_first():
            return command()
        nowhere = Path(os.devnull).open("w")  # noqa: SIM115  (closed with the first of three)
        with nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
            return command()


def _top(arguments: list[str]) -> int:
    listed = "\n".join(f"  {name:<12} {about}" for name, about in COMMANDS.items())
    parser = argparse.ArgumentParser(
        "explorer",
        usage="explorer COMMAND …",
        description=f"Train, evaluate and explore the latent space of text VAEs.\n\n{listed}",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="show the version")
    known, rest = parser.parse_known_args(arguments or ["--help"])
    if known.version:
        say(_version())
        return 0
    wrong = next((word for word in rest if not word.startswith("-")), rest[0] if rest else "")
    if wrong in (*COMMANDS, *ALIASES):
        parser.error(
            f"the command must come first: explorer {wrong} {shlex.join(arguments[:1])} …"
        )
    import difflib

    near = difflib.get_close_matches(wrong, [*COMMANDS, *ALIASES], 1)
    hint = f": did you mean {near[0]!r}?" if near else "; see `explorer --help`"
    parser.error(f"there is no command {wrong!r}{hint}")


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"explorer {version('text-latent-explorer')}"
    except PackageNotFoundError:
        return "explorer, not installed"
