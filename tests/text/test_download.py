"""Getting a file over a network that stops, lies or is not there; loopback only."""

import errno
import hashlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from explorer.errors import ExplorerError
from explorer.text import download
from explorer.text.corpus_catalog import RemoteFile

DATA = bytes(range(256)) * 2000


class Publisher(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.data, self.ranges, self.cut, self.status = DATA, True, len(DATA), 0
        self.pause = 0.0  # seconds before the second half
        self.asked: list[str | None] = []


class Answer(BaseHTTPRequestHandler):
    server: Publisher

    def do_GET(self):
        wanted = self.headers.get("Range")
        self.server.asked.append(wanted)
        if self.server.status:
            self.send_error(self.server.status)
            return
        start = int(wanted[6:-1]) if wanted and self.server.ranges else 0
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(self.server.data) - start))
        self.end_headers()
        half = (start + self.server.cut) // 2
        self.wfile.write(self.server.data[start:half])
        time.sleep(self.server.pause)
        self.wfile.write(self.server.data[half : self.server.cut])

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with Publisher() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def published(server):
    url = f"http://127.0.0.1:{server.server_port}/data.bin"
    return RemoteFile(url, "folder", hashlib.sha256(DATA).hexdigest(), len(DATA))


def left_in(folder):
    return [path.name for path in folder.iterdir() if path.suffix != ".lock"]


def test_a_file_arrives_whole_with_progress(server, tmp_path):
    done = []
    download.fetch(published(server), tmp_path / "new" / "data.bin", None, done.append)
    assert (tmp_path / "new" / "data.bin").read_bytes() == DATA
    assert done == sorted(done) and done[-1] == len(DATA)
    assert left_in(tmp_path / "new") == ["data.bin"]


def test_two_that_want_one_file_get_it_once(server, tmp_path):
    server.pause = 0.5
    target = tmp_path / "data.bin"

    def get(_):
        done = []
        download.fetch(published(server), target, None, done.append)
        return done[-1]

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(get, range(2))) == [len(DATA)] * 2
    assert target.read_bytes() == DATA
    assert server.asked == [None]


@pytest.mark.parametrize("ranges", [True, False])
def test_a_cut_download_goes_on_where_it_stopped(server, tmp_path, ranges):
    target = tmp_path / "data.bin"
    server.cut, server.ranges = 100_000, ranges
    with pytest.raises(ExplorerError, match="run the same command again"):
        download.fetch(published(server), target, None, lambda done: None)
    assert not target.exists()
    server.cut = len(DATA)
    download.fetch(published(server), target, None, lambda done: None)
    assert target.read_bytes() == DATA
    assert server.asked == [None, "bytes=100000-"]


def test_stopping_keeps_what_has_arrived(server, tmp_path):
    target = tmp_path / "data.bin"

    def stop(done):
        if done > 200_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download.fetch(published(server), target, None, stop)
    assert not target.exists()
    have = (tmp_path / "data.bin.part").stat().st_size
    assert 200_000 < have < len(DATA)
    download.fetch(published(server), target, None, lambda done: None)
    assert target.read_bytes() == DATA
    assert server.asked[-1] == f"bytes={have}-"


@pytest.mark.parametrize("data", [DATA[:-1] + b"x", DATA + b"more", b"x" * len(DATA)])
def test_other_bytes_are_refused_and_removed(server, tmp_path, data):
    server.data, server.cut = data, len(data)
    with pytest.raises(ExplorerError, match=r"data\.bin.*checksum differs.*--mirror"):
        download.fetch(published(server), tmp_path / "data.bin", None, lambda done: None)
    assert left_in(tmp_path) == []


@pytest.mark.parametrize("size", [len(DATA), len(DATA) + 5])
def test_a_false_beginning_is_not_kept_for_ever(server, tmp_path, size):
    (tmp_path / "data.bin.part").write_bytes(b"x" * size)
    if size == len(DATA):
        with pytest.raises(ExplorerError, match="checksum"):
            download.fetch(published(server), tmp_path / "data.bin", None, lambda done: None)
    download.fetch(published(server), tmp_path / "data.bin", None, lambda done: None)
    assert (tmp_path / "data.bin").read_bytes() == DATA


def test_an_answer_of_the_server_is_passed_on(server, tmp_path):
    server.status = 404
    with pytest.raises(ExplorerError, match=r"answered 404.*--mirror"):
        download.fetch(published(server), tmp_path / "data.bin", None, lambda done: None)


def test_without_network_the_mirror_is_named(server, tmp_path):
    file = published(server)
    server.shutdown()
    server.server_close()
    with pytest.raises(ExplorerError, match=r"no connection to 127\.0\.0\.1.*--mirror DIR"):
        download.fetch(file, tmp_path / "data.bin", None, lambda done: None)


def test_a_full_disk_says_so_and_keeps_no_half_file(server, tmp_path, monkeypatch):
    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(download, "_receive", full)
    with pytest.raises(ExplorerError, match=r"disk is full.*EXPLORER_HOME"):
        download.fetch(published(server), tmp_path / "data.bin", None, lambda done: None)
    assert not (tmp_path / "data.bin").exists()


def test_a_folder_that_cannot_be_made_is_named(server, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ExplorerError, match="cannot write"):
        download.fetch(published(server), tmp_path / "file" / "data", None, lambda done: None)
