"""Packs a run into one checksummed .zip and unpacks it. Unpacking executes nothing."""

import hashlib
import shutil
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

from explorer import config as configs
from explorer.errors import ExplorerError
from explorer.runs import folder as folders
from explorer.runs.names import check_name
from explorer.system import temporary_files
from explorer.system.atomic_files import home, write
from explorer.system.file_checksums import sha256

CONTENTS = (
    folders.CONFIG,
    folders.VOCABULARY,
    folders.TOKENIZER,
    folders.WEIGHTS,
    folders.HISTORY,
    folders.METRICS,
    folders.ATLAS,
    folders.PLAYBACK,
    folders.CARD,
)
"""Files of a pack, besides its checksums: no corpus text, no training state."""

LARGEST_PACK = 6 * 2**30
"""Maximum unpacked bytes of a pack."""

RATIO = 100
"""Maximum compression ratio: weights pack to nine tenths, text to a fifth."""

SMALL_BYTES = 2**26
"""Unpacked bytes up to which the ratio is unlimited."""

_CHUNK = 2**20

_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Methods that unpack incrementally: bzip2 and LZMA expand a whole block at once."""


def pack(folder: Path, out: Path) -> Path:
    """Writes a trained run as one .zip with the checksum of every file.

    Args:
        folder: The run folder.
        out: The file to write; equal runs give equal files.

    Raises:
        ExplorerError: If the run is untrained or damaged, or the file cannot be written.
    """
    check_name(folder.resolve().name)
    configs.read(folder / folders.CONFIG)
    folders.read_metrics(folder)  # who receives the run would be told that they are damaged
    if not (folder / folders.WEIGHTS).is_file():
        raise ExplorerError(f"{folder} is not trained: there is nothing to pack yet")
    names = [name for name in CONTENTS if (folder / name).is_file()]
    for name in names:
        if (folder / name).resolve().parent != folder.resolve():
            raise ExplorerError(f"{folder / name} is a link to a file elsewhere: it is not packed")
        if name in folders.CHECKSUMMED:
            folders.verify(folder, name)
    top = folder.resolve().name
    sums = "".join(f"{sha256(folder / name)}  {name}\n" for name in names)

    def fill(file: IO[bytes]) -> None:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in names:
                with (
                    (folder / name).open("rb") as source,
                    archive.open(_entry(top, name), "w", force_zip64=True) as target,
                ):
                    shutil.copyfileobj(source, target, _CHUNK)
            archive.writestr(_entry(top, folders.SUMS), sums)

    write(out, fill)
    return out


def _entry(top: str, name: str) -> zipfile.ZipInfo:
    # A fixed date, so that equal runs give equal packs.
    entry = zipfile.ZipInfo(f"{top}/{name}", (1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = (stat.S_IFREG | 0o644) << 16
    return entry


def add(path: Path, force: bool = False) -> Path:
    """Registers a run from elsewhere.

    Args:
        path: A run folder, which is not moved, or a pack, which is unpacked into the user's data
            folder.
        force: Whether to replace a run unpacked earlier under that name.

    Returns:
        The run's folder.

    Raises:
        ExplorerError: If it is neither, or damaged, or would replace a run.
    """
    if path.is_dir():
        check(path)
        folders.register(path)
        return path.resolve()
    if not path.is_file():
        raise ExplorerError(f"{path} does not exist")
    if not zipfile.is_zipfile(path):
        raise ExplorerError(f"{path} is neither a run folder nor a pack, or it is truncated")
    folder = unpack(path, home() / "runs", force)
    folders.register(folder)
    return folder


def check(folder: Path) -> None:
    """Reads the recipe and verifies every checksum.

    Raises:
        ExplorerError: If the folder is no run, or a file is missing or changed.
    """
    if not (folder / folders.CONFIG).is_file():
        raise ExplorerError(f"{folder} is not a run: it has no {folders.CONFIG}")
    configs.read(folder / folders.CONFIG)
    folders.read_metrics(folder)
    if not (folder / folders.SUMS).is_file() and not (folder / folders.WEIGHTS).exists():
        return  # a recipe that is not trained yet
    for name in folders.checksums(folder):
        if name not in CONTENTS:
            raise ExplorerError(
                f"{folder / folders.SUMS} lists {name!r}, which is not a file of a run"
            )
        # Recipe and card may be edited.
        if name in folders.CHECKSUMMED:
            folders.verify(folder, name)


def unpack(path: Path, root: Path, force: bool = False) -> Path:
    """Unpacks a pack below a folder, completely or not at all.

    Only the known files of a run are written, under fixed names: no path of the archive is
    followed, no link created, nothing executed.

    Raises:
        ExplorerError: If the archive is no pack, is damaged, or the run exists already.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            top, entries = _listed(path, archive)
            target = root / top
            if target.exists() and not force:
                raise ExplorerError(f"{target} already exists: replace it with --force")
            root.mkdir(parents=True, exist_ok=True)
            with temporary_files.scratch_folder(root) as scratch:
                inside = scratch / top
                inside.mkdir()
                _extract(path, archive, entries, inside)
                check(inside)
                _put(inside, target, aside=scratch / temporary_files.REPLACED)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ExplorerError(f"{path} is damaged: {error}") from None
    except OSError as error:
        raise ExplorerError(f"cannot unpack {path}: {error.strerror or error}") from None
    return target


