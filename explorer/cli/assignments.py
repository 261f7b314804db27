"""Settings of a recipe from the command line: `--set table.key=value`."""

from typing import Any

from explorer import config as configs
from explorer.errors import ExplorerError
from explorer.system import toml_writer


def set_value(table: dict[str, Any], assignment: str) -> None:
    """Applies `table.key=value` (the value in TOML, a bare word is a string) to nested tables.

    Raises:
        ExplorerError: If there is no `=` or the value is not TOML.
    """
    address, separator, text = assignment.partition("=")
    keys = address.strip().split(".")
    keys[-1] = configs.RENAMED.get(".".join(keys), keys[-1])
    if not separator or not all(keys) or len(keys) > toml_writer.DEEPEST:
        raise ExplorerError(f"--set {assignment[:80]!r}: expected table.key=value")
    try:
        value = toml_writer.parse(f"value = {text}")["value"]
    except toml_writer.MalformedError:
        if any(mark in text for mark in "[]{}\"'\n"):
            raise ExplorerError(f"--set {assignment!r}: {text!r} is not a TOML value") from None
        value = text.strip()
    except ValueError:  # thousands of digits, or beyond the limits of a recipe
        raise ExplorerError(f"--set {address}=…: the value is too long") from None
    for key in keys[:-1]:
        table = table.setdefault(key, {})
        if not isinstance(table, dict):
            raise ExplorerError(f"--set {assignment!r}: {key} is not a table")
    table[keys[-1]] = value
