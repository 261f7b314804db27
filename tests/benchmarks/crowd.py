"""A crowd on one server: `python -m tests.benchmarks.crowd --sessions 50 --seconds 600`.

Each session is a WebSocket of Streamlit's, as a browser opens it. Every five seconds it acts:
clicks on the map, reads positions as the lens does, scrubs through a playback, opens another page,
or uploads a file. A session types a sentence that no other types: all that it is sent is searched
for the others' sentences. Reports errors, answer times and the server's memory every ten seconds;
ends with an error if any answer was one, if a session saw another's sentence, or if memory grew by
more than a tenth after the first two minutes.
"""

import argparse
import asyncio
import random
import statistics
import sys
import time
import urllib.parse
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import httpx2
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from tests import records
from tests.benchmarks.click import server

COMMAND = "python -m tests.benchmarks.crowd"
WORDS = ("red", "small", "old", "happy", "wet", "green", "tired", "big")
PAGES = ("", "paths", "model", "prior", "collapse")
XSRF = "_streamlit_xsrf"
FINISHED = ForwardMsg.FINISHED_SUCCESSFULLY
PATIENCE = 900.0
"""Seconds that an answer may take, on a machine with other work."""


@dataclass
class Result:
    """What the crowd saw."""

    errors: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    memory: list[tuple[float, int]] = field(default_factory=list)
    crossed: int = 0
    busy: int = 0

    def fail(self, what: str, error: str) -> None:
        self.errors[f"{what}: {error}"[:200]] += 1

    def took(self, what: str, since: float) -> None:
        self.seconds.setdefault(what, []).append(time.monotonic() - since)


class Visitor:
    """One session."""

    def __init__(self, number: int, address: str, http: httpx2.AsyncClient, seen: Result) -> None:
        self.word = f"visitor{number:03d}word"
        self.address, self.http, self.result = address, http, seen
        self.chance = random.Random(number)
        self.session_id = ""
        self.line: ClientConnection

    async def stay(self, until: float, pause: float) -> None:
        url = f"{self.address.replace('http', 'ws', 1)}/_stcore/stream"
        async with connect(
            url,
            subprotocols=["streamlit"],
            max_size=None,
            origin=self.address,
            open_timeout=PATIENCE,
        ) as line:
            self.line = line
            await self.rerun("enter", {})
            while time.monotonic() < until:
                act = self.chance.choice(
                    (self.click, self.lens, self.scrub, self.read, self.upload)
                )
                try:
                    await act()
                except Exception as error:  # noqa: BLE001 - any is reported
                    self.result.fail(act.__name__, f"{type(error).__name__} {error}")
                await asyncio.sleep(self.chance.uniform(0.7, 1.3) * pause)

    async def rerun(self, what: str, query: dict[str, str], page: str = "") -> None:
        """Asks for a page, and reads all that is sent until it is done."""
        start, message = time.monotonic(), BackMsg()
        message.rerun_script.query_string = urllib.parse.urlencode(query)
        message.rerun_script.page_name = page
        await self.line.send(message.SerializeToString())
        while True:
            data = await asyncio.wait_for(self.line.recv(), PATIENCE)
            assert isinstance(data, bytes)
            if await self._is_last(data):
                break
        self.result.took(what, start)

    async def _is_last(self, data: bytes) -> bool:
        for other in Visitor.words - {self.word}:
            self.result.crossed += other.encode() in data
        message = ForwardMsg.FromString(data)
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self.session_id = message.new_session.initialize.session_id or self.session_id
        element = message.delta.new_element
        if kind == "delta" and element.WhichOneof("type") == "exception":
            self.result.fail("exception", element.exception.message)
        # Others end early, for a rerun that follows.
        return kind == "script_finished" and message.script_finished == FINISHED

    words: ClassVar[set[str]] = set()

    async def click(self) -> None:
        x, y = (self.chance.uniform(-4, 4) for _ in "xy")
        await self.rerun("click", {"at": f"{x:.3f},{y:.3f}"})

    async def read(self) -> None:
        if self.chance.random() < 0.5:
            text = f"a {self.chance.choice(WORDS)} dog sees {self.word}"
            await self.rerun("sentence", {"at": "typed", "text": text})
        else:
            await self.rerun("page", {}, self.chance.choice(PAGES))

    async def lens(self) -> None:
        at = ";".join(
            f"{self.chance.uniform(-4, 4):.2f},{self.chance.uniform(-4, 4):.2f}" for _ in range(8)
        )
        await self.get("lens", f"decode?at={at}")

    async def scrub(self) -> None:
        for _ in range(5):
            await self.get("hover", f"hover?i={self.chance.randrange(200)}")

    async def get(self, what: str, path: str) -> None:
        start = time.monotonic()
        answer = await self.http.get(f"{self.address}/api/runs/{Visitor.stamp}/{path}")
        self.result.took(what, start)
        if answer.status_code == 503:
            self.result.busy += 1
        elif answer.status_code != 200:
            self.result.fail(what, f"{answer.status_code} {answer.text}")

    stamp: ClassVar[str] = ""

    async def upload(self) -> None:
        """A file of sentences of this visitor alone, as the file uploader sends it."""
        start, message = time.monotonic(), BackMsg()
        message.file_urls_request.request_id = self.word
        message.file_urls_request.file_names.append(f"{self.word}.csv")
        message.file_urls_request.session_id = self.session_id
        await self.line.send(message.SerializeToString())
        while True:
            data = await asyncio.wait_for(self.line.recv(), PATIENCE)
            answer = ForwardMsg.FromString(bytes(data))  # type: ignore[arg-type]
            if answer.WhichOneof("type") == "file_urls_response":
                break
        url = answer.file_urls_response.file_urls[0].upload_url
        rows = "text\n" + "".join(f"{self.word} number {n} sits on a chair\n" for n in range(200))
        sent = await self.http.put(
            urllib.parse.urljoin(self.address, url),
            files={"file": (f"{self.word}.csv", rows.encode(), "text/csv")},
            headers={"X-Xsrftoken": self.http.cookies.get(XSRF) or ""},
        )
        if sent.status_code >= 300:
            self.result.fail("upload", f"{sent.status_code} {sent.text}")
        self.result.took("upload", start)


