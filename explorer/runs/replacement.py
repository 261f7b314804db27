"""Replaces files of a run together with their checksums, and removes a training's state."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from explorer.runs import folder as folders
from explorer.system import temporary_files
from explorer.system.atomic_files import unwritable
from explorer.system.file_checksums import sha256


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """A scratch folder; the files that the block writes there replace those of the run.

    However the process ends, each file matches a checksum: while it is replaced, `SHA256SUMS` has
    two lines for it, for the old content and for the new; twice for the new if there is no old.

    Raises:
        ExplorerError: If the disk is full or the folder cannot be written. Errors raised in the
            block propagate, and nothing is replaced.
    """
    try:
        scratch = temporary_files.scratch_folder(folder)
        with scratch as new:
            yield new
            names = sorted(item.name for item in new.iterdir())
            folders.announce_checksums(folder, {name: sha256(new / name) for name in names})
            for name in names:
                (new / name).replace(folder / name)
            folders.write_checksums(folder, *names)
    except OSError as error:
        raise unwritable(folder, error) from None


def discard_state(folder: Path) -> None:
    """Removes the state of a training in one step: a part of it would be taken for the whole."""
    with temporary_files.scratch_folder(folder) as scratch, suppress(FileNotFoundError):
        (folder / folders.STATE).rename(scratch / folders.STATE)
