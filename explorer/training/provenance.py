"""A comment in the recipe: the device, precision and duration of its training."""

from pathlib import Path

import torch

from explorer.errors import ExplorerError
from explorer.models.mixed_precision import has_bf16
from explorer.runs import folder as folders
from explorer.system import atomic_files, distributed, toml_writer
from explorer.system.atomic_files import write_text
from explorer.system.plurals import number_of

_START = "# Trained on "


def note(folder: Path, device: torch.device, bf16: bool, seconds: float) -> None:
    """Writes the comment above the recipe's first setting, replacing that of a former training.

    A recipe whose settings it would change, or that is no longer TOML, is left alone: no training
    fails for a comment.

    Args:
        folder: Of the run.
        device: Of the training.
        bf16: Whether the recipe allows bfloat16.
        seconds: Duration of all sessions.
    """
    precision = "bfloat16 products" if bf16 and has_bf16(device) else "float32"
    took = f"{precision}, in {_minutes(seconds)}, torch {torch.__version__}"
    line = f"{_START}{_named(device)}, {took}."
    path = folder / folders.CONFIG
    try:
        # Without the byte-order mark of some editors, as the recipe is read.
        text = atomic_files.read(path, toml_writer.LARGEST).decode("utf-8-sig")
        settings = toml_writer.parse(text)
        annotated = _with(text, line)
        is_same = toml_writer.parse(annotated) == settings
    except (ValueError, OSError, ExplorerError):
        return
    if is_same:
        write_text(path, annotated)


def _with(text: str, line: str) -> str:
    # Not `splitlines`: TOML strings may contain other line separators.
    lines = text.split("\n")
    is_comment = (old.startswith("#") for old in lines)
    first = next((index for index, comment in enumerate(is_comment) if not comment), len(lines))
    header = [old for old in lines[:first] if not old.startswith(_START)]
    return "\n".join([*header, line, *lines[first:]])


def _named(device: torch.device) -> str:
    count = distributed.count()
    if device.type == "cuda":
        each = torch.cuda.get_device_name(device)
    elif device.type == "cpu":
        threads = torch.get_num_threads()
        each = f"a CPU ({number_of(threads, 'thread')})"
    else:
        each = device.type
    return each if count == 1 else f"{count} processes, each {each}"


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 90 else f"{seconds:.0f} seconds"
