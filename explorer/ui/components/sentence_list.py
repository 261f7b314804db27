"""A list of sentences to pick from, by mouse or keyboard."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import streamlit as st

_CSS = """
ul { list-style: none; margin: 0; padding: 0; max-height: 24rem; overflow-y: auto; }
li { display: flex; align-items: center; }
button { all: unset; box-sizing: border-box; display: flex; gap: 0.75rem; width: 100%;
  justify-content: space-between; align-items: baseline; padding: 0.35rem 0.5rem;
  border-radius: var(--st-base-radius, 0.4rem); cursor: pointer; font: inherit;
  font-family: var(--st-font); color: var(--st-text-color); line-height: 1.35; }
li + li { border-top: 1px solid var(--st-border-color-light, var(--st-border-color)); }
button:hover { background: var(--st-secondary-background-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: -2px; }
.copy { flex: none; width: 1.9rem; padding: 0.35rem 0; justify-content: center; opacity: 0; }
li:hover .copy, .copy:focus-visible { opacity: 0.75; }
@media (hover: none) { .copy { opacity: 0.5; } }
.copy svg { width: 13px; height: 13px; fill: none; stroke: currentColor; stroke-width: 1.4; }
.text { overflow-wrap: anywhere; min-width: 0; }
.note { flex: none; font-size: 0.8em; opacity: 0.7; font-variant-numeric: tabular-nums; }
"""
_JS = """
const COPY = "M5.5 5.5V3h7.5v7.5h-2.5M3 5.5h7.5V13H3z", DONE = "M3 8.5 6.5 12 13 4";
const FAILED = "M4 4l8 8M12 4l-8 8", SAID_MS = 1600;

function copyButton(text) {
  const button = Object.assign(document.createElement("button"), { className: "copy" });
  button.type = "button";
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const line = svg.appendChild(document.createElementNS(space, "path"));
  const say = (name, path) => {
    button.title = name;
    button.setAttribute("aria-label", name);
    line.setAttribute("d", path);
  };
  say("Copy this text", COPY);
  button.append(svg);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      say("Copied", DONE);
    } catch {
      say("This browser does not allow copying", FAILED);
    }
    setTimeout(() => say("Copy this text", COPY), SAID_MS);
  });
  return button;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const list = parentElement.querySelector("ul");
  list.setAttribute("aria-label", data.label);
  list.replaceChildren(...data.rows.map(({ id, text, note }) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.title = data.title;
    const words = Object.assign(document.createElement("span"), { className: "text" });
    words.dir = "auto";
    words.textContent = text;
    const aside = Object.assign(document.createElement("span"), { className: "note" });
    aside.textContent = note;
    button.append(words, aside);
    button.addEventListener("click", () => setTriggerValue("pick", { id, serial: Date.now() }));
    item.append(button, copyButton(text));
    return item;
  }));
}
"""


@dataclass(frozen=True)
class Row:
    """A sentence of a list, with a short note to its right."""

    id: int
    text: str
    note: str = ""


def sentence_list(
    rows: Sequence[Row],
    label: str,
    key: str,
    on_pick: Callable[[int], None],
    title: str = "Show on the map",
) -> None:
    """Shows sentences; calls `on_pick` with the id of the one that is clicked.

    Args:
        rows: What is listed.
        label: What a screen reader calls the list.
        key: Identity of the list in the session.
        on_pick: Called with the id of the clicked row.
        title: What a click does, shown on hover.
    """

    def picked() -> None:
        state = st.session_state.get(key)
        pick = state.get("pick") if isinstance(state, Mapping) else None
        chosen = pick.get("id") if isinstance(pick, Mapping) else None
        if isinstance(chosen, int) and any(row.id == chosen for row in rows):
            on_pick(chosen)

    data = {"label": label, "title": title, "rows": [vars(row) for row in rows]}
    _component()(key=key, data=data, on_pick_change=picked)


@cache
def _component() -> Any:
    from streamlit.components import v2

    return v2.component("sentence_list", html="<ul></ul>", css=_CSS, js=_JS)
