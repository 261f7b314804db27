"""Parts of names that say how texts begin, such as "how …, what …" and "two men …"."""

from explorer.text.search_words import words

LONGEST = 3
"""Words of an opening, and of all parts of a name."""
ELLIPSIS = " …"


def begins(text: str, name: str) -> bool:
    """Whether a text begins as one of the openings of a name, if it has any."""
    first = words(text)[:LONGEST]
    parts = [part for part in name.split(", ") if part.endswith(ELLIPSIS)]
    openings = [words(part.removesuffix(ELLIPSIS)) for part in parts]
    return any(first[: len(opening)] == opening for opening in openings)


def words_of(name: str) -> list[str]:
    """The words of a name that stand anywhere in its texts: all but its openings."""
    parts = [part for part in name.split(", ") if not part.endswith(ELLIPSIS)]
    return words(" ".join(parts))
