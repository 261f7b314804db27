"""What is known of each sentence of a map: the columns of the map, and of the user's file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Int32, Real

from explorer.errors import ExplorerError
from explorer.explore.mapped_run import MappedRun
from explorer.system.cache import Cache
from explorer.text import corpora, other_columns, typed_column
from explorer.text.file_columns import Dialect
from explorer.text.typed_column import Kind, TypedColumn

OF_FILE = "column"
"""Begins the keys of a file's columns: `column:price`."""

_maps: Cache["dict[str, Column]"] = Cache(4)
_files: Cache["dict[str, Column]"] = Cache(4)
_distances: Cache[np.ndarray] = Cache(8)


class AtlasNumber(NamedTuple):
    """A number of each sentence that the map has, or that follows from it."""

    title: str
    unit: str
    of: Callable[[Any], np.ndarray]
    """From an atlas."""
    help: str


def _distance(atlas: Any) -> np.ndarray:
    def compute() -> np.ndarray:
        centre = atlas.mean.mean(axis=0, dtype=np.float64).astype(np.float32)
        return np.linalg.norm(atlas.mean - centre, axis=1)

    return _distances.get(atlas, compute)


COLUMNS = {
    "length": AtlasNumber("length", "tokens", lambda atlas: atlas.tokens, "Tokens."),
    "distortion": AtlasNumber(
        "distortion", "nats", lambda atlas: atlas.distortion, "−log p(x | z), nats per sentence."
    ),
    "rate": AtlasNumber("rate", "nats", lambda atlas: atlas.rate, "KL, nats per sentence."),
    "distance": AtlasNumber(
        "distance", "units of z", _distance, "From the mean of all sentences, in units of z."
    ),
}
"""Numbers whose range selects sentences."""


@dataclass(frozen=True, eq=False)
class Column:
    """A value of each sentence of a map.

    Attributes:
        key: Identifies it; in a selection it precedes the value.
        title: For people.
        unit: Of numbers; empty for none.
        kind: What it holds.
        numbers: Of numbers, the values; of dates, days since 1970; not a number where empty.
        codes: Of categories, the index of the name; −1 for none.
        names: Of categories.
    """

    key: str
    title: str
    kind: Kind
    unit: str = ""
    numbers: Real[np.ndarray, " n"] | None = None
    codes: Int32[np.ndarray, " n"] | None = None
    names: Sequence[str] = ()

    def equal(self, name: str, missing: str = "") -> Bool[np.ndarray, " n"]:
        """Where a column of categories has a value.

        Raises:
            ExplorerError: Saying `missing`, if nowhere.
        """
        assert self.codes is not None
        result = (
            self.codes == self.names.index(name)
            if name in self.names
            else np.zeros(len(self.codes), bool)
        )
        if missing and not result.any():
            raise ExplorerError(missing)
        return result

    def between(self, low: float | None, high: float | None) -> Bool[np.ndarray, " n"]:
        """Where numbers or dates lie between two bounds, both included; None for no bound."""
        assert self.numbers is not None
        result = np.isfinite(self.numbers)
        if low is not None:
            result &= self.numbers >= low
        if high is not None:
            result &= self.numbers <= high
        return result


def columns_of(run: MappedRun) -> dict[str, Column]:
    """The columns of a map and of the user's file, by key."""
    return of_map(run) | of_file(run)


def of_file(run: MappedRun) -> dict[str, Column]:
    """The columns of the user's file, by key, while it is there; it is read on first use."""
    return _files.get((run, run.texts_are_real), lambda: _of_file(run))


def of_map(run: MappedRun) -> dict[str, Column]:
    """The columns of a map alone, by key."""
    return _maps.get(run, lambda: _of_map(run))


def known(run: MappedRun) -> dict[str, Column]:
    """The columns of a map, and those of the user's file if it was read before."""
    return columns_of(run) if (run, run.texts_are_real) in _files else of_map(run)


def of(run: MappedRun, key: str) -> Column:
    """One column.

    Raises:
        ExplorerError: If the map has none of this key.
    """
    columns = of_map(run) if key in of_map(run) else columns_of(run)
    if key in columns:
        return columns[key]
    name = key.removeprefix(f"{OF_FILE}:")
    names = [item.title for item in columns.values() if item.key.startswith(f"{OF_FILE}:")]
    listed = f"it has {', '.join(names)}" if names else "only sentences from a table have columns"
    raise ExplorerError(f"the sentences of {run.name} have no column {name!r}; {listed}")


def _of_map(run: MappedRun) -> dict[str, Column]:
    atlas = run.needed_atlas
    result = [
        Column(key, item.title, "number", item.unit, numbers=np.asarray(item.of(atlas)))
        for key, item in COLUMNS.items()
    ]
    if atlas.label is not None:
        result.insert(0, _category("label", "label", typed_column.categories(atlas.label)))
    if atlas.levels:
        names = [item.name for item in atlas.levels[0]]
        codes = atlas.regions(0).astype(np.int32)
        result.append(Column("region", "region", "category", codes=codes, names=names))
    result.append(_category("split", "split", typed_column.categories(atlas.split)))
    return {column.key: column for column in result}


def _category(key: str, title: str, column: TypedColumn) -> Column:
    return Column(key, title, "category", codes=column.codes, names=column.names)


def _of_file(run: MappedRun) -> dict[str, Column]:
    """The other columns of the user's file; a named corpus has none."""
    recipe = run.config.corpus
    corpus = None if recipe.name else run.corpus
    if corpus is None or corpus.file_rows is None:
        return {}
    if corpus.checksum != run.needed_atlas.corpus_checksum:
        return {}
    rows = [corpus.file_rows[row] for row in run.needed_atlas.row.tolist()]
    used = {recipe.text_column, recipe.label_column} - {""}
    try:
        dialect = Dialect(encoding=recipe.encoding)
        cells = other_columns.read(corpora.user_file(recipe.path), used, rows, dialect)
    except (ExplorerError, IndexError):  # the file changed since it was read
        return {}
    result = {}
    for name, values in cells.items():
        item, key = typed_column.typed(values), f"{OF_FILE}:{name}"
        result[key] = Column(key, name, item.kind, "", item.numbers, item.codes, item.names)
    return result
