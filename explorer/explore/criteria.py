"""What sentences of a map can be selected by: one condition each."""

import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.errors import ExplorerError
from explorer.explore import columns, polygons
from explorer.explore.column_criteria import FileColumn, Range
from explorer.explore.columns import COLUMNS
from explorer.explore.criterion import Criterion, Mask, TextCriterion, Value, digits, number
from explorer.explore.map_views import FARTHEST, VIEWS, view_of
from explorer.explore.mapped_run import MappedRun
from explorer.explore.tags import Tag
from explorer.latent_space.name_by_example import is_example
from explorer.system.cache import Cache

MAX_PATTERN = 300
"""Characters of a regular expression."""
REGEX_SECONDS = 3.0
"""What a regular expression may take."""
MAX_NEAR = 100_000
DEFAULT_NEAR = 100

_CHUNK = 1024  # sentences between two checks of the clock

_texts: Cache[list[Any]] = Cache(4)


class Label(TextCriterion):
    """The corpus' own label."""

    name = "label"
    help = "Sentences with a given label of the corpus."
    input = "Label"

    @classmethod
    def options(cls, run: MappedRun) -> Counter[str]:
        return Counter(run.needed_atlas.label or ())

    @classmethod
    def read(cls, name: str, value: Value) -> "Criterion":
        return cls(value.text)  # a label may be empty

    def mask(self, run: MappedRun) -> Mask:
        if run.needed_atlas.label is None:
            raise ExplorerError(f"the sentences of {run.name} have no labels")
        missing = f"no sentence of this map has the label {self.text!r}"
        return columns.of(run, "label").equal(self.text, missing)


class Split(TextCriterion):
    """Training, validation or test."""

    name = "split"
    help = "Sentences of the training, validation or test split: train, valid, test."
    input = "Split"

    @classmethod
    def options(cls, run: MappedRun) -> Counter[str]:
        return Counter(run.needed_atlas.split)

    def mask(self, run: MappedRun) -> Mask:
        missing = f"no sentence of this map is in the split {self.text!r}"
        return columns.of(run, "split").equal(self.text, missing)


class Region(TextCriterion):
    """A named region, of the coarsest level that has the name."""

    name = "region"
    help = "Sentences of a named region of the map."
    input = "Region"

    @classmethod
    def options(cls, run: MappedRun) -> Counter[str]:
        counts: Counter[str] = Counter()
        for level in reversed(run.needed_atlas.levels):  # a name stands for its coarsest region
            counts |= {item.name: item.size for item in level}
        return counts

    @property
    def title(self) -> str:
        return f"{self.name} {self.text}" if is_example(self.text) else super().title

    def mask(self, run: MappedRun) -> Mask:
        atlas = run.needed_atlas
        for level, items in enumerate(atlas.levels):
            for item in items:
                if item.name == self.text:
                    return atlas.regions(level) == item.id
        raise ExplorerError(f"this map has no region {self.text!r}")


class Words(TextCriterion):
    """All of these words, as in the search of the page."""

    name = "words"
    help = (
        "Sentences with all of these words; a word also matches longer words that begin with it."
    )
    input = "Words"

    def mask(self, run: MappedRun) -> Mask:
        return _mask_of(run, run.matching(self.text))


class Regex(TextCriterion):
    """A regular expression, in RE2's syntax: its time is linear in the text."""

    name = "regex"
    help = "Sentences that match a regular expression (RE2), ignoring case: `^two .* (run|sit)`"
    input = "Regular expression"
    max_length = MAX_PATTERN

    @property
    def title(self) -> str:
        return f"matches {self.text}"

    @classmethod
    def read(cls, name: str, value: Value) -> "Criterion":
        if len(value.text) > MAX_PATTERN:
            raise ExplorerError(
                f"a regular expression must have at most {MAX_PATTERN} characters, not "
                f"{len(value.text)}"
            )
        return super().read(name, value)

    def mask(self, run: MappedRun) -> Mask:
        import pyarrow as pa
        import pyarrow.compute as pc

        parts, started = [], time.monotonic()
        for done, chunk in enumerate(_chunks(run)):
            if time.monotonic() - started > REGEX_SECONDS:
                raise ExplorerError(
                    f"the regular expression {self.text!r} took more than {REGEX_SECONDS:g} s for "
                    f"{done * _CHUNK:,} of {len(run.texts):,} sentences: use a simpler one"
                )
            try:
                matches = pc.match_substring_regex(chunk, self.text, ignore_case=True)  # type: ignore
            except pa.ArrowInvalid as error:
                raise ExplorerError(
                    f"the regular expression {self.text!r} is malformed: {error}"
                ) from None
            parts.append(matches.to_numpy(zero_copy_only=False))
        return np.concatenate(parts).astype(bool)


