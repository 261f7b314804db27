"""Arguments of the questions to a run, checked: mistakes end in a sentence, not in a library."""

from typing import Any

import numpy as np

from explorer.errors import ExplorerError


def whole(name: str, value: Any, least: int, most: int = 2**31 - 1) -> int:
    """A whole number within bounds.

    Raises:
        ExplorerError: If it is another type or out of bounds.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise ExplorerError(f"{name} must be a whole number, not {value!r}")
    if not least <= value <= most:
        raise ExplorerError(f"{name} must be between {least:,} and {most:,}, not {value}")
    return int(value)


def sentences(texts: Any) -> list[str]:
    """Sentences as a list, which may be read twice.

    Raises:
        ExplorerError: For a single string in place of a list, for items that are no strings, and
            for what cannot be listed.
    """
    if isinstance(texts, str):
        raise ExplorerError(f"sentences must be given as a list: [{texts[:40]!r}]")
    try:
        texts = list(texts)
    except TypeError:
        raise ExplorerError(f"sentences must be given as a list, not as {texts!r:.40}") from None
    for item in texts:
        string("a sentence", item)
    return texts


def string(what: str, value: Any) -> str:
    """A string.

    Raises:
        ExplorerError: If it is another type.
    """
    if not isinstance(value, str):
        raise ExplorerError(f"{what} must be text, not {type(value).__name__}")
    return value


def array(values: Any) -> np.ndarray:
    """Numbers as an array, those of a tensor with a gradient or on another device included.

    Raises:
        ExplorerError: If they are of unequal lengths or no array at all.
    """
    if hasattr(values, "detach"):
        values = values.detach().cpu()
    try:
        return np.asarray(values)
    except (ValueError, TypeError, RuntimeError) as error:
        raise ExplorerError(
            f"{type(values).__name__} is not an array of numbers: {error}"
        ) from None


def numbers(name: str, values: Any) -> np.ndarray:
    """One number or a sequence of them, finite, as a vector in double precision.

    Raises:
        ExplorerError: If they are anything else.
    """
    vector = np.atleast_1d(array(values))
    if vector.ndim != 1 or vector.dtype.kind not in "fiu" or not np.isfinite(vector).all():
        raise ExplorerError(f"{name} must be one or more finite numbers, not {values!r:.40}")
    return vector.astype(np.float64)


def number(name: str, value: Any) -> float:
    """One finite number.

    Raises:
        ExplorerError: If it is anything else.
    """
    vector = numbers(name, value)
    if len(vector) != 1:
        raise ExplorerError(f"{name} must be one number, not {len(vector):,}")
    return float(vector[0])