def _put(folder: Path, target: Path, aside: Path) -> None:
    """Renames a folder to `target`; an existing one goes back if that fails."""
    if target.exists():
        aside.mkdir()
        target.rename(aside / target.name)
    folder.rename(target)


def _listed(path: Path, archive: zipfile.ZipFile) -> tuple[str, dict[str, zipfile.ZipInfo]]:
    """The run's name and the archive's entries by file name, after checks of all of them."""
    entries: dict[str, zipfile.ZipInfo] = {}
    tops = set()
    for entry in archive.infolist():
        parts = PurePosixPath(entry.filename).parts
        name = parts[-1] if parts else ""
        if len(parts) != 2 or name not in (*CONTENTS, folders.SUMS) or "\\" in entry.filename:
            raise ExplorerError(f"{path} is not a pack: it contains {entry.filename!r}")
        if stat.S_ISLNK(entry.external_attr >> 16) or entry.is_dir() or name in entries:
            raise ExplorerError(f"{path} is not a pack: {entry.filename!r} is not a regular file")
        if entry.compress_type not in _COMPRESSIONS:
            raise ExplorerError(
                f"{path} is not a pack: {entry.filename!r} uses a compression that `explorer "
                "pack` does not"
            )
        _check_size(f"{path}: {entry.filename!r}", entry.file_size, folders.LARGEST[name])
        tops.add(parts[0])
        entries[name] = entry
    if len(tops) != 1 or folders.CONFIG not in entries or folders.SUMS not in entries:
        raise ExplorerError(
            f"{path} is not a pack: it must contain one folder with {folders.CONFIG} and "
            f"{folders.SUMS}"
        )
    size = sum(entry.file_size for entry in entries.values())
    _check_size(str(path), size, min(LARGEST_PACK, max(SMALL_BYTES, RATIO * path.stat().st_size)))
    return check_name(tops.pop()), entries


def _check_size(what: str, size: int, largest: int) -> None:
    if size > largest:
        raise ExplorerError(
            f"{what} would unpack to {size:,} bytes; at most {largest:,} are allowed"
        )


def _extract(
    path: Path, archive: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo], into: Path
) -> None:
    """Writes the entries and verifies the checksum of each."""
    digests = {name: _copy(archive, entry, into / name) for name, entry in entries.items()}
    expected = folders.checksums(into)
    del digests[folders.SUMS]
    if expected.keys() != digests.keys():
        odd = sorted(expected.keys() ^ digests.keys())[0]
        raise ExplorerError(f"{path} is incomplete: {odd!r} is missing or has no checksum")
    for name, digest in digests.items():
        if expected[name] != digest:
            raise ExplorerError(f"{path} is damaged: {name} does not match its checksum")


def _copy(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> str:
    digest = hashlib.sha256()
    left = entry.file_size
    with archive.open(entry) as source, target.open("xb") as file:
        # Counted here too: the declared size may be false.
        while chunk := source.read(min(_CHUNK, left + 1)):
            left -= len(chunk)
            if left < 0:
                raise zipfile.BadZipFile(f"{entry.filename} is larger than declared")
            digest.update(chunk)
            file.write(chunk)
    return digest.hexdigest()
