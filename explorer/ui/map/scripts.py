"""The map's JavaScript and CSS, served as files under an address that identifies their content.

Streamlit sends a component's inline script with every rerun. This one is a stub of about 700
bytes that imports the modules by URL, all as one file, which the browser fetches once and caches.
"""

import hashlib
import json
from functools import cache
from pathlib import Path

from explorer.map_component.bundle import TYPES, assets, bundle

BUNDLE = "bundle.js"

STUB = """
const address = new URL("{bundle}", window.location.origin).href;
export default async function (component) {{
  const parent = component.parentElement;
  try {{
    const {{ mounts, styles }} = await import(address);
    if (!parent.querySelector("style[data-own]")) {{
      const sheet = document.createElement("style");
      sheet.dataset.own = "";
      sheet.textContent = {styles}.map((name) => styles[name]).join("");
      parent.prepend(sheet);
    }}
    return mounts.{name}(component);
  }} catch (error) {{
    parent.textContent = "The files of this view could not be loaded: " + error.message;
  }}
}}
"""


@cache
def files() -> dict[str, tuple[bytes, str]]:
    """Every file by name: its content and its media type."""
    texts = assets() | {BUNDLE: bundle(assets())}
    return {name: (text.encode(), TYPES[Path(name).suffix]) for name, text in texts.items()}


@cache
def version() -> str:
    """A short checksum of all files, part of their address."""
    digest = hashlib.sha256()
    for name, (content, _) in files().items():
        digest.update(name.encode() + b"\0" + content)
    return digest.hexdigest()[:12]


def base_path() -> str:
    """The prefix of every path: empty, or Streamlit's `server.baseUrlPath`."""
    from streamlit import config

    base = str(config.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}" if base else ""


def bundle_url() -> str:
    """Address of all modules and style sheets as one file."""
    return f"{base_path()}/api/ui/{version()}/{BUNDLE}"


def stub(name: str, *styles: str) -> str:
    """The inline script of a component whose module is `<name>.js`.

    Args:
        name: Of the module, and of its style sheet `<name>.css`.
        styles: Further style sheets, before it.
    """
    return STUB.format(bundle=bundle_url(), name=name, styles=json.dumps([*styles, name]))
