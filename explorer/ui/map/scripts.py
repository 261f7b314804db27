"""The map's JavaScript and CSS, served as files under an address that identifies their content.

Streamlit sends a component's inline script with every rerun. This one is a stub of about 400
bytes that imports the modules by URL, so that the browser fetches each file once and caches it.
"""

import hashlib
import json
from functools import cache
from pathlib import Path

from explorer import map_component

FOLDER = Path(map_component.__file__).parent / "assets"
TYPES = {".js": "text/javascript", ".css": "text/css"}

STUB = """
const at = (name) => new URL("{base}/" + name, window.location.origin).href;
let ready;
async function load() {{
  const sheets = {styles}.map((name) => fetch(at(name)).then((answer) => answer.text()));
  const {{ mount }} = await import(at("{name}.js"));
  return {{ mount, style: (await Promise.all(sheets)).join("") }};
}}
export default async function (component) {{
  const parent = component.parentElement;
  try {{
    const {{ mount, style }} = await (ready ??= load());
    if (!parent.querySelector("style[data-own]")) {{
      const sheet = document.createElement("style");
      sheet.dataset.own = "";
      sheet.textContent = style;
      parent.prepend(sheet);
    }}
    return mount(component);
  }} catch (error) {{
    ready = undefined;
    parent.textContent = "The files of this view could not be loaded: " + error.message;
  }}
}}
"""


@cache
def files() -> dict[str, tuple[bytes, str]]:
    """Every file by name: its content and its media type."""
    paths = sorted(path for path in FOLDER.iterdir() if path.suffix in TYPES)
    return {path.name: (path.read_bytes(), TYPES[path.suffix]) for path in paths}


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


def stub(name: str, *styles: str) -> str:
    """The inline script of a component whose module is `<name>.js`.

    Args:
        name: Of the module, and of its style sheet `<name>.css`.
        styles: Further style sheets, loaded before it.
    """
    sheets = json.dumps([f"{sheet}.css" for sheet in (*styles, name)])
    base = f"{base_path()}/api/ui/{version()}"
    return STUB.format(base=base, name=name, styles=sheets)
