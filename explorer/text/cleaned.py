"""The cached rows of an assembled corpus."""

import hashlib
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from explorer.system import atomic_files
from explorer.text import cleaning
from explorer.text.named_corpus import NamedCorpus, Row

_KEY = b"explorer.cleaned"

Columns = dict[str, list[str]]
"""A column for each field of `Row`."""


def mark(corpus: NamedCorpus) -> str:
    """A hash of what decides the rows: the files' checksums and the version of the rules."""
    parts = [str(cleaning.RULES), *(file.sha256 for file in corpus.files)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def columns(rows: Iterable[Row]) -> Columns:
    """Converts rows to columns."""
    values = zip(*rows, strict=True)
    return {name: list(column) for name, column in zip(Row._fields, values, strict=True)}


def write(path: Path, corpus: NamedCorpus, rows: Columns) -> None:
    """Writes the rows atomically.

    Raises:
        ExplorerError: If the disk is full or the folder cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table(rows, _schema({_KEY: mark(corpus).encode()}))
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", write_page_checksum=True)
    atomic_files.write(path, lambda file: file.write(buffer.getvalue()))


def is_current(path: Path, corpus: NamedCorpus) -> bool:
    """Whether cached rows exist for these files and rules."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(path)
    except (pa.ArrowException, OSError):
        return False
    expected = _schema({_KEY: mark(corpus).encode()})
    return schema.equals(expected, check_metadata=True)


def read(path: Path, corpus: NamedCorpus) -> Columns | None:
    """The cached rows; None if they are missing, damaged or outdated."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not is_current(path, corpus):
        return None
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            table = file.read()
        table.validate(full=True)
        return table.to_pydict()
    except (pa.ArrowException, OSError, UnicodeDecodeError):
        return None


def _schema(metadata: dict[bytes, bytes] | None = None) -> Any:
    import pyarrow as pa

    return pa.schema([(name, pa.string()) for name in Row._fields], metadata)
