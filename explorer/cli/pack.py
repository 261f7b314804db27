"""`explorer pack`: a run as one checksummed file."""

import argparse
import os
from pathlib import Path

from explorer.cli.options import add_run, check_out, some_path
from explorer.cli.output import say, say_json
from explorer.errors import ExplorerError
from explorer.runs import folder as folders
from explorer.runs import pack as packing
from explorer.system.file_checksums import sha256


def pack_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "The pack contains a checksum of each file, but no corpus text and no training state.\n"
        "The recipient adds it with `explorer add FILE`.\n\n"
        "example:\n  explorer pack my --out my.zip"
    )
    add_run(parser)
    parser.add_argument("--out", type=some_path, metavar="FILE", help="default: RUN.zip, here")


def pack(args: argparse.Namespace) -> None:
    folder = folders.find(args.run)
    out = args.out or Path(f"{folder.resolve().name}.zip")
    if out.is_dir():
        raise ExplorerError(f"--out {out} is a folder: name a file inside it")
    if out.exists() and not out.is_file():
        raise ExplorerError(f"--out {out} is a device or a pipe: name a file")
    check_out(out, folder)
    packing.pack(folder, Path(os.path.realpath(out)))  # a link stays
    size = out.stat().st_size
    if args.json:
        say_json({"file": str(out), "bytes": size, "sha256": sha256(out)})
    else:
        say(f"wrote {out} ({size / 1e6:.1f} MB)\nsha256 {sha256(out)}")
