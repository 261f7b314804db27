"""The map's JavaScript and CSS as the one module that a notebook loads."""

from functools import cache
from pathlib import Path

from explorer.map_component.bundle import assets, bundle

_WIDGET = Path(__file__).parent / "assets" / "widget.js"


@cache
def module() -> str:
    """The widget's ES module, behind the map's."""
    return bundle(assets()) + _WIDGET.read_text(encoding="utf-8")
