"""`explorer app`: serves the page from any folder."""

import argparse
import os

from explorer.cli.options import some_path
from explorer.errors import ExplorerError
from explorer.explore import lecture
from explorer.system import shipped_files

EXAMPLE = """\
The app lists the runs in checkpoints/ of this folder, those in the folders of EXPLORER_RUNS, the
shipped runs and those registered with `explorer add`. Ctrl-C stops the server.

examples:
  explorer app
  explorer app --port 8600 --theme dark
  explorer app --scenes my-lecture.toml  your own lecture scenes
  explorer app --address 0.0.0.0        other machines can open it; there is no login
"""


def app_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLE
    page_arguments(parser)


def page_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of every command that serves the page."""
    parser.add_argument(
        "--port", type=int, metavar="N", help="default: 8501, or the next free port"
    )
    parser.add_argument(
        "--address",
        metavar="A",
        help="default: 127.0.0.1, where only this machine can open the page",
    )
    parser.add_argument(
        "--theme", choices=("light", "dark"), help="default: the browser's preference"
    )
    parser.add_argument(
        "--scenes",
        type=some_path,
        metavar="FILE",
        help="lecture scenes to use instead of the shipped ones",
    )


def app(args: argparse.Namespace) -> None:
    """Serves the page until it is stopped."""
    serve_page(args)


def serve_page(args: argparse.Namespace, run: str = "") -> None:
    """Serves the page until it is stopped.

    Args:
        args: With those of `page_arguments`.
        run: The run it opens on; empty for the default one.
    """
    if args.port is not None and not 1 <= args.port <= 65535:
        raise ExplorerError(f"--port {args.port} is not a port: choose one from 1 to 65535")
    script = shipped_files.root() / "app.py"
    if not script.is_file():
        raise ExplorerError(f"{script} is missing: reinstall the package")
    if args.scenes is not None:
        lecture.read(args.scenes)  # what is wrong with it is said here, not in the lecture
        os.environ[lecture.FILE] = str(args.scenes.resolve())
    given = {"server.port": args.port, "server.address": args.address, "theme.base": args.theme}
    from explorer.ui.http.server import serve
    from explorer.ui.session import open_runs

    if run:
        os.environ[open_runs.FIRST] = run
    serve(script, {name: value for name, value in given.items() if value is not None})
