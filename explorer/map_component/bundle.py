"""The modules and style sheets of the components as one file, so that a browser fetches one."""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "assets"
TYPES = {".js": "text/javascript", ".css": "text/css"}

ENTRIES = ("map", "player", "slider", "columns", "embedded")
"""Modules that export `mount`."""

_IMPORT = re.compile(r'^import \{ ([\w, ]+) \} from "\./(\w+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?function|class|const) (\w+)", re.MULTILINE)
_OTHER = re.compile(r"^(?:import|export)\b.*$", re.MULTILINE)


@cache
def assets() -> dict[str, str]:
    """The text of every module and style sheet by name."""
    paths = sorted(path for path in FOLDER.iterdir() if path.suffix in TYPES)
    return {path.name: path.read_text(encoding="utf-8") for path in paths}


def bundle(files: Mapping[str, str]) -> str:
    """One module that exports `mounts`, a function for each entry, and `styles`, the style sheets.

    Each module is a function that is called once, so that its names are its own.

    Args:
        files: Texts of modules and style sheets by name.

    Raises:
        ValueError: If a module imports in another form than `import { … } from "./….js"`, exports
            in another than `export` before a function, a class or a constant, or imports itself.
    """
    written: dict[str, str] = {}
    for name in ENTRIES:
        _write(name, files, written, ())
    sheets = {name.removesuffix(".css"): text for name, text in files.items() if ".css" in name}
    mounts = ", ".join(f"{name}: ${name}.mount" for name in ENTRIES)
    end = f"export const mounts = {{ {mounts} }};\nexport const styles = {json.dumps(sheets)};\n"
    return "".join(written.values()) + end


def _write(name: str, files: Mapping[str, str], written: dict[str, str], on: tuple) -> None:
    """Writes a module after those that it imports."""
    if name in written:
        return
    if name in on:
        raise ValueError(f"modules import each other: {' → '.join((*on, name))}")
    text = files[f"{name}.js"]
    for match in _IMPORT.finditer(text):
        _write(match[2], files, written, (*on, name))
    body = _IMPORT.sub(r"const { \1 } = $\2;", text)
    names = ", ".join(match[2] for match in _EXPORT.finditer(body))
    body = _EXPORT.sub(r"\1 \2", body)
    if other := _OTHER.search(body):
        raise ValueError(f"{name}.js: {other[0]}")
    written[name] = f"const ${name} = (() => {{\n{body}return {{ {names} }};\n}})();\n"
