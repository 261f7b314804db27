"""The page behind nginx with a password, as `explorer/help/server.md` says.

`pytest -m soak tests/ui/test_proxy.py`.
"""

import base64
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator

import pytest

from explorer.system import shipped_files
from tests.ui.test_access import UPGRADE, free_port, started, status

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(not shutil.which("nginx"), reason="no nginx is installed"),
]

HELP = shipped_files.PACKAGE / "help" / "server.md"
KEY = "Basic " + base64.b64encode(b"ada:secret").decode()


def documented() -> str:
    """The configuration that the help shows."""
    (block,) = re.findall(r"```nginx\n(.*?)```", HELP.read_text("utf-8"), re.DOTALL)
    return block


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    place = tmp_path_factory.mktemp("proxy")
    hosts = {"STREAMLIT_SERVER_ALLOWED_HOSTS": "explorer.example"}
    with started(place, place, **hosts) as (behind, _):
        port = free_port()
        block = documented()
        for shown, here in {
            "listen 80;": f"listen 127.0.0.1:{port};",
            "127.0.0.1:8501": f"127.0.0.1:{behind}",
            "/etc/nginx/explorer.users": str(place / "users"),
        }.items():
            assert block.count(shown) == 1, shown
            block = block.replace(shown, here)
        (place / "users").write_text("ada:{PLAIN}secret\n", encoding="utf-8")
        paths = "".join(
            f"{name}_temp_path {place / name};\n"
            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        user = "user root;" if os.geteuid() == 0 else ""
        text = f"""
            {user} pid {place / "pid"}; error_log {place / "errors"}; daemon off;
            events {{}}
            http {{ access_log off; {paths} {block} }}
        """
        (place / "nginx.conf").write_text(text, encoding="utf-8")
        process = subprocess.Popen(["nginx", "-c", str(place / "nginx.conf")])
        try:
            time.sleep(1)
            assert process.poll() is None, (place / "errors").read_text("utf-8")
            yield port
        finally:
            process.terminate()
            process.wait(30)


def asked(port: int, path: str = "/", **headers: str) -> int:
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return status(port, path, **{"Host": f"explorer.example:{port}", **named})


def test_nobody_is_let_in_without_the_password(proxy: int) -> None:
    assert asked(proxy) == 401
    assert asked(proxy, "/_stcore/stream", **UPGRADE) == 401
    assert asked(proxy, Authorization="Basic " + base64.b64encode(b"ada:guess").decode()) == 401


def test_with_the_password_the_page_opens_and_its_websocket(proxy: int) -> None:
    assert asked(proxy, Authorization=KEY) == 200
    own = f"http://explorer.example:{proxy}"
    assert asked(proxy, "/_stcore/stream", Authorization=KEY, Origin=own, **UPGRADE) == 101


def test_another_host_or_origin_is_refused_behind_it_too(proxy: int) -> None:
    assert status(proxy, "/", Host="evil.example", Authorization=KEY) == 403
    foreign = {"Origin": "http://evil.example", **UPGRADE}
    assert asked(proxy, "/_stcore/stream", Authorization=KEY, **foreign) == 403
