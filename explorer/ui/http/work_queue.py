"""Bounds the requests that wait for the model; beyond it the server answers that it is busy.

Streamlit's reruns, which answer clicks, run in threads of their own and are never refused.
"""

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

MAX_WAITING = 96
"""Requests at a time: two of each of 48 visitors, who then wait for some seconds."""

_WORK = ("decode", "hover", "sentence")
"""The last part of the paths that are asked again by themselves, unlike a map's points."""

_SECONDS = 2
"""When to ask again."""

_ANSWER = {"error": f"the server is busy with other visitors: try again in {_SECONDS} seconds"}


class WorkQueue:
    """ASGI middleware that refuses requests beyond `MAX_WAITING`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.waiting = 0  # of one event loop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request, as specified by ASGI."""
        path = scope.get("path", "")
        if scope["type"] != "http" or "/api/runs/" not in path or not path.endswith(_WORK):
            await self.app(scope, receive, send)
            return
        if self.waiting >= MAX_WAITING:
            headers = {"Retry-After": str(_SECONDS), "Cache-Control": "no-store"}
            await JSONResponse(_ANSWER, 503, headers)(scope, receive, send)
            return
        self.waiting += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self.waiting -= 1