async def warm(address: str) -> str:
    """Opens the default run once; returns its stamp, which the page's map asks with."""
    result = Result()
    async with httpx2.AsyncClient(timeout=PATIENCE) as http:
        visitor = Visitor(0, address, http, result)
        url = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
        async with connect(url, subprotocols=["streamlit"], max_size=None, origin=address) as line:
            visitor.line = line
            message, found = BackMsg(), b""
            message.rerun_script.query_string = ""
            await line.send(message.SerializeToString())
            while True:
                data = await asyncio.wait_for(line.recv(), PATIENCE)
                assert isinstance(data, bytes)
                if b"/api/runs/" in data and not found:
                    found = data.split(b"/api/runs/", 1)[1].split(b"/", 1)[0]
                if await visitor._is_last(data):
                    return found.decode()


async def watch(pid: int, until: float, result: Result) -> None:
    start = time.monotonic()
    while time.monotonic() < until:
        status = Path(f"/proc/{pid}/status").read_text()
        resident = int(status.split("VmRSS:")[1].split()[0]) // 1024
        result.memory.append((time.monotonic() - start, resident))
        await asyncio.sleep(10)


async def crowd(address: str, pid: int, sessions: int, seconds: float, pause: float) -> Result:
    """All sessions at once, entering one after the other over the first half minute."""
    Visitor.stamp = await warm(address)
    result, until = Result(), time.monotonic() + seconds
    limits = httpx2.Limits(max_connections=sessions)
    async with httpx2.AsyncClient(timeout=PATIENCE, limits=limits) as http:
        await http.get(f"{address}/_stcore/health")  # sets the cookie that uploads repeat
        visitors = [Visitor(number, address, http, result) for number in range(sessions)]
        Visitor.words = {visitor.word for visitor in visitors}

        async def enter(visitor: Visitor, wait: float) -> None:
            await asyncio.sleep(wait)
            try:
                await visitor.stay(until, pause)
            except Exception as error:  # noqa: BLE001 - any is reported
                result.fail("session", f"{type(error).__name__} {error}")

        step = min(30.0, seconds / 4) / max(sessions, 1)
        await asyncio.gather(
            watch(pid, until, result),
            *(enter(visitor, number * step) for number, visitor in enumerate(visitors)),
        )
    return result


def growth(memory: list[tuple[float, int]], after: float) -> float:
    """By what fraction memory grew, from the mean of a minute at a time to that of the last."""
    first = [value for at, value in memory if after <= at < after + 60]
    last = [value for at, value in memory if at >= memory[-1][0] - 60]
    return statistics.mean(last) / statistics.mean(first) - 1 if first else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sessions", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--pause", type=float, default=5.0, help="between two actions, seconds")
    args = parser.parse_args()
    with server(0, 0) as address:
        pid = serving(urllib.parse.urlsplit(address).port or 0)
        result = asyncio.run(crowd(address, pid, args.sessions, args.seconds, args.pause))
    report(result, args)


def serving(port: int) -> int:
    """The process that listens on a port."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        words = path.read_bytes().split(b"\0")
        if any(str(port).encode() in word for word in words) and b"app.py" in b" ".join(words):
            return int(path.parent.name)
    raise SystemExit(f"no process serves port {port}")


def report(result: Result, args: Any) -> None:
    actions = 0
    for what, values in sorted(result.seconds.items()):
        actions += len(values)
        middle, high = statistics.median(values), max(values)
        sys.stdout.write(
            f"{what:>10}: {len(values):5}  median {middle:.2f} s  most {high:.2f} s\n"
        )
    grown = growth(result.memory, min(120.0, args.seconds / 3))
    memory = " ".join(str(value) for _, value in result.memory)
    sys.stdout.write(f"memory, MB: {memory}\ngrown by {grown:.1%}; busy answers {result.busy}\n")
    sys.stdout.write(
        f"sentences of others seen: {result.crossed}\nerrors: {sum(result.errors.values())}\n"
    )
    for text, count in result.errors.most_common(20):
        sys.stdout.write(f"  {count} × {text}\n")
    seconds = [value for values in result.seconds.values() for value in values]
    records.write(
        "crowd",
        f"{COMMAND} --sessions {args.sessions} --seconds {args.seconds:g}",
        sessions=args.sessions,
        seconds=args.seconds,
        actions=actions,
        errors=sum(result.errors.values()),
        crossed=result.crossed,
        busy=result.busy,
        memory_mb=[value for _, value in result.memory],
        grown=round(grown, 3),
        median_seconds=round(statistics.median(seconds), 2) if seconds else None,
    )
    if result.errors or result.crossed or grown > 0.1:
        raise SystemExit("the crowd was not served as promised")


if __name__ == "__main__":
    main()
