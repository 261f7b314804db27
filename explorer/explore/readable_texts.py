"""Texts as a person reads them; what is stored, typed or exported stays as it is."""

from collections.abc import Sequence
from itertools import groupby

from explorer.runs.run_files import Contents

_MAX_SHOWN = 600
"""Characters of a document under the pointer."""


def readable(run: Contents, text: str) -> str:
    """A text of a run; of documents, a bag that is written out has each word once."""
    return counted(text) if run.is_of_documents else text


def readable_texts(run: Contents, texts: Sequence[str]) -> Sequence[str]:
    """`readable` of several texts."""
    return [counted(text) for text in texts] if run.is_of_documents else texts


def counted(text: str) -> str:
    """A bag of words that is written out, as its words and how often each occurs.

    "file file file disk disk port" becomes "file ×3, disk ×2, port". Published bags
    begin with the most frequent word. Any other text, and one in which only one of several words
    is repeated ("thanks thanks for any help"), is prose, and comes back as it is.
    """
    bag = [(word, sum(1 for _ in same)) for word, same in groupby(text.split())]
    counts = [count for _, count in bag]
    is_written_out = len(dict(bag)) == len(bag) and counts == sorted(counts, reverse=True)
    repeated = sum(count > 1 for count in counts)
    if not is_written_out or not repeated or (repeated < 2 and len(bag) > 1):
        return text
    return ", ".join(f"{word}\u00a0×{count}" if count > 1 else word for word, count in bag)


def excerpt(run: Contents, text: str, most: int = _MAX_SHOWN) -> str:
    """The beginning of a text as a person reads it."""
    text = readable(run, text)
    return text if len(text) <= most else f"{text[:most].rsplit(' ', 1)[0]} …"
