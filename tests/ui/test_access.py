"""Laws of who is answered: this machine alone, under its own names, unless told otherwise."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit import config

from explorer.ui.http import access
from explorer.ui.http.server import send_at_once

ROOT = Path(__file__).resolve().parents[2]

# Stands for what is outside: asked for, it leaves a mark.
SPY = """\
import pathlib, requests
def get(url, **_):
    pathlib.Path({mark!r}).write_text(url)
    raise requests.ConnectionError
requests.get = get
"""


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def started(place: Path, folder: Path, **variables: str) -> Iterator[tuple[int, Path]]:
    """The server, started from a folder; yields its port, and the mark of a call outside."""
    port, mark = free_port(), place / "called"
    (place / "sitecustomize.py").write_text(SPY.format(mark=str(mark)), encoding="utf-8")
    environment = os.environ | {
        "EXPLORER_HOME": str(place / "home"),
        "PYTHONPATH": os.pathsep.join([str(place), str(ROOT)]),
        "STREAMLIT_SERVER_PORT": str(port),
        "STREAMLIT_SERVER_HEADLESS": "true",
        **variables,
    }
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", os.path.relpath(ROOT / "app.py", folder)],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    try:
        for _ in range(300):
            assert server.poll() is None, "the server ended"
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2)
                break
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.2)
        else:
            pytest.fail("the server did not answer within a minute")
        yield port, mark
    finally:
        server.terminate()
        server.wait(30)


def listens_on(port: int) -> set[str]:
    """The addresses that listen on a port, as the kernel writes them."""
    found = set()
    for table in ("tcp", "tcp6"):
        path = Path("/proc/net") / table
        rows = path.read_text().splitlines()[1:] if path.is_file() else []
        for row in rows:
            local, state = row.split()[1], row.split()[3]
            if state == "0A" and int(local.partition(":")[2], 16) == port:
                found.add(local.partition(":")[0])
    return found


def status(port: int, path: str = "/", **headers: str) -> int:
    """What a request is answered with; a WebSocket that opens counts as 101."""
    lines = [f"GET {path} HTTP/1.1", *(f"{key}: {value}" for key, value in headers.items())]
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall("\r\n".join([*lines, "", ""]).encode())
        return int(line.recv(4096).split()[1])


UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
ONLY_HERE = {"0100007F"}


@pytest.mark.skipif(not Path("/proc/net/tcp").is_file(), reason="no /proc on this system")
@pytest.mark.parametrize("folder", [ROOT, None], ids=["here", "elsewhere"])
def test_the_page_listens_here_alone_and_asks_nobody(folder, tmp_path: Path) -> None:
    with started(tmp_path, folder or tmp_path) as (port, mark):
        assert listens_on(port) == ONLY_HERE
        here = f"127.0.0.1:{port}"
        assert status(port, Host=here) == 200
        assert status(port, Host="evil.example") == 403
        with socket.create_connection(("127.0.0.1", port), 30) as half_sent:
            half_sent.sendall(b"GET / HTTP/1.1\r\nHost: 127")
            assert half_sent.recv(1) == b""  # closed by the server
        stream, own = "/_stcore/stream", f"http://{here}"
        assert status(port, stream, Host=here, Origin=own, **UPGRADE) == 101
        for origin in ("http://evil.example", "http://127.0.0.1:9", "null"):
            assert status(port, stream, Host=here, Origin=origin, **UPGRADE) == 403
        assert not mark.exists(), f"asked {mark.read_text()}"


@pytest.mark.skipif(not Path("/proc/net/tcp").is_file(), reason="no /proc on this system")
def test_who_asks_for_all_interfaces_gets_them(tmp_path: Path) -> None:
    with started(tmp_path, tmp_path, STREAMLIT_SERVER_ADDRESS="0.0.0.0") as (port, mark):
        assert listens_on(port) == {"00000000"}
        assert status(port, Host="my-machine.example") == 200
        foreign = {"Host": "my-machine.example", "Origin": "http://evil.example"}
        assert status(port, "/_stcore/stream", **foreign, **UPGRADE) == 403
        assert not mark.exists(), f"asked {mark.read_text()}"


def options(**values: object) -> object:
    given = {name.replace("_", "."): value for name, value in values.items()}
    return mock.patch.multiple(
        config, get_option=given.get, is_manually_set=lambda name: name in given
    )


HERE, THERE = ("127.0.0.1", 50000), ("192.0.2.7", 50000)


def test_without_a_setting_only_this_machine_is_answered() -> None:
    """As where app.py was linked to from a folder whose settings do not say where to listen."""
    with options():
        assert not access.is_open()
        for host in ("localhost:8501", "127.0.0.1", "[::1]:8501", "app.localhost"):
            assert access.is_from_here(host, HERE)
            assert access.is_from_here(host, ("::ffff:127.0.0.1", 1))
            assert access.is_from_here(host, None)
            assert not access.is_from_here(host, THERE)
        for host in ("", "evil.example", "localhost.evil.example", "192.0.2.7", "[", "a@b:x"):
            assert not access.is_from_here(host, HERE)


def test_a_proxy_s_name_is_answered_once_it_is_given() -> None:
    with options(server_allowedHosts=["page.example"], server_enableCORS=True):
        assert access.is_from_here("page.example", THERE)
        assert not access.is_from_here("other.example", HERE)
        assert not access.is_same_page("https://page.example", "127.0.0.1:8501")
    with options(browser_serverAddress="page.example", server_enableCORS=True):
        assert access.is_from_here("page.example", THERE)
        assert access.is_same_page("https://page.example", "127.0.0.1:8501")


@pytest.mark.parametrize(
    ("address", "is_open"),
    [("127.0.0.1", False), ("localhost", False), ("::1", False), ("0.0.0.0", True), ("::", True)],
)
def test_an_address_of_this_machine_opens_nothing(address: str, is_open: bool) -> None:
    with options(server_address=address, server_port=8501, server_baseUrlPath=""):
        assert access.is_open() == is_open
        assert ("no login" in access.welcome()) == is_open
        assert "0.0.0.0" not in access.welcome()


def test_no_other_site_frames_the_page_and_no_type_is_guessed() -> None:
    def page(request: Request) -> PlainTextResponse:
        return PlainTextResponse("a sentence")

    app = access.Access(Starlette(routes=[Route("/api/runs/a/hover", page)]))
    with options(server_corsAllowedOrigins=["https://page.example"]):
        answer = TestClient(app, "http://localhost").get("/api/runs/a/hover")
    assert answer.status_code == 200
    assert answer.headers["x-content-type-options"] == "nosniff"
    framers = "frame-ancestors 'self' https://page.example"
    assert answer.headers["content-security-policy"] == framers


def test_responses_do_not_wait_for_an_acknowledgement() -> None:
    with socket.socket() as listening:  # of no named protocol, as Streamlit's
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        send_at_once()
        with socket.create_connection(listening.getsockname()), listening.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
