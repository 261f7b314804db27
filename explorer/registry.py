"""Choosing an implementation by name from a plain dictionary."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from explorer.config import Choice
from explorer.errors import ExplorerError

T = TypeVar("T")


def choose(table: Mapping[str, Callable[..., T]], choice: Choice, where: str, **given: Any) -> T:
    """Calls the entry of `table` that `choice["name"]` names with its settings.

    Args:
        table: Implementations by name.
        choice: `name` and the settings of that implementation.
        where: The setting's address in `config.toml`, for messages.
        **given: What the caller provides itself; settings may not name these.

    Raises:
        ExplorerError: For an unknown name, or settings the implementation does not take.
    """
    name = choice.get("name")
    if not isinstance(name, str) or name not in table:
        raise ExplorerError(f"{where}: {name!r} is not one of {', '.join(sorted(table))}")
    settings = {key: value for key, value in choice.items() if key != "name"}
    implementation = table[name]
    overlap = sorted(settings.keys() & given.keys())
    if overlap:
        raise ExplorerError(f"{where}: {name} has no setting {overlap[0]!r}")
    signature = inspect.signature(implementation)
    try:
        signature.bind(**given, **settings)
    except TypeError as error:
        own = [key for key in signature.parameters if key not in given]
        raise ExplorerError(
            f"{where}: {name}: {error}; its settings are: {', '.join(own) or 'none'}"
        ) from None
    for key, value in settings.items():
        _check_type(f"{where}.{key}", value, signature.parameters[key].annotation)
    try:
        return implementation(**given, **settings)
    except (ValueError, OverflowError) as error:  # what torch's layers say of a size or a share
        raise ExplorerError(f"{where}: {name}: {error}") from None


def _check_type(where: str, value: Any, expected: Any) -> None:
    if expected is float and isinstance(value, int) and not isinstance(value, bool):
        return
    if expected in (int, float, str, bool):
        wrong_bool = isinstance(value, bool) and expected is not bool
        if wrong_bool or not isinstance(value, expected):
            raise ExplorerError(f"{where}: expected {expected.__name__}, got {value!r}")
