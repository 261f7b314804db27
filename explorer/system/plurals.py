"""Counts in sentences."""


def number_of(count: int, noun: str) -> str:
    """A count with its noun: "1 row", "1,200 rows". The plural of the noun has an s."""
    return f"{count:,} {noun}{'s' * (count != 1)}"
