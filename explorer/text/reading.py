"""Reading a user's file of sentences."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Table:
    """What a file holds: texts, labels, and how many rows had no text."""

    texts: list[str]
    labels: list[str] | None
    dropped: int


def read(path: Path, text_column: str = "", label_column: str = "") -> Table:
    """Reads a text file of one sentence a line."""
    texts = [" ".join(line.split()) for line in path.read_text("utf-8").split("\n")]
    return Table([text for text in texts if text], None, sum(not text for text in texts))
