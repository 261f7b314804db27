"""Laws of many requests at once: beyond a number they are refused, and nothing piles up."""

import asyncio
from typing import Any

import pytest

from explorer.ui.http import work_queue
from explorer.ui.http.work_queue import WorkQueue


async def status(queue: WorkQueue, path: str) -> tuple[int, dict[str, str]]:
    """What a request is answered with."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    await queue({"type": "http", "path": path, "method": "GET", "headers": []}, receive, send)
    headers = {name.decode(): value.decode() for name, value in sent[0].get("headers", [])}
    return sent[0]["status"], headers


def test_requests_beyond_the_limit_are_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work_queue, "MAX_WAITING", 3)

    async def ask() -> None:
        release = asyncio.Event()

        async def slow(scope: Any, receive: Any, send: Any) -> None:
            await release.wait()
            await send({"type": "http.response.start", "status": 200, "headers": []})

        queue = WorkQueue(slow)
        first = [asyncio.create_task(status(queue, "/api/runs/a/decode")) for _ in range(3)]
        await asyncio.sleep(0)
        code, headers = await status(queue, "/api/runs/a/hover")
        assert code == 503 and int(headers["retry-after"]) > 0
        assert headers["cache-control"] == "no-store"
        other = asyncio.create_task(status(queue, "/api/runs/a/points"))
        release.set()
        assert [code for code, _ in await asyncio.gather(*first)] == [200] * 3
        assert (await other)[0] == 200
        assert (await status(queue, "/api/runs/a/decode"))[0] == 200

    asyncio.run(ask())


def test_a_request_that_fails_leaves_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work_queue, "MAX_WAITING", 1)

    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise OSError("gone")

    async def ask() -> None:
        queue = WorkQueue(broken)
        for _ in range(3):
            with pytest.raises(OSError, match="gone"):
                await status(queue, "/api/runs/a/decode")

    asyncio.run(ask())
