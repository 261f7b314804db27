"""What a browser shows before any script has run: the page's style, and a picture of its map.

Streamlit's page is empty until its scripts have loaded, opened a WebSocket and run the app: one to
three seconds of white. This middleware adds both to that page, the picture within the page itself:
its own file would wait behind fifty scripts. And it names what the map fetches later.
"""

from base64 import b64encode
from threading import Thread
from urllib.parse import parse_qs

from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from explorer.errors import ExplorerError
from explorer.explore.colourings import COLOURINGS, DEFAULT_COLOURING
from explorer.explore.map_views import DEFAULT_VIEW, view_of
from explorer.explore.run import Run
from explorer.explore.still_map import png
from explorer.system.cache import Cache
from explorer.ui.components.style import STYLE
from explorer.ui.http import preloads, still_frame
from explorer.ui.map import scripts
from explorer.ui.session import open_runs

_OTHER_MAP = ("view", "layout", "find", "colour")
"""Parameters of the map page that make its map another one than the picture."""
_stills: Cache[str] = Cache(16)

_THEME = """<script>
(() => {
  // Streamlit remembers a chosen theme by the path of the page; one choice holds for all of them.
  const chosen = "explorer-theme", key = `stActiveTheme-${location.pathname}-v2`;
  try {
    const theme = localStorage.getItem(chosen);
    if (theme) localStorage.setItem(key, theme);
    window.addEventListener("pagehide", () => {
      const last = localStorage.getItem(key);
      if (last) localStorage.setItem(chosen, last);
    });
  } catch {}  // no storage: the system's theme
})();
</script>"""


class FirstPaint:
    """ASGI middleware that adds the style and the still picture to Streamlit's page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request, as specified by ASGI."""
        is_http = scope["type"] == "http"
        if not is_http or "text/html" not in Headers(scope=scope).get("accept", ""):
            await self.app(scope, receive, send)
            return
        # The page's own mark says nothing about what is added: it is sent whole.
        dropped = (b"if-none-match", b"if-modified-since", b"accept-encoding", b"range")
        headers = [item for item in scope["headers"] if item[0] not in dropped]
        page = _Page(send, scope)
        await self.app({**scope, "headers": headers}, receive, page.send)


class _Page:
    """Sends a response on, with the additions if it is a whole HTML page."""

    def __init__(self, send: Send, scope: Scope) -> None:
        self.forward = send
        self.scope = scope
        self.start: Message | None = None
        self.body = b""

    async def send(self, message: Message) -> None:
        """Holds a page back until it is complete; everything else is sent as it comes."""
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            is_page = headers.get("content-type", "").startswith("text/html")
            if is_page and message["status"] == 200:
                self.start = message
                return
        if self.start is None or message["type"] != "http.response.body":
            await self.forward(message)
            return
        self.body += message.get("body", b"")
        if message.get("more_body"):
            return
        added = await to_thread.run_sync(_added, self.scope)
        body = self.body.replace(b"</head>", added[0] + b"</head>", 1)
        body = body.replace(b"</body>", added[1] + b"</body>", 1)
        headers = MutableHeaders(scope=self.start)
        headers["content-length"] = str(len(body))
        for name in ("etag", "last-modified"):
            del headers[name]
        await self.forward(self.start)
        await self.forward({"type": "http.response.body", "body": body})


def _added(scope: Scope) -> tuple[bytes, bytes]:
    """What is added to the head and to the body of the page."""
    # Nested, to outweigh the rules that Streamlit's scripts add later.
    rules = f"html body {{\n{STYLE.read_text('utf-8')}}}\n{_backgrounds()}"
    head, body = f"<style>{rules}</style>{_THEME}", ""
    run, is_pictured = _opens_on(scope)
    if run is not None:
        head += preloads.links(run)
        picture = ""
        if is_pictured:
            layout = view_of(run, DEFAULT_VIEW)
            head += f"<style>{still_frame.style(layout.xy, layout.home)}</style>"
            image = f'<img elementtiming="map" src="{_still(run)}" alt="">'
            picture = f'<div class="still-room"><div class="still-frame">{image}</div></div>'
        frame = '<i class="still-controls"></i><i class="still-legend"></i>'
        body = f'<div class="still-map" aria-hidden="true">{frame}{picture}</div>'
    return head.encode(), body.encode()


def prepare_in_background() -> None:
    """Draws the picture that most visitors see first."""
    scope = {"path": "/", "query_string": b""}
    Thread(target=_added, args=[scope], name="first paint", daemon=True).start()


def _still(run: Run) -> str:
    """The picture of a run's map, as the address of an image."""

    def drawn() -> str:
        colours = COLOURINGS[DEFAULT_COLOURING].colours_of(run)
        picture = png(view_of(run, DEFAULT_VIEW).xy, colours)
        return f"data:image/png;base64,{b64encode(picture).decode()}"

    return _stills.get(run, drawn)


def _backgrounds() -> str:
    """The themes' backgrounds: no white flash in a dark browser; and names for what floats."""
    (light, dark), texts = (
        [config.get_option(f"theme.{name}.{part}") for name in ("light", "dark")]
        for part in ("backgroundColor", "textColor")
    )
    rules = f"html {{ background: {light}; }}" if light else ""
    if dark:
        rules += f" @media (prefers-color-scheme: dark) {{ html {{ background: {dark}; }} }}"
    # Streamlit sets its colour scheme on the app, where these names are resolved.
    for name, pair in (("background", (light, dark)), ("text", texts)):
        if all(pair):
            rules += f" html {{ --page-{name}: light-dark({pair[0]}, {pair[1]}); }}"
    return rules


def _opens_on(scope: Scope) -> tuple[Run | None, bool]:
    """The run whose map this page opens on, and whether that map is the one of the picture."""
    if scope["path"].removeprefix(scripts.base_path()) not in ("", "/"):
        return None, False
    asked = parse_qs(scope["query_string"].decode("latin-1"))
    try:
        names = open_runs.listing().names
        name = asked.get("run", [""])[-1] or (open_runs.first_run("map", names) if names else "")
        run = open_runs.run_of(name) if name in names else None
    except (ExplorerError, OSError):
        return None, False  # the page says why
    if run is None or run.atlas is None:
        return None, False
    return run, not any(name in asked for name in _OTHER_MAP)
