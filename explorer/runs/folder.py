"""Run folders: paths, checksums, history and metrics. No torch, so that listings are quick."""

import csv
import hashlib
import io
import json
import os
import shlex
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from filelock import FileLock

from explorer.errors import ExplorerError
from explorer.runs import metric_entries as entries
from explorer.system import atomic_files, shipped_files, toml_writer
from explorer.system.atomic_files import home, unwritable, write_text
from explorer.system.file_checksums import sha256

CONFIG = "config.toml"
VOCABULARY = "vocabulary.txt"
TOKENIZER = "tokenizer.json"
WEIGHTS = "model.safetensors"
HISTORY = "history.csv"
METRICS = "metrics.json"
ATLAS = "atlas.parquet"
PLAYBACK = "playback.parquet"
CARD = "README.md"
SUMS = "SHA256SUMS"
STATE = "state"

CHECKSUMMED = (VOCABULARY, TOKENIZER, WEIGHTS, HISTORY, METRICS, ATLAS, PLAYBACK)
"""Files whose checksums `SHA256SUMS` holds; recipe and card may be edited."""

LARGEST = {
    CONFIG: toml_writer.LARGEST,
    CARD: 2**20,
    SUMS: 2**16,
    # These are read into memory, at a few times their size: metrics take 10,000 bytes, a
    # vocabulary of 60,000 words less than a mebibyte, a thousand reports a tenth of one.
    VOCABULARY: 2**23,
    TOKENIZER: 2**24,
    HISTORY: 2**23,
    METRICS: 2**20,
    WEIGHTS: 2**32,
    ATLAS: 2**32,
    PLAYBACK: 2**32,
}
"""Maximum bytes of each file: a larger one is a mistake or an attack."""


def checkpoints() -> Path:
    """The folder of new runs: `checkpoints/` here, or else that of a checkout."""
    here = Path("checkpoints")
    checkout = shipped_files.PACKAGE.parent / "checkpoints"
    return here if here.is_dir() or not checkout.is_dir() else checkout


def shipped() -> Path:
    """The folder of the runs that come with the package."""
    return shipped_files.root() / "checkpoints"


def users() -> Path:
    """The folder of the runs made from the page, and of unpacked ones."""
    return home() / "runs"


def roots() -> list[Path]:
    """The folders that are searched for runs, those that ship last."""
    more = os.environ.get("EXPLORER_RUNS", "").split(os.pathsep)
    given = (Path(part).expanduser() for part in more if part)
    return [checkpoints(), *given, users(), shipped()]


def searched() -> str:
    """The folders of `roots` as a message names them."""
    return ", ".join(dict.fromkeys(os.path.realpath(root) for root in roots()))


def find(run: str | Path) -> Path:
    """The folder of RUN: a path, or the name of a listed run.

    Raises:
        ExplorerError: If there is no such run; the message lists folders and runs.
    """
    path = Path(run)
    if _has_recipe(path):
        return path
    listed = by_name()
    if str(run) in listed:
        return listed[str(run)]
    if os.path.isdir(path):  # noqa: PTH112 - False, not an error, if unreadable
        raise ExplorerError(f"{path} is not a run: it has no {CONFIG}")
    names = ", ".join(sorted(listed)) or "none yet; create one with `explorer new`"
    raise ExplorerError(f"there is no run {str(run)!r} in {searched()}; runs there: {names}")


def list_runs() -> list[Path]:
    """Every run folder: those below `roots`, and the registered ones."""
    runs: dict[str, Path] = {}
    for root in roots():
        real = root.resolve()  # of each folder it would cost most of a page's start
        for folder in [root, *_inside(root)]:
            if _has_recipe(folder):
                is_plain = folder != root and not folder.is_symlink()
                target = real / folder.name if is_plain else folder.resolve()
                runs.setdefault(str(target), folder)
    with suppress(ExplorerError):  # `unreadable_roots` says it
        for folder in registered():
            if _has_recipe(folder):
                runs.setdefault(str(folder.resolve()), folder)
    return list(runs.values())


def _has_recipe(folder: Path) -> bool:
    try:
        return (folder / CONFIG).is_file()
    except OSError:
        return False  # an unreadable folder of another user


def _inside(root: Path) -> list[Path]:
    try:
        return sorted(root.iterdir())
    except OSError:
        return []  # missing or unreadable