@dataclass(frozen=True)
class Near(Criterion):
    """The sentences nearest to a typed one, in latent space."""

    name = "near"
    help = "The sentences nearest to a sentence you type, by cosine of centred latents."

    text: str
    count: int = DEFAULT_NEAR

    @property
    def value(self) -> Value:
        return Value(self.text, self.count)

    @property
    def title(self) -> str:
        return f"{self.count:,} nearest to “{self.text}”"

    @classmethod
    def read(cls, name: str, value: Value) -> "Criterion":
        count = DEFAULT_NEAR if value.number is None else value.number
        if not value.text.strip() or not 1 <= count <= MAX_NEAR:
            raise ExplorerError(f"{name} needs a sentence and a count from 1 to {MAX_NEAR:,}")
        return cls(value.text, count)

    def mask(self, run: MappedRun) -> Mask:
        index, _ = run.needed_atlas.index.nearest(run.encode([self.text]), self.count)
        return _mask_of(run, index[0])


@dataclass(frozen=True)
class Area(Criterion):
    """A polygon drawn on a view of the map; `of` simplifies what was drawn."""

    name = "area"
    help = "Sentences in a polygon of the map."

    view: str
    corners: tuple[tuple[float, float], ...]

    @classmethod
    def of(cls, view: str, points: Any) -> "Area":
        """The polygon of a drawn outline, with few corners.

        Raises:
            ExplorerError: If it is no polygon.
        """
        drawn = np.asarray(points, np.float64)
        if drawn.ndim != 2 or drawn.shape[1] != 2 or len(drawn) < 3:
            raise ExplorerError("an area of the map needs at least three corners")
        corners = polygons.simplified(np.clip(drawn, -FARTHEST, FARTHEST)).tolist()
        return cls(view, tuple((digits(x), digits(y)) for x, y in corners))

    @property
    def value(self) -> Value:
        numbers = (f"{value:.12g}" for corner in self.corners for value in corner)
        return Value(f"{self.view}:{'_'.join(numbers)}")

    @property
    def title(self) -> str:
        return f"area of the {VIEWS[self.view].title}"

    @classmethod
    def read(cls, name: str, value: Value) -> "Criterion":
        view, _, rest = value.text.partition(":")
        if view not in VIEWS:
            raise ExplorerError(f"{name}: must begin with a layout: {', '.join(VIEWS)}")
        numbers = [number(part) for part in rest.split("_")]
        if len(numbers) % 2 or not 6 <= len(numbers) <= 2 * polygons.MAX_CORNERS:
            raise ExplorerError(
                f"{name}: has {len(numbers)} coordinates; a polygon needs 3 to "
                f"{polygons.MAX_CORNERS} corners of two each"
            )
        if max(map(abs, numbers)) > FARTHEST:
            raise ExplorerError(f"{name}: reaches beyond {FARTHEST:,.0f} units of the map")
        return cls(view, tuple(zip(numbers[::2], numbers[1::2], strict=True)))

    def mask(self, run: MappedRun) -> Mask:
        return polygons.inside(view_of(run, self.view).xy, np.array(self.corners))


CRITERIA: dict[str, type[Criterion]] = {
    **{item.name: item for item in (Label, Region, Words, Regex, Near, Split, Area)},
    FileColumn.name: FileColumn,
    Tag.name: Tag,
    **dict.fromkeys(COLUMNS, Range),
}
"""Conditions by the name they are written with."""


def _chunks(run: MappedRun) -> list[Any]:
    """The texts of a map as Arrow arrays, which take longer to make than to search."""
    import pyarrow as pa

    def compute() -> list[Any]:
        texts = run.texts
        starts = range(0, len(texts), _CHUNK)
        return [pa.array(texts[first : first + _CHUNK], pa.string()) for first in starts]

    return _texts.get((run, run.texts_are_real), compute)


def _mask_of(run: MappedRun, rows: np.ndarray) -> Mask:
    result = np.zeros(len(run.needed_atlas), bool)
    result[rows] = True
    return result
