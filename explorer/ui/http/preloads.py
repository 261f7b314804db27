"""What the map page will fetch, named in its first bytes, so that a browser asks for it at once.

Streamlit's scripts load a kind of widget when the app first shows one, and the map its modules,
then its points: each waits for the one before. Named ahead, they come side by side.
"""

import re
from collections.abc import Iterator
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from explorer.explore.colourings import DEFAULT_COLOURING
from explorer.explore.map_views import DEFAULT_VIEW
from explorer.ui.map import scripts, urls

_WIDGETS = (
    *("BidiComponent", "Html", "Selectbox", "ButtonGroup", "Checkbox", "TextInput", "PageLink"),
)
"""Kinds of widgets of the map page, by the names of Streamlit's modules."""
_IMPORTED = re.compile(r'from"\./([\w.-]+\.js)"')


def links(run: Any) -> str:
    """The links of the head of a run's map page, as HTML."""
    modules = [scripts.bundle_url()]
    modules += [f"{scripts.base_path()}/static/js/{name}" for name in widget_modules()]
    data = [urls.points_url(run, DEFAULT_VIEW), urls.colours_url(run, DEFAULT_COLOURING)]
    return "".join(
        [f'<link rel="modulepreload" crossorigin href="{escape(url)}">' for url in modules]
        + [f'<link rel="preload" as="fetch" crossorigin href="{escape(url)}">' for url in data]
    )


@cache
def widget_modules() -> tuple[str, ...]:
    """Streamlit's modules of the map page that its own page does not name; none if unknown."""
    import streamlit

    folder = Path(streamlit.__file__).parent / "static"
    try:
        page = (folder / "index.html").read_text("utf-8")
        names: dict[str, None] = {}
        for kind in _WIDGETS:
            for path in sorted((folder / "static" / "js").glob(f"{kind}.*.js")):
                names |= dict.fromkeys(_with_imports(path, page, set()))
    except OSError:
        return ()
    return tuple(names)


def _with_imports(path: Path, page: str, seen: set[str]) -> Iterator[str]:
    """A module and those that it imports, without those that the page names."""
    if path.name in seen or path.name in page:
        return
    seen.add(path.name)
    yield path.name
    for name in _IMPORTED.findall(path.read_text("utf-8")):
        yield from _with_imports(path.with_name(name), page, seen)
