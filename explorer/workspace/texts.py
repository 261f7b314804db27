"""A person's texts: uploads while they are previewed, and the sentences of runs made from them."""

import hashlib
import io
import re
import shutil
import time
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePath
from typing import IO, Any

from explorer.errors import ExplorerError
from explorer.runs import folder as folders
from explorer.runs.names import check_name
from explorer.system import atomic_files, table_writers
from explorer.text.preview import Refused
from explorer.text.read_file import Table
from explorer.text.typed_column import text_of

TEXT, LABEL, VECTOR = "text", "label", "vector"
"""The columns of a stored text."""

MAX_NAME = 40
_TITLE = b"explorer.title"
_UPLOAD_DAYS = 2.0


def root() -> Path:
    """The folder of texts."""
    return atomic_files.home() / "texts"


def path_of(name: str) -> Path:
    """The file with the sentences of the run of this name."""
    return root() / f"{check_name(name)}.parquet"


def free_name(title: str) -> str:
    """A run name made from a file's name, that no run or text has: with `-2` if need be."""
    slug = _slug(title)
    taken = set(folders.by_name())
    number, name = 1, slug
    while name in taken or path_of(name).exists() or (folders.users() / name).exists():
        number += 1
        name = f"{slug}-{number}"
    return name


def _slug(title: str) -> str:
    stem = PurePath(title.replace("\\", "/")).name
    for ending in (".gz", ".zip"):
        stem = stem.removesuffix(ending)
    stem = stem.rpartition(".")[0] or stem
    plain = unicodedata.normalize("NFKC", stem).lower()
    slug = re.sub(r"[\W_]+", "-", plain).strip("-")[:MAX_NAME].strip("-")
    try:
        return check_name(slug)
    except ExplorerError:
        return "my-text"


def store(
    name: str, title: str, table: Table, others: Mapping[str, Sequence[Any]] | None = None
) -> Path:
    """Writes the sentences of a text, atomically; refuses a name that is taken.

    Args:
        name: Of the run to come.
        title: The name of the file a person chose.
        table: The sentences.
        others: Further columns of the file, by name.

    Raises:
        ExplorerError: If there is such a text or run, or the folder cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = path_of(name)
    if path.exists() or name in folders.by_name():
        raise ExplorerError(f"there is already a run {name!r}: choose another name")
    columns: dict[str, Any] = {TEXT: table.texts}
    if table.labels is not None:
        columns[LABEL] = table.labels
    if table.vectors is not None:
        flat = pa.array(table.vectors.reshape(-1))
        columns[VECTOR] = pa.FixedSizeListArray.from_arrays(flat, table.vectors.shape[1])
    for column, cells in (others or {}).items():
        while column in (*columns, TEXT, LABEL, VECTOR):  # those have a meaning
            column += " (2)"
        columns[column] = [text_of(cell) for cell in cells]
    rows = pa.table(columns).replace_schema_metadata({_TITLE: title.encode()})
    buffer = io.BytesIO()
    pq.write_table(rows, buffer, compression="zstd", write_page_checksum=True)
    atomic_files.write(path, lambda file: file.write(buffer.getvalue()))
    return path


def title_of(name: str) -> str:
    """The name of the file that a stored text was read from."""
    import pyarrow.parquet as pq

    with suppress(OSError, ValueError):
        metadata = pq.read_schema(path_of(name)).metadata or {}
        return metadata.get(_TITLE, name.encode()).decode(errors="replace")
    return name


def has_labels(name: str) -> bool:
    """Whether a stored text has labels."""
    import pyarrow.parquet as pq

    return LABEL in pq.read_schema(path_of(name)).names


def count(name: str) -> int:
    """The number of sentences of a stored text; 0 if there is none."""
    import pyarrow.parquet as pq

    with suppress(OSError, ValueError):
        return int(pq.read_metadata(path_of(name)).num_rows)
    return 0


def remove(name: str) -> None:
    """Deletes a run of the user's folder and its text."""
    shutil.rmtree(folders.users() / check_name(name), ignore_errors=True)
    path_of(name).unlink(missing_ok=True)


def upload(title: str, fill: Callable[[IO[bytes]], object], digest: str) -> Path:
    """Stores an uploaded file for its preview, under its own ending; equal files once.

    Args:
        title: The name of the file.
        fill: Writes its bytes.
        digest: Identifies them.
    """
    folder = root() / ".uploads" / hashlib.sha256(digest.encode()).hexdigest()[:24]
    name = PurePath(title.replace("\\", "/")).name.lstrip(".") or "text"
    path = folder / name[-100:]
    if not path.is_file():
        _remove_old_uploads()
        atomic_files.write(path, fill)
    return path


def _remove_old_uploads() -> None:
    before = time.time() - _UPLOAD_DAYS * 86_400
    with suppress(OSError):
        for folder in (root() / ".uploads").iterdir():
            if folder.stat().st_mtime < before:
                shutil.rmtree(folder, ignore_errors=True)


def refused_csv(refused: list[Refused]) -> bytes:
    """The refused rows as a CSV file; no cell is a formula to a spreadsheet."""
    columns = {
        "where": [item.where for item in refused],
        "reason": [item.reason for item in refused],
        "row": [item.text for item in refused],
    }
    return table_writers.as_csv(columns).encode("utf-8-sig")
