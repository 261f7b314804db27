"""Laws of requests that arrive in part: they end, and slow ones that go on do not."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Iterator
from threading import Thread

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from explorer.ui.http import request_timeout
from explorer.ui.http.access import Access

LIMIT = 0.3
HEAD = b"POST /slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n"


async def slow(request: Request) -> PlainTextResponse:
    content = await request.body()
    await asyncio.sleep(2 * LIMIT)
    return PlainTextResponse(f"got {len(content)}")


@contextlib.asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    request_timeout.install()
    yield


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(request_timeout, "SECONDS", LIMIT)
    app = Starlette(routes=[Route("/slow", slow, methods=["POST"])], lifespan=lifespan)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(Access(app), ws="none", log_config=None))
        thread = Thread(target=server.run, args=[[listening]])
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join()


def answer(port: int, *parts: bytes) -> bytes:
    """What the server sends before it closes, to parts sent half a limit apart."""
    with socket.create_connection(("127.0.0.1", port), 10) as client:
        received = b""
        for part in parts:
            with contextlib.suppress(OSError):
                client.sendall(part)
            time.sleep(LIMIT / 2)
        with contextlib.suppress(ConnectionResetError):
            while more := client.recv(4096):
                received += more
        return received


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (b"POST /slow HTTP/1.1\r\n",),
        [bytes([byte]) for byte in HEAD[:8]],
        (HEAD + b"12",),
    ],
    ids=["nothing", "half a head", "a byte now and then", "half a body"],
)
def test_a_half_sent_request_is_closed(parts, port: int) -> None:
    start = time.monotonic()
    assert b"got" not in answer(port, *parts)
    assert time.monotonic() - start < len(parts) * LIMIT / 2 + 4 * LIMIT


def test_a_body_may_come_slowly_and_its_answer_too(port: int) -> None:
    request = [HEAD, b"1", b"2", b"3", b"4"]
    assert b"got 4" in answer(port, *request)


def test_a_second_request_of_a_connection_is_waited_for_anew(port: int) -> None:
    whole = HEAD + b"1234"
    with socket.create_connection(("127.0.0.1", port), 10) as client:
        for _ in range(2):
            client.sendall(whole)
            received = b""
            while not received.endswith(b"got 4"):
                received += client.recv(4096)
        client.sendall(HEAD[:20])
        start = time.monotonic()
        while client.recv(4096):
            pass
        assert LIMIT / 2 < time.monotonic() - start < 5 * LIMIT


CHUNKED = b"POST /%s HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ((CHUNKED % b"slow" + b"ZZZ\r\nabc\r\n",), b"400"),
        ((CHUNKED % b"slow" + b"1\r\na\r\n", b"ZZZ\r\nabc\r\n"), b"400"),
        ((CHUNKED % b"none" + b"1\r\na\r\n", b"ZZZ\r\nabc\r\n"), b"404"),
    ],
    ids=["at once", "while it is read", "after the answer"],
)
def test_a_malformed_body_ends_in_an_answer_and_in_no_error(
    parts: tuple[bytes, ...], status: bytes, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    assert answer(port, *parts).startswith(b"HTTP/1.1 " + status)
    assert not [record for record in caplog.records if record.exc_info]


def test_an_upload_that_is_broken_off_is_no_error(
    port: int, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_connection(("127.0.0.1", port), 10) as client:
        client.sendall(HEAD + b"12")
    time.sleep(LIMIT)
    assert answer(port, HEAD + b"1234").endswith(b"got 4")
    assert not [record for record in caplog.records if record.exc_info]
