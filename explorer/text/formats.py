"""Formats of published files: from text to rows of cells."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence

from explorer.text.named_corpus import RemoteFile

Cells = list[str]


def lines(text: str) -> list[str]:
    """Splits at newlines only; other Unicode line separators stay."""
    return text.removesuffix("\n").split("\n")


def _lines(text: str, columns: Sequence[int | str]) -> Iterator[Cells]:
    return ([line] for line in lines(text))


def _tsv(text: str, columns: Sequence[int | str]) -> Iterator[Cells]:
    """Without header and without quoting; a row may have fewer columns."""
    for line in lines(text):
        cells = dict(enumerate(line.split("\t")))
        yield [cells[column] for column in columns if column in cells]


def _csv(text: str, columns: Sequence[int | str]) -> Iterator[Cells]:
    """With a header that names the columns."""
    for row in csv.DictReader(io.StringIO(text, newline="")):
        yield [row[column] for column in columns]


def _json(text: str, columns: Sequence[int | str]) -> Iterator[Cells]:
    """A JSON object of lists of rows."""
    for rows in json.loads(text).values():
        for row in rows:
            yield [row[column] for column in columns]


FORMATS: dict[str, Callable[[str, Sequence[int | str]], Iterator[Cells]]] = {
    "lines": _lines,
    "tsv": _tsv,
    "csv": _csv,
    "json": _json,
}


def rows(file: RemoteFile, text: str) -> Iterator[Cells]:
    """The rows of a published file, each with the cells of `file.columns`."""
    return FORMATS[file.format](text, file.columns)
