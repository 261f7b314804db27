"""What a training leaves in its recipe, as a comment: on what, in which precision, how long."""

from pathlib import Path

import torch

from explorer.errors import ExplorerError
from explorer.models.mixed_precision import has_bf16
from explorer.runs import folder as folders
from explorer.system import atomic_files, distributed, toml_writer
from explorer.system.atomic_files import write_text

_START = "# Trained on "


def note(folder: Path, device: torch.device, bf16: bool, seconds: float) -> None:
    """Puts it above the recipe's first setting, in place of what an earlier training left there.

    A recipe that it would change, or that is no TOML any more, stays as it is: no training fails
    for a comment.

    Args:
        folder: Of the run.
        device: What it was trained on.
        bf16: Whether bfloat16 was asked for.
        seconds: It took, what was done before it was resumed included.
    """
    precision = "bfloat16 products" if bf16 and has_bf16(device) else "float32"
    took = f"{precision}, in {_minutes(seconds)}, torch {torch.__version__}"
    line = f"{_START}{_named(device)}, {took}."
    path = folder / folders.CONFIG
    try:
        # As the recipe is read: without the mark some editors begin a file with.
        text = atomic_files.read(path, toml_writer.LARGEST).decode("utf-8-sig")
        settings = toml_writer.parse(text)
        noted = _with(text, line)
        is_same = toml_writer.parse(noted) == settings
    except (ValueError, OSError, ExplorerError):
        return
    if is_same:
        write_text(path, noted)


def _with(text: str, line: str) -> str:
    # TOML's line ends alone: a string may hold what else Python takes for one.
    lines = text.split("\n")
    first = next((place for place, old in enumerate(lines) if not old.startswith("#")), len(lines))
    header = [old for old in lines[:first] if not old.startswith(_START)]
    return "\n".join([*header, line, *lines[first:]])


def _named(device: torch.device) -> str:
    count = distributed.count()
    if device.type == "cuda":
        each = torch.cuda.get_device_name(device)
    elif device.type == "cpu":
        threads = torch.get_num_threads()
        each = f"a CPU ({threads} thread{'s' * (threads > 1)})"
    else:
        each = device.type
    return each if count == 1 else f"{count} processes, each {each}"


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 90 else f"{seconds:.0f} seconds"
