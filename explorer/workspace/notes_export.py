"""Notes as a file: Markdown, JSON or a table; and the sentences with tags, to train on."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from explorer.errors import ExplorerError
from explorer.explore import tags
from explorer.explore.mapped_run import MappedRun
from explorer.system import atomic_files, table_writers
from explorer.workspace.notes import Note

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


def columns(notes: Sequence[Note]) -> dict[str, list[Any]]:
    """Notes as a table: a row each, tags joined, times in ISO 8601 (UTC)."""
    return {
        "id": [note.id for note in notes],
        "kind": [note.kind for note in notes],
        "title": [note.title for note in notes],
        "note": [note.note for note in notes],
        "tags": [tags.SEPARATOR.join(note.tags) for note in notes],
        "run": [note.run for note in notes],
        "created": [time_of(note.created) for note in notes],
        "changed": [time_of(note.changed) for note in notes],
        "link": [note.link for note in notes],
    }


def as_json(notes: Sequence[Note]) -> str:
    """A JSON list with an object for each note; tags are a list."""
    table = columns(notes)
    items = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    for item, note in zip(items, notes, strict=True):
        item["tags"] = list(note.tags)
    return json.dumps(items, ensure_ascii=False, indent=1)


def as_markdown(notes: Sequence[Note]) -> str:
    """Notes as Markdown that shows every text as typed."""
    parts = ["# Notes", ""]
    for note in notes:
        parts += [f"## {_plain(note.title) or note.kind}", ""]
        parts += [*_paragraphs(note.note), ""] if note.note.strip() else []
        facts = [note.kind, f"run {_plain(note.run)}", time_of(note.created)]
        facts += [f"tags: {', '.join(map(_plain, note.tags))}"] if note.tags else []
        # Brackets and parentheses of an address are percent-encoded: it ends where it should.
        link = re.sub(r"[()<>\[\]\s]", lambda match: f"%{ord(match[0]):02X}", note.link)
        parts += [f"{' · '.join(facts)} · [open]({link})", ""]
    return "\n".join(parts)


def tagged_sentences(run: MappedRun) -> Mapping[str, Any]:
    """The sentences of a run's map that have a tag: a corpus with labels.

    Returns:
        `text`, `tag` (the newest), `tags` (all, joined), and `row` of the corpus.

    Raises:
        ExplorerError: If no sentence has a tag.
    """
    known = tags.rows_by_tag(run)
    joined = tags.column(run)
    if joined is None:
        raise ExplorerError(
            f"no sentence of {run.name} has a tag: pin a selection with a tag on the page first"
        )
    newest: dict[int, str] = {}
    for tag, rows in known.items():
        for row in rows.tolist():
            newest.setdefault(row, tag)
    rows = np.array(sorted(newest))
    texts = run.texts
    return {
        "text": [texts[row] for row in rows.tolist()],
        "tag": [newest[row] for row in rows.tolist()],
        "tags": [joined[row] for row in rows.tolist()],
        "row": run.needed_atlas.row[rows].tolist(),
    }


def write(path: Path, notes: Sequence[Note]) -> None:
    """Writes notes to a file; its ending chooses the format.

    Raises:
        ExplorerError: If the ending is none of `ENDINGS`, or the file cannot be written.
    """
    ending = path.suffix.lower()
    if ending in (".md", ".json"):
        text = as_markdown(notes) if ending == ".md" else as_json(notes)
        atomic_files.write_output(path, lambda file: file.write(text.encode()))
        return
    write_table(path, columns(notes))


def write_table(path: Path, table: Mapping[str, Any]) -> None:
    """Writes columns to a file.

    Raises:
        ExplorerError: If its ending is none of a table, or it cannot be written.
    """
    known = [ending for ending in table_writers.FORMATS if ending != ".txt"]
    if path.suffix.lower() not in known:
        endings = [".md", ".json", *known]
        raise ExplorerError(f"{path}: the extension must be one of {' '.join(endings)}")
    with table_writers.writing(path) as file:
        file.add(table)


def time_of(seconds: float) -> str:
    """A time in UTC, as ISO 8601 writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _plain(text: str) -> str:
    """Text on one line that Markdown shows as typed."""
    return _PUNCTUATION.sub(r"\\\1", " ".join(text.split()))


def _paragraphs(text: str) -> list[str]:
    lines = [_plain(line) for line in text.splitlines()]
    return [f"{line}  " if line else "" for line in lines]
