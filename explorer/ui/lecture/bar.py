"""The bar of a scene below its page, and the addresses of all scenes."""

import html
import os
from pathlib import Path
from urllib.parse import quote, urlencode

import streamlit as st

from explorer.explore import lecture
from explorer.explore.lecture import Scene
from explorer.ui.session import compared_names, open_runs

SCENE = "scene"
"""The parameter with the number of a scene, from 1."""

SHIPPED = Path(__file__).with_name("scenes.toml")
_STYLE = Path(__file__).with_name("lecture.css")
_KEYS = """<script>
(() => {
  if (window.lectureKeys) return;
  window.lectureKeys = true;
  const links = {
    ArrowRight: "next", PageDown: "next", ArrowLeft: "previous", PageUp: "previous",
    Escape: "leave",
  };
  const takesArrows = "input, textarea, select, canvas, [role=slider], [role=tab], [role=radio],"
    + " [contenteditable=true], [role=listbox], [role=dialog]";
  window.addEventListener("keydown", (event) => {
    const name = links[event.key];
    const link = name && document.querySelector(`.lecture a.${name}`);
    if (!link || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
    if (!event.key.startsWith("Page") && document.activeElement?.closest(takesArrows)) return;
    event.preventDefault();
    link.click();
  });
})();
</script>"""


def scenes() -> tuple[Scene, ...]:
    """The scenes of this server.

    Raises:
        ExplorerError: If its file is none.
    """
    return lecture.read(Path(os.environ.get(lecture.FILE) or SHIPPED))


def link(scene: Scene, number: int | None) -> str:
    """The address of a scene, from any page; without a number, of its page outside the lecture."""
    runs, _ = lecture.runs_of(scene, open_runs.records())
    parameters = dict(scene.address)
    if runs:
        parameters["run"] = runs[0]
    if scene.page == "compare" and len(runs) > 1:
        parameters[compared_names.ADDRESS] = compared_names.write_names(runs)
    if number is not None:
        parameters[SCENE] = str(number)
    page = "./" if scene.page == "map" else scene.page
    return f"{page}?{urlencode(parameters, quote_via=quote)}"


def number() -> int | None:
    """The scene that the address names."""
    text = st.query_params.get(SCENE, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else None


def show() -> None:
    """The bar of the scene in the address, if there is one, and the type of a lecture."""
    asked = number()
    if asked is None:
        return
    known = scenes()
    if not 1 <= asked <= len(known):
        return
    scene = known[asked - 1]
    runs, note = lecture.runs_of(scene, open_runs.records())
    note = note or " · ".join(runs)
    parts = [
        f'<p class="title"><b>{html.escape(scene.title)}</b> <span>{html.escape(note)}</span></p>',
        f'<p class="see">{html.escape(scene.see)}</p>',
        f"<nav>{_links(known, asked)}</nav>",
    ]
    st.html(_STYLE)
    with st.container(key="lecture"):
        st.html(f'<section class="lecture" aria-label="Scene">{"".join(parts)}</section>')
        st.html(_KEYS, unsafe_allow_javascript=True)


def _links(known: tuple[Scene, ...], asked: int) -> str:
    def to(name: str, sign: str, label: str, address: str) -> str:
        return f'<a class="{name}" href="{html.escape(address)}" aria-label="{label}">{sign}</a>'

    items = []
    if asked > 1:
        items.append(to("previous", "←", "Previous scene", link(known[asked - 2], asked - 1)))
    items.append(f"<span>{asked} / {len(known)}</span>")
    if asked < len(known):
        items.append(to("next", "→", "Next scene", link(known[asked], asked + 1)))
    items.append(to("leave", "✕", "Exit the lecture", link(known[asked - 1], None)))
    return "".join(items)