def unreadable_roots() -> list[str]:
    """Where runs may be that cannot be listed, each with the reason."""
    reasons = []
    try:
        registered()
    except ExplorerError as error:
        reasons.append(str(error))
    for root in dict.fromkeys(roots()):
        try:
            next(root.iterdir(), None)
        except FileNotFoundError:
            continue
        except OSError as error:
            reasons.append(f"{root} cannot be listed: {error.strerror or error}")
    return reasons


def by_name() -> dict[str, Path]:
    """Run folders by name; of two with the same name, the first of `list_runs`."""
    runs: dict[str, Path] = {}
    for folder in list_runs():
        runs.setdefault(folder.name, folder)
    return runs


def shown_name(folder: Path) -> str:
    """The name of a folder; bytes that are not UTF-8 as U+FFFD."""
    return os.fsencode(folder.name).decode("utf-8", "replace")


def typed(folder: Path) -> str:
    """The argument that names a run: its name if that means this folder, otherwise its path."""
    listed = by_name().get(folder.resolve().name)
    is_listed = listed is not None and listed.resolve() == folder.resolve()
    return folder.resolve().name if is_listed else str(folder)


def command(verb: str, folder: Path, *options: str) -> str:
    """A shell command for a run."""
    return " ".join(["explorer", verb, shlex.quote(typed(folder)), *options])


def no_map(folder: Path) -> str:
    """The message for a run without a map."""
    return f"{folder.resolve().name} has no map yet: run `{command('atlas', folder)}`"


def is_report(folder: Path) -> bool:
    """Whether a run has metrics but no weights."""
    return (folder / METRICS).is_file() and not (folder / WEIGHTS).is_file()


def _registry_path() -> Path:
    return home() / "runs.json"


def registered() -> list[Path]:
    """The run folders `explorer add` registered."""
    path = _registry_path()
    if not path.is_file():
        return []
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        return [Path(entry) for entry in entries]
    except OSError as error:
        raise atomic_files.unreadable(path, error) from None
    except (ValueError, TypeError, RecursionError):
        raise ExplorerError(f"{path} is damaged: delete it and add the runs again") from None


def register(folder: Path) -> None:
    """Registers a run folder, so that every listing shows it."""
    path = _registry_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Otherwise a concurrent `add` could overwrite this entry.
        with FileLock(path.with_suffix(".lock")):
            entries = sorted({str(entry) for entry in registered()} | {str(folder.resolve())})
            write_text(path, json.dumps(entries, indent=1))
    except OSError as error:
        raise unwritable(path, error) from None


def write_checksums(folder: Path, *written: str) -> None:
    """Writes `SHA256SUMS`, in the format of `sha256sum`, for the files of `CHECKSUMMED`.

    Args:
        folder: The run folder.
        written: Files just written; the others keep their checksums, so that a later change still
            shows. If empty, all are computed.
    """
    known = checksums(folder) if written else {}
    there = [name for name in CHECKSUMMED if (folder / name).is_file()]
    known |= {name: sha256(folder / name) for name in written or there}
    _write_checksums(folder, ((name, known[name]) for name in there if name in known))


def announce_checksums(folder: Path, new: dict[str, str]) -> None:
    """Adds the checksums of files that are about to be written; the former ones stay valid."""
    _write_checksums(folder, [*(new | checksums(folder)).items(), *new.items()])


def _write_checksums(folder: Path, entries: Iterable[tuple[str, str]]) -> None:
    write_text(folder / SUMS, "".join(f"{digest}  {name}\n" for name, digest in entries))


def checksums(folder: Path) -> dict[str, str]:
    """The checksums of `SHA256SUMS` by file name.

    A file has two while it is written: the one that fits is returned, and none if it is missing.
    """
    known: dict[str, list[str]] = {}
    for line in _checksum_lines(folder):
        digest, _, name = line.partition("  ")
        known.setdefault(name, []).append(digest)
    for name in [name for name in CHECKSUMMED if len(known.get(name, ())) > 1]:
        if (folder / name).is_file():
            actual = sha256(folder / name)
            known[name].append(actual if actual in known[name] else known[name][-1])
        else:
            del known[name]
    return {name: digests[-1] for name, digests in known.items()}


def _checksum_lines(folder: Path) -> list[str]:
    path = folder / SUMS
    try:
        text = atomic_files.read(path, LARGEST[SUMS]).decode(errors="replace")
    except FileNotFoundError:
        raise ExplorerError(
            f"{path} is missing: the run is incomplete, or was never trained"
        ) from None
    return text.splitlines()


