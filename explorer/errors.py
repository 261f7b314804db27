"""The one exception whose message is written for the person who caused it."""

from collections.abc import Iterable


class ExplorerError(Exception):
    """Something a person can cause and mend: says what happened, with which value, what to do.

    The command line prints it as one line and exits with 1; the page shows it in an error box.
    Any other exception is a bug and stays visible.
    """


def at_least(name: str, value: float, low: float) -> None:
    """Raises an `ExplorerError` for a setting below a bound, or not a number."""
    if not value >= low:
        raise ExplorerError(f"{name}: {value} is below {low}")


def positive(name: str, value: float) -> None:
    """Raises an `ExplorerError` for a setting that is 0, negative, or not a number."""
    if not value > 0:
        raise ExplorerError(f"{name}: {value} is not above 0")


def within(name: str, value: float, low: float, high: float) -> None:
    """Raises an `ExplorerError` for a setting outside an interval, or not a number."""
    if not low <= value <= high:
        raise ExplorerError(f"{name}: {value} is not between {low} and {high}")


def one_of(name: str, value: str, known: Iterable[str]) -> None:
    """Raises an `ExplorerError` that lists the values a setting can have, if it has another."""
    known = list(known)
    if value not in known:
        raise ExplorerError(f"{name}: {value!r} is not one of {', '.join(known)}")


def first_line(error: Exception) -> str:
    """The first line of an error's message, or else its name."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
