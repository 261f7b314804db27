"""Closes connections whose request does not arrive in time, or is malformed.

Uvicorn limits how long a connection may idle between requests, but not how long a request may
take to arrive: half-sent ones would stay open until the client leaves.
"""

import asyncio
import gc
from typing import Any

from h11 import LocalProtocolError
from uvicorn.config import Config
from uvicorn.protocols.http.auto import AutoHTTPProtocol

SECONDS = 10.0
"""For the head of a request, and between two parts of its body."""


class ImpatientProtocol(AutoHTTPProtocol):
    """Uvicorn's HTTP protocol with a limit on the time a request takes to arrive."""

    _timer: asyncio.TimerHandle | None = None
    # Of uvicorn's protocols, which differ in type.
    cycle: Any
    connections: set[Any]
    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Starts to wait for the first request."""
        super().connection_made(transport)
        self._start()

    def data_received(self, data: bytes) -> None:
        """Waits no longer once the request is complete."""
        super().data_received(data)
        is_head_complete = self.cycle is not None and not self.cycle.response_complete
        if is_head_complete or self not in self.connections:  # or it became a WebSocket
            self._stop()
        if self._timer is None and self._is_waiting():
            self._start()

    def send_400_response(self, msg: str) -> None:
        """Answers a malformed request, or closes the connection where it was answered before.

        What the app answers afterwards is dropped: it would be an error of the protocol.
        """
        try:
            super().send_400_response(msg)  # pyright: ignore[reportAttributeAccessIssue]
        except LocalProtocolError:
            self.transport.close()
        if self.cycle is not None:
            self.cycle.disconnected = True

    def connection_lost(self, exc: Exception | None) -> None:
        """Stops the timer."""
        self._stop()
        super().connection_lost(exc)

    def _is_waiting(self) -> bool:
        if self not in self.connections:
            return False
        return self.cycle is None or self.cycle.response_complete or self.cycle.more_body

    def _start(self) -> None:
        self._timer = self.loop.call_later(SECONDS, self._expire)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expire(self) -> None:
        self._timer = None
        if self._is_waiting():
            self.transport.close()


def install() -> None:
    """Makes the servers of this process impatient; called once their configuration is loaded.

    Streamlit builds the configuration itself, so it is looked for in memory; connections read the
    class anew.
    """
    # By type: `isinstance` would ask objects of other packages for their class.
    for item in gc.get_objects():
        if issubclass(type(item), Config) and item.http_protocol_class is AutoHTTPProtocol:
            item.http_protocol_class = ImpatientProtocol
