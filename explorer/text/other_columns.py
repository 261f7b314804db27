"""The columns of a user's file beside that of the sentences."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from explorer.errors import ExplorerError
from explorer.text import read_file
from explorer.text.file_columns import Dialect, columns_of

MAX_COLUMNS = 40


def read(
    path: Path, without: Collection[str], rows: Sequence[int], dialect: Dialect | None = None
) -> dict[str, list[Any]]:
    """The cells of the other columns, by name.

    Args:
        path: The file.
        without: Names of columns that are left out.
        rows: The rows that are wanted, from 0.
        dialect: How it is read where its contents leave a choice.

    Returns:
        At most `MAX_COLUMNS`, without those whose cells are neither text nor number, such as
        vectors; nothing for plain text.

    Raises:
        ExplorerError: If the file cannot be read.
    """
    kind, dialect = read_file.kind_of(path), dialect or read_file.DIALECT
    if read_file.is_plain(kind, dialect):
        return {}
    columns = columns_of(path, kind, dialect, _skip, read_file.as_sentence)
    result: dict[str, list[Any]] = {}
    for index, name in enumerate(columns.names):
        if not name.strip() or name in without or name in result or len(result) == MAX_COLUMNS:
            continue
        try:
            cells = columns.cells(index)
        except ExplorerError:
            continue  # a Parquet column that is neither text nor number
        if not any(isinstance(cell, list | dict | tuple | bytes) for cell in cells[:100]):
            result[name] = [cells[row] for row in rows]
    return result


def _skip(error: ExplorerError, row: str) -> None:
    """Rows that cannot be read were reported with the sentences."""