def is_intact(folder: Path, name: str) -> bool:
    """Whether a file exists and matches its checksum."""
    path = folder / name
    if not path.is_file() or not (folder / SUMS).is_file():
        return False
    return checksums(folder).get(name) == sha256(path)


_REMEDIES = {
    METRICS: "`explorer evaluate` measures the run again",
    ATLAS: "`explorer atlas` draws the map again",
    PLAYBACK: "`explorer atlas` draws the map again",
}


def verify(folder: Path, name: str) -> Path:
    """The path of a file, after its checksum was verified.

    Raises:
        ExplorerError: If it is missing, too large or does not match its checksum.
    """
    path = folder / name
    if not path.is_file():
        raise ExplorerError(f"{path} is missing: the run is incomplete")
    atomic_files.check_in_folder(path)
    try:
        if path.stat().st_size > LARGEST[name]:
            raise ExplorerError(f"{path} is larger than the maximum of {LARGEST[name]:,} bytes")
        is_same = checksums(folder).get(name) == sha256(path)
    except OSError as error:
        raise atomic_files.unreadable(path, error) from None
    if not is_same:
        raise ExplorerError(
            f"{path} does not match its checksum in {SUMS}: it was truncated or changed; copy "
            f"the run again, or {_REMEDIES.get(name, 'train it again')}"
        )
    return path


def weights_of(folder: Path) -> Path:
    """The path of a trained run's weights, after their checksum was verified.

    Raises:
        ExplorerError: If the run is not trained, or the weights do not match their checksum.
    """
    if not (folder / WEIGHTS).is_file():
        raise ExplorerError(f"{folder} is not trained yet: run `{command('train', folder)}`")
    return verify(folder, WEIGHTS)


def stamp(folder: Path) -> str:
    """Identifies a state of a run on this machine: no other folder or state shares it.

    A copy of a run may have the same weights and other words.
    """
    digests = checksums(folder)
    known = [digests.get(name, "") for name in (WEIGHTS, ATLAS, VOCABULARY, TOKENIZER)]
    recipe = hashlib.sha256(atomic_files.read(folder / CONFIG, LARGEST[CONFIG])).hexdigest()
    return _stamp(folder, os.path.realpath(folder), recipe, *known)


def lasting_stamp(folder: Path) -> str:
    """Identifies a state of a run by its name, weights and map, wherever its folder is."""
    digests = checksums(folder)
    return _stamp(folder, digests.get(WEIGHTS, "") + digests.get(ATLAS, ""))


def _stamp(folder: Path, *parts: str) -> str:
    mark = hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()
    return f"{folder.resolve().name}-{mark[:12]}"


def write_history(folder: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Writes `history.csv`: one row a report, with the union of their columns."""
    rows = list(rows)
    columns = list(dict.fromkeys(key for row in rows for key in row))
    text = io.StringIO()
    table = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    write_text(folder / HISTORY, text.getvalue())


def read_history(folder: Path) -> dict[str, list[float | None]]:
    """The columns of `history.csv`; None for values a report lacks."""
    path = folder / HISTORY
    if not path.is_file():
        return {}
    try:
        text = atomic_files.read(path, LARGEST[HISTORY]).decode("utf-8")
        head, *rows = csv.reader(io.StringIO(text, newline="")) if text else [[]]
        cells = [[float(cell) if cell else None for cell in row] for row in rows if row]
        # Strict, or a short row would pass.
        columns = zip(head, zip(*cells, strict=True), strict=True) if cells else ()
        return {name: list(column) for name, column in columns}
    except (ValueError, csv.Error):
        raise ExplorerError(f"{path} is damaged: it is not a table of numbers") from None


def read_metrics(folder: Path) -> dict[str, Any]:
    """`metrics.json`, validated; empty for a run that was not evaluated.

    All readers use this, so that none meets an entry of a wrong type or range.

    Raises:
        ExplorerError: If it is damaged or invalid.
    """
    path = folder / METRICS
    if not path.is_file():
        return {}
    try:
        text = atomic_files.read(verify(folder, METRICS), LARGEST[METRICS]).decode("utf-8")
        metrics = json.loads(text, parse_constant=_no_constant)
        entries.check(metrics)
    except (ValueError, RecursionError) as error:
        raise ExplorerError(f"{path} is damaged: {error}; {_REMEDIES[METRICS]}") from None
    return entries.current(metrics)


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not a finite number")
