"""Reads TOML within limits, and writes it; `tomllib` only reads, and without limits."""

import json
import math
import re
import tomllib
from collections.abc import Mapping
from typing import Any

from explorer.errors import ExplorerError

MalformedError = tomllib.TOMLDecodeError

LARGEST = 2**18
"""Maximum bytes of a recipe: a full one has 4,000, and `tomllib` parses these in a second."""

DEEPEST = 8
"""Maximum parts of a dotted key: a setting has at most four, and `tomllib` takes quadratic time
and memory."""

NESTED = 16
"""Maximum nesting of brackets: a setting needs two, and `tomllib` recurses at each."""

# Strings and comments, which hold neither keys nor brackets. An unterminated string ends with the
# text, or the search would restart at each of its quotes.
_OPAQUE = re.compile(
    r"""
    \"{3} (?:\\.|[^\\])*? (?:"{3,5}|\\?\Z)
    | '{3} .*? (?:'{3,5}|\Z)
    | " (?:\\[^\n]|[^"\\\n])*+ "?
    | ' [^'\n]*+ '?
    | \# [^\n]*+
    """,
    re.DOTALL | re.VERBOSE,
)
_DOTTED = re.compile(rf"(?<![\w-])[\w-]++(?:[ \t]*+\.[ \t]*+[\w-]++){{{DEEPEST},}}")
_BRACKET = re.compile(r"[\[\]{}]")


def parse(text: str) -> dict[str, Any]:
    """Parses an untrusted TOML document.

    Raises:
        ValueError: If it is not TOML, or goes beyond `LARGEST`, `DEEPEST` or `NESTED`.
    """
    if len(text) > LARGEST:
        raise ValueError(f"{len(text):,} characters are more than the {LARGEST:,} allowed")
    bare = _OPAQUE.sub(lambda match: " " if match[0].startswith("#") else "s", text)
    if match := _DOTTED.search(bare):
        raise ValueError(f"the key {match[0][:40]!r}… has more than {DEEPEST} parts")
    depth = 0
    for bracket in _BRACKET.finditer(bare):
        depth += 1 if bracket[0] in "[{" else -1
        if depth > NESTED:
            raise ValueError(f"brackets too deep inside each other (more than {NESTED})")
    return tomllib.loads(text)


def literal(value: Any) -> str:
    """Formats a value as TOML.

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
        # JSON escapes as TOML does, except for DEL, which TOML forbids, and line separators
        # that only Python knows.
        return printable(json.dumps(value, ensure_ascii=False))
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(key)} = {literal(item)}" for key, item in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    return f"[{', '.join(literal(item) for item in value)}]"


def printable(text: str) -> str:
    """Escapes the characters that a TOML comment may not hold."""
    return "".join(sign if sign.isprintable() else _escaped(ord(sign)) for sign in text)


def _escaped(code: int) -> str:
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _key(name: str) -> str:
    bare = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if bare else literal(name)


def check_numbers(where: str, value: Any) -> None:
    """Checks that every number, in lists and tables too, is finite and fits the 64 bits of TOML.

    A longer one may not convert to a float, and Python may refuse even to print it.

    Raises:
        ExplorerError: Naming `where`, the address of the value.
    """
    if isinstance(value, Mapping):
        for key, item in value.items():
            check_numbers(f"{where}.{key}", item)
    elif isinstance(value, list | tuple):
        for item in value:
            check_numbers(where, item)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ExplorerError(f"{where}: {value} is not a finite number")
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ExplorerError(f"{where}: an integer has at most 19 digits")
