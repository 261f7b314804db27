"""Notes: what a person pinned on a page, with a text and tags, and where it is reopened."""

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from sqlite3 import Connection, Row
from urllib.parse import parse_qs, parse_qsl, quote, urlencode

import numpy as np
from jaxtyping import Int

from explorer.errors import ExplorerError
from explorer.explore import tags as tagged
from explorer.explore.mapped_run import MappedRun
from explorer.explore.selection import read_selection, rows_of
from explorer.workspace import database

KINDS = ("sentence", "location", "path", "direction", "selection", "comparison", "view")
"""What can be pinned."""

MAX_NOTE, MAX_TITLE, MAX_TAG, MAX_TAGS = 10_000, 500, 60, 20
MAX_ADDRESS = 16_000
_TRASH_DAYS = 30.0
"""How long a deleted note can be restored."""


@dataclass(frozen=True, slots=True)
class Note:
    """A pinned view of a page."""

    id: int
    kind: str
    run: str
    page: str
    """The page's name."""
    address: str
    """Its parameters, as in a link."""
    title: str
    """What is pinned, in words."""
    note: str
    tags: tuple[str, ...]
    created: float
    changed: float

    @property
    def link(self) -> str:
        """The address that reopens it, relative to the page's root."""
        return f"{'' if self.page == 'map' else self.page}?{self.address}"

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of its address."""
        return dict(parse_qsl(self.address, keep_blank_values=True))


def add(
    kind: str,
    run: str,
    page: str,
    parameters: Mapping[str, str],
    title: str,
    note: str = "",
    tags: Sequence[str] = (),
) -> int:
    """Saves a note; returns its number.

    Args:
        kind: One of `KINDS`.
        run: The run it is about.
        page: The page's name.
        parameters: Of the page's address.
        title: What is pinned, in words.
        note: The person's text.
        tags: The person's tags.

    Raises:
        ExplorerError: If a text or tag is too long, or the database cannot be written.
    """
    address = urlencode(parameters, quote_via=quote)
    if len(address) > MAX_ADDRESS:
        raise ExplorerError(f"the address of this view is too long: {len(address):,} characters")
    if kind not in KINDS:
        raise ExplorerError(f"a note must be one of {', '.join(KINDS)}, not {kind}")
    now = time.time()
    values = (kind, run, page, address, title[:MAX_TITLE], *_checked(note, tags), now, now)
    with database.writing() as base:
        _empty_trash(base, now)
        row = base.execute(
            "INSERT INTO notes (kind, run, page, address, title, note, tags, created, changed) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            values,
        )
        return int(row.lastrowid or 0)


def edit(number: int, note: str, tags: Sequence[str]) -> None:
    """Changes text and tags of a note.

    Raises:
        ExplorerError: If there is no such note, or as in `add`.
    """
    text, written = _checked(note, tags)
    _change(number, "note = ?, tags = ?, changed = ?", (text, written, time.time()))


def delete(number: int) -> None:
    """Deletes a note; `restore` undoes it for some weeks.

    Raises:
        ExplorerError: If there is no such note.
    """
    _change(number, "deleted = ?", (time.time(),))


def restore(number: int) -> None:
    """Undoes `delete`.

    Raises:
        ExplorerError: If the note is gone for good.
    """
    _change(number, "deleted = 0", ())


def notes(run: str = "", tag: str = "", kind: str = "", words: str = "") -> list[Note]:
    """Notes, the newest first.

    Args:
        run: Only of this run.
        tag: Only with this tag.
        kind: Only of this kind.
        words: Only with all of these words in title, text or tags, whatever their case.
    """
    wanted = words.casefold().split()
    return [
        note
        for note in _all()
        if (not run or note.run == run)
        and (not tag or tag in note.tags)
        and (not kind or note.kind == kind)
        and all(word in _searched(note) for word in wanted)
    ]


def all_tags(known: Iterable[Note] | None = None) -> list[str]:
    """The tags in use, the most frequent first."""
    counts: dict[str, int] = {}
    for note in _all() if known is None else known:
        for tag in note.tags:
            counts[tag] = counts.get(tag, 0) + 1
    return sorted(counts, key=lambda tag: (-counts[tag], tag))


def rows_by_tag(run: MappedRun) -> dict[str, Int[np.ndarray, " rows"]]:
    """Atlas indexes of the sentences with each tag of a run's notes, the newest tag first.

    A tag of a selection is one of all its sentences; of a comparison, a path or a direction it
    is of no sentence.
    """
    parts: dict[str, list[np.ndarray]] = {}
    for note in notes(run.name):
        rows = _rows(run, note) if note.tags else None
        if rows is not None:
            for tag in note.tags:
                parts.setdefault(tag, []).append(rows)
    return {tag: np.unique(np.concatenate(rows)) for tag, rows in parts.items()}


def _rows(run: MappedRun, note: Note) -> Int[np.ndarray, " rows"] | None:
    parameters = parse_qs(note.address)
    try:
        if note.kind == "selection":
            return rows_of(run, read_selection(parameters["select"][0]))
        if note.kind == "sentence":
            index = int(parameters["at"][0])
            return np.array([index]) if 0 <= index < len(run.needed_atlas) else None
    except (ExplorerError, KeyError, ValueError):
        return None  # a region of a map that was drawn again, a typed sentence
    return None


def _checked(note: str, tags: Sequence[str]) -> tuple[str, str]:
    """A text and tags as they are stored."""
    cleaned = list(dict.fromkeys(" ".join(tag.split()) for tag in tags if tag.strip()))
    if len(note) > MAX_NOTE:
        raise ExplorerError(f"a note can have at most {MAX_NOTE:,} characters, not {len(note):,}")
    if len(cleaned) > MAX_TAGS:
        raise ExplorerError(f"a note can have at most {MAX_TAGS} tags, not {len(cleaned)}")
    for tag in cleaned:
        if len(tag) > MAX_TAG:
            raise ExplorerError(
                f"a tag can have at most {MAX_TAG} characters: {tag[:MAX_TAG]!r} …"
            )
    text = note.encode("utf-8", "replace").decode()
    return text, json.dumps(cleaned, ensure_ascii=True)


def _change(number: int, what: str, values: tuple[object, ...]) -> None:
    with database.writing() as base:
        done = base.execute(f"UPDATE notes SET {what} WHERE id = ?", (*values, number))
        if not done.rowcount:
            raise ExplorerError(f"there is no note {number}: see `explorer notes list`")


def _all() -> list[Note]:
    with database.reading() as base:
        if base is None or not database.has_notes(base):
            return []
        query = "SELECT * FROM notes WHERE deleted = 0 ORDER BY created DESC, id DESC"
        return [_note(row) for row in base.execute(query).fetchall()]


def _note(row: Row) -> Note:
    values = {name: row[name] for name in Note.__slots__}
    return Note(**{**values, "tags": tuple(json.loads(row["tags"]))})


def _searched(note: Note) -> str:
    return " ".join((note.title, note.note, note.run, note.kind, *note.tags)).casefold()


def _empty_trash(base: Connection, now: float) -> None:
    before = now - _TRASH_DAYS * 86_400
    base.execute("DELETE FROM notes WHERE deleted > 0 AND deleted < ?", (before,))


tagged.set_source(rows_by_tag, database.stamp)
