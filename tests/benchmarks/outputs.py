"""What runs and commands leave, in parts that can be compared."""

import csv
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow.parquet as pq
from safetensors.numpy import load_file

SAME_TEXTS = 0.995
"""With a tolerance, the least share of texts that stay the same."""
LOOSE = 5e-3
"""With a tolerance, the largest deviation of numbers that rest on rounded weights or on decoded
sentences, relative to the largest number of the part."""

_TIMES = ("seconds", "tokens_per_second")
_OF_THE_MACHINE = ("versions", "command", "device")
_IN_WORDS = ("verdict_in_words", "reason", "reason_code")
"""English sentences, which may be reworded, and the code of a reason, which older ones lack."""

Kind = Literal["losses", "numbers", "texts"]


@dataclass(frozen=True)
class Part:
    """One column, or one list of texts."""

    kind: Kind
    values: np.ndarray | list[str]
    names: tuple[str, ...] = ()
    """Of each value, where they have names."""
    checksum: str = ""
    """Of the file they are in, which must be equal too where no tolerance is given."""


Parts = dict[str, Part]


def difference(old: Part | None, new: Part | None, relative: float | None = None) -> str:
    """How two parts differ, in a few words; empty where they are equal.

    Args:
        old: The part of one checkout; None where there is none.
        new: Of the other.
        relative: How far losses may be apart, relative to the larger of them or, below 1, in
            nats; the rules for other parts are `SAME_TEXTS` and `LOOSE`. None allows nothing.
    """
    if old is None or new is None:
        return "only in OLD" if new is None else "only in NEW"
    if old.kind != new.kind or len(old.values) != len(new.values):
        return f"{len(old.values)} {old.kind} against {len(new.values)} {new.kind}"
    if old.names != new.names:
        changed = sorted(set(old.names) ^ set(new.names)) or ["their order"]
        return f"other names: {', '.join(changed[:5])}"
    if isinstance(old.values, list) or isinstance(new.values, list):
        found = _of_texts(list(old.values), list(new.values), relative)
    else:
        found = _of_numbers(old, new, relative)
    if not found and relative is None and old.checksum != new.checksum:
        return "equal values in another file"
    return found


def _of_texts(old: list[str], new: list[str], relative: float | None) -> str:
    rows = [row for row, (one, other) in enumerate(zip(old, new, strict=True)) if one != other]
    allowed = 0.0 if relative is None else (1 - SAME_TEXTS) * len(old)
    if len(rows) <= allowed:
        return ""
    row = rows[0]
    return f"{len(rows)} of {len(old)} texts, first {old[row]!r} against {new[row]!r}"


def _of_numbers(old: Part, new: Part, relative: float | None) -> str:
    one, other = (np.asarray(part.values, np.float64) for part in (old, new))
    equal = (one == other) | (np.isnan(one) & np.isnan(other))
    if equal.all():
        return ""
    larger = np.fmax(np.abs(one), np.abs(other))
    scale = np.fmax(larger, 1.0) if old.kind == "losses" else np.full_like(one, np.nanmax(larger))
    with np.errstate(invalid="ignore", divide="ignore"):
        far = np.where(equal, 0.0, np.abs(one - other) / scale)
    far[np.isnan(far)] = np.inf
    allowed = 0.0 if relative is None else relative if old.kind == "losses" else LOOSE
    if (far <= allowed).all():
        return ""
    worst = int(far.argmax())
    which = f"{old.names[worst]} " if old.names else ""
    return (
        f"{int((far > allowed).sum())} of {len(one)} numbers, worst {which}{one[worst]:.9g} "
        f"against {other[worst]:.9g} ({far[worst]:.2g})"
    )


def run_parts(folder: Path) -> Parts:
    """All that a run folder holds."""
    parts = {"vocabulary.txt": _lines((folder / "vocabulary.txt").read_text("utf-8"))}
    parts["model.safetensors"] = _weights(folder / "model.safetensors")
    with (folder / "history.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for name in rows[0]:
        if name not in _TIMES:
            column = [float(row[name]) if row[name] else np.nan for row in rows]
            parts[f"history.csv {name}"] = Part("losses", np.array(column))
    metrics = json.loads((folder / "metrics.json").read_text("utf-8"))
    parts |= json_parts("metrics.json", [metrics])
    for name in ("atlas.parquet", "playback.parquet"):
        if (folder / name).is_file():
            parts |= _table(folder / name)
    return parts


def json_parts(title: str, values: Sequence[Any]) -> Parts:
    """The numbers and the texts of JSON values, without what is of the machine or only said."""
    leaves = list(_leaves(values[0] if len(values) == 1 else list(values), ""))
    numbers = [(name, value) for name, value in leaves if not isinstance(value, str)]
    names = tuple(name for name, _ in numbers)
    array = np.array([value for _, value in numbers], np.float64)
    texts = [f"{name}: {value}" for name, value in leaves if isinstance(value, str)]
    return {
        f"{title} numbers": Part("numbers", array, names),
        f"{title} texts": Part("texts", texts),
    }


def arrays_parts(path: Path) -> Parts:
    """The arrays of an `.npz` file."""
    with np.load(path) as arrays:
        return {name: Part("numbers", array.ravel()) for name, array in arrays.items()}


def file_parts(path: Path) -> Parts:
    """The lines of a text file."""
    return {path.name: _lines(path.read_text("utf-8"))}


def _lines(text: str) -> Part:
    return Part("texts", text.splitlines())


def _weights(path: Path) -> Part:
    tensors = dict(sorted(load_file(path).items()))
    names = [f"{name}[{row}]" for name, tensor in tensors.items() for row in range(tensor.size)]
    values = np.concatenate([tensor.ravel().astype(np.float64) for tensor in tensors.values()])
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    return Part("numbers", values, tuple(names), checksum)


def _table(path: Path) -> Parts:
    table = pq.read_table(path)
    parts = {}
    for name in table.column_names:
        values = table.column(name).to_pylist()
        flat = [
            item for value in values for item in (value if isinstance(value, list) else [value])
        ]
        if any(isinstance(item, str) for item in flat):
            part = Part("texts", ["" if item is None else item for item in flat])
        else:
            part = Part("numbers", np.array(flat, np.float64))
        parts[f"{path.name} {name}"] = part
    described = [json.loads(text) for text in (table.schema.metadata or {}).values()]
    return parts | json_parts(f"{path.name} description", described)


def _leaves(value: Any, name: str) -> Iterator[tuple[str, float | str]]:
    if isinstance(value, Mapping):
        for key, below in value.items():
            if key not in (*_OF_THE_MACHINE, *_IN_WORDS):
                yield from _leaves(below, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        for number, below in enumerate(value):
            yield from _leaves(below, f"{name}[{number}]")
    elif isinstance(value, str):
        yield name, value
    else:
        yield name, np.nan if value is None else float(value)
