"""Access control: this machine only, unless `server.address` opens the page to others.

There is no login. A server that listens on this machine can still be reached by another site in
the same browser (DNS rebinding): so the `Host` header is checked, and a WebSocket is accepted from
this page only.
"""

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

REFUSAL = (
    "This page answers only on its own machine, as localhost. There is no login: to open it to "
    "others anyway, start it with --server.address=ADDRESS, or list this host in "
    "server.allowedHosts.\n"
)


class Access:
    """ASGI middleware that refuses other machines, and framing by other sites."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request, as specified by ASGI."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        is_answered = is_open() or is_from_here(host, scope.get("client"))
        if scope["type"] == "websocket":
            # Decided here: Streamlit would query an external server for this machine's address.
            if is_answered and is_same_page(headers.get("origin"), host):
                await self.app(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 1008})
            return

        async def send_framed(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                answer["X-Content-Type-Options"] = "nosniff"
                framers = " ".join(["'self'", *_option("server.corsAllowedOrigins")])
                answer.append("Content-Security-Policy", f"frame-ancestors {framers}")
            await send(message)

        app = self.app if is_answered else PlainTextResponse(REFUSAL, 403)
        await app(scope, receive, send_framed)


def address() -> str:
    """The configured address; empty if there is none."""
    return config.get_option("server.address") or ""


def is_open() -> bool:
    """Whether the page is configured to listen to other machines."""
    return bool(address()) and not _is_here(address())


def welcome() -> str:
    """The lines printed at the start.

    They replace Streamlit's, which query an external server for this machine's address.
    """
    port, base = config.get_option("server.port"), config.get_option("server.baseUrlPath")
    scheme = "https" if config.get_option("server.sslCertFile") else "http"
    everywhere = address() in ("0.0.0.0", "::")
    name = "localhost" if everywhere or not address() else address()
    name = f"[{name}]" if ":" in name else name
    url = f"{scheme}://{name}:{port}/{base.strip('/')}"
    note = "Other machines can open it too, and there is no login.\n" if is_open() else ""
    return f"\nThe page is at {url}\n{note}\n"


def is_from_here(host: str, client: Any) -> bool:
    """Whether a request comes from this machine and is addressed to it, or to an allowed host.

    Args:
        host: The `Host` header.
        client: Address and port of the other side; None for a local socket.
    """
    name = _name(host)
    allowed = {listed.strip().lower() for listed in _option("server.allowedHosts")}
    if name and (name in allowed | _published() or "*" in allowed):
        return True
    return _is_here(name) and (client is None or not _is_elsewhere(client[0]))


def is_same_page(origin: str | None, host: str) -> bool:
    """Whether a WebSocket is requested by a page of this server, port included.

    Args:
        origin: The `Origin` header, which every browser sends.
        host: The `Host` header.
    """
    if origin is None or not config.get_option("server.enableCORS"):
        return True
    if origin in {listed.strip() for listed in _option("server.corsAllowedOrigins")}:
        return True
    netloc = origin.partition("://")[2]
    return bool(netloc) and (netloc.lower() == host.lower() or _name(netloc) in _published())


def _option(name: str) -> list[str]:
    return list(config.get_option(name) or ())


def _published() -> set[str]:
    """The host name under which a proxy publishes the page, if configured."""
    is_given = config.is_manually_set("browser.serverAddress")
    return {_name(config.get_option("browser.serverAddress"))} if is_given else set()


def _name(netloc: str) -> str:
    """A host without its port, in lower case; empty if malformed."""
    try:
        return (urlsplit(f"//{netloc}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_here(name: str) -> bool:
    number = _number(name)
    if number is None:
        return name == "localhost" or name.endswith(".localhost")
    return number.is_loopback


def _is_elsewhere(client: str) -> bool:
    number = _number(client)
    return number is not None and not number.is_loopback


def _number(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        number = ipaddress.ip_address(name)
    except ValueError:
        return None
    return getattr(number, "ipv4_mapped", None) or number
