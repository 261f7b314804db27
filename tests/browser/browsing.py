"""What the tests and measurements in a real Chromium share: the browser, and a running server."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
]
PATIENCE = 60_000
"""Milliseconds that a busy machine may take for what a test waits for."""

QUICK_MARKS = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: install it with apt or brew"),
]
"""Of modules that need the browser for a few seconds."""
MARKS = [*QUICK_MARKS, pytest.mark.slow]
"""Of all others."""

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def a_browser() -> Iterator[Any]:
    """A fresh Chromium."""
    with sync_api.sync_playwright() as playwright, launched(playwright) as browser:
        yield browser


@contextmanager
def launched(playwright: Any) -> Iterator[Any]:
    """A fresh Chromium."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
    yield browser
    browser.close()


@contextmanager
def remembering(playwright: Any) -> Iterator[Any]:
    """The context of a Chromium that keeps what it has loaded: a page takes half the time.

    One at a time in a process.
    """
    context = playwright.chromium.launch_persistent_context(
        _profile().name, executable_path=CHROMIUM, args=SWITCHES
    )
    yield context
    context.close()


@cache
def _profile() -> TemporaryDirectory:
    return TemporaryDirectory(prefix="chromium-")


def new_page(context: Any, width: int, height: int) -> Any:
    """A page of a context, as large as that."""
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": height})
    page.set_default_timeout(PATIENCE)
    return page


def forget(page: Any) -> None:
    """Removes what the pages of a context stored, such as the theme; the cache stays."""
    page.context.clear_cookies()
    if page.url.startswith("http"):
        page.evaluate("() => localStorage.clear()")


@contextmanager
def a_page() -> Iterator[Any]:
    """A page whose scripts may not fail."""
    with sync_api.sync_playwright() as playwright, remembering(playwright) as context:
        page = new_page(context, 1280, 1000)
        failures: list[str] = []
        page.on("pageerror", lambda error: failures.append(str(error)))
        yield page
        assert not failures
        forget(page)


@contextmanager
def served(runs: Path, home: Path) -> Iterator[str]:
    """The page on the runs of a folder, besides those that ship; yields its address.

    Args:
        runs: A run, or a folder of several.
        home: Empty: what the server keeps goes there.
    """
    variables = {"EXPLORER_RUNS": str(runs), "EXPLORER_HOME": str(home)}
    with listening(ROOT, variables) as address:
        yield address


@contextmanager
def listening(
    folder: Path, variables: dict[str, str], options: Sequence[str] = ()
) -> Iterator[str]:
    """A Streamlit server for `app.py` of a folder, on a free port; yields its address."""
    port = _port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true"]
    command += [f"--server.port={port}", "--server.address=127.0.0.1", *options]
    environment = {**os.environ, **variables}
    server = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    try:
        await_health(server, f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


def _port() -> int:
    """A free port: the same again where it is free, for the cache is of an address."""
    for port in (_first_port(), 0):
        with socket.socket() as free:
            try:
                free.bind(("127.0.0.1", port))
            except OSError:
                continue
            return free.getsockname()[1]
    raise AssertionError("no port is free")


@cache
def _first_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def await_health(server: subprocess.Popen, address: str) -> None:
    """Waits until a server answers; a minute at most."""
    for _ in range(300):
        assert server.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    pytest.fail("the server did not answer within a minute")


def downloaded(page: Any, button: Any) -> Path:
    """The file that a button gives, clicked as a person clicks who got none.

    A click that meets a rerun of the page is lost: Streamlit makes files when asked, and a rerun
    replaces who is asked.
    """
    for patience in (PATIENCE // 4, PATIENCE // 4, PATIENCE):
        page.locator("[data-test-script-state=notRunning]").wait_for()
        try:
            with page.expect_download(timeout=patience) as download:
                button.click()
        except sync_api.TimeoutError:
            if patience == PATIENCE:
                raise
        else:
            return Path(download.value.path())
    raise AssertionError("the last click returns or raises")
