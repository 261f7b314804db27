"""A button that copies text to the clipboard."""

from functools import cache
from typing import Any

_CSS = """
button { font: inherit; font-family: var(--st-font); font-size: 0.875rem;
  cursor: pointer; padding: 0.25rem 0.1rem;
  color: var(--st-text-color); background: none; border: none; white-space: nowrap;
  min-height: 2.5rem; border-radius: var(--st-button-radius, 0.4rem); }
button:hover { color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
"""
_JS = """
const SHOWN_MS = 1600;
export default function ({ data, parentElement }) {
  const button = parentElement.querySelector("button");
  button.textContent = data.title;
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(data.text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "This browser does not allow copying";
    }
    setTimeout(() => { button.textContent = data.title; }, SHOWN_MS);
  };
}
"""


def copy_button(text: str, title: str, key: str) -> None:
    """Shows a button that copies a text.

    Args:
        text: What is copied.
        title: On the button.
        key: Identity of the button in the session.
    """
    _component()(key=key, data={"text": text, "title": title}, width="content")


@cache
def _component() -> Any:
    from streamlit.components import v2

    html = '<button type="button" aria-live="polite"></button>'
    return v2.component("copy_button", html=html, css=_CSS, js=_JS)
