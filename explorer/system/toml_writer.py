"""Values and text as TOML writes them; Python itself only reads it."""

import json
from collections.abc import Mapping
from typing import Any

from explorer.errors import ExplorerError


def literal(value: Any) -> str:
    """A value as TOML writes it.

    Raises:
        ExplorerError: For text that no TOML file can hold (a lone surrogate, as the name of a
            file that is not UTF-8 has).
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        if any("\ud800" <= letter <= "\udfff" for letter in value):
            raise ExplorerError(f"{value!r} is not valid Unicode: rename the file")
        # JSON escapes as TOML does, but leaves DEL, which TOML does not allow, and signs that
        # end a line for Python only.
        return printable(json.dumps(value, ensure_ascii=False))
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(key)} = {literal(item)}" for key, item in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    return f"[{', '.join(literal(item) for item in value)}]"


def printable(text: str) -> str:
    """The text with every other sign, which a comment may not hold, as TOML escapes it."""
    return "".join(sign if sign.isprintable() else _escaped(ord(sign)) for sign in text)


def _escaped(code: int) -> str:
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _key(name: str) -> str:
    bare = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if bare else literal(name)
