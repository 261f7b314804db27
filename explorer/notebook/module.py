"""The map's JavaScript and CSS as the one module that a notebook loads."""

import json
from functools import cache
from pathlib import Path

from explorer import map_component

_ASSETS = Path(map_component.__file__).parent / "assets"
_WIDGET = Path(__file__).parent / "assets" / "widget.js"


@cache
def module() -> str:
    """The widget's ES module, with the map's modules and style in it as text."""
    files = {path.name: path.read_text(encoding="utf-8") for path in sorted(_ASSETS.glob("*.js"))}
    style = (_ASSETS / "map.css").read_text(encoding="utf-8")
    data = f"const FILES = {json.dumps(files)};\nconst STYLE = {json.dumps(style)};\n"
    return data + _WIDGET.read_text(encoding="utf-8")
