"""Slow work is bounded, and nothing waits behind it that need not."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import perf_counter
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.door.workers import Busy, Workers
from app.main import create_app
from tests.api.conftest import NOW, SMALL


def test_work_gives_what_it_gives_or_raises() -> None:
    """In a thread, and back."""

    async def try_it() -> None:
        workers = Workers(5)
        assert await workers.run(lambda: 7) == 7
        with pytest.raises(ZeroDivisionError):
            await workers.run(lambda: 1 // 0)
        workers.close()
        with pytest.raises(Busy):
            await workers.run(lambda: 7)

    asyncio.run(try_it())


def test_more_than_there_is_room_for_is_refused_at_once() -> None:
    """One at work, one waiting, and the third is told to come back."""

    async def try_it() -> None:
        workers, go = Workers(5, at_once=1, waiting=1), Event()
        first = asyncio.create_task(workers.run(lambda: go.wait(5)))
        second = asyncio.create_task(workers.run(lambda: 2))
        await asyncio.sleep(0.05)
        with pytest.raises(Busy):
            await workers.run(lambda: 3)
        go.set()
        assert await first
        assert await second == 2
        assert await workers.run(lambda: 4) == 4

    asyncio.run(try_it())


def test_one_person_leaves_room_for_others() -> None:
    """Whoever has their share is told to come back, and nobody else is."""

    async def try_it() -> None:
        workers, go = Workers(5, at_once=2, waiting=2, share=1), Event()
        first = asyncio.create_task(workers.run(lambda: go.wait(5), "one"))
        await asyncio.sleep(0.05)
        with pytest.raises(Busy):
            await workers.run(lambda: 2, "one")
        assert await workers.run(lambda: 3, "other") == 3
        assert await workers.run(lambda: 4) == 4
        go.set()
        assert await first
        assert await workers.run(lambda: 5, "one") == 5

    asyncio.run(try_it())


def test_nobody_waits_for_ever() -> None:
    """What takes too long is given up, and keeps its place until it ends."""

    async def try_it() -> None:
        workers, go = Workers(0.1, at_once=1, waiting=0), Event()
        with pytest.raises(Busy):
            await workers.run(lambda: go.wait(5))
        with pytest.raises(Busy):
            await workers.run(lambda: 1)
        go.set()
        for _ in range(100):
            await asyncio.sleep(0.01)
            if await _has_room(workers):
                return
        pytest.fail("the place was not given back")

    asyncio.run(try_it())


async def _has_room(workers: Workers) -> bool:
    try:
        return await workers.run(lambda: True)
    except Busy:
        return False


def test_a_second_request_is_not_held_up_by_a_slow_one(
    monkeypatch: pytest.MonkeyPatch, calendar: str, options: dict[str, Any]
) -> None:
    """Health and another leader's check answer while a plan is being made."""
    begun, go = Event(), Event()

    def slow(*_: Any, **__: Any) -> None:
        begun.set()
        go.wait(10)
        raise Busy("Slow.")

    monkeypatch.setattr("app.api.routes.make_plan", slow)
    asked = options | {"calendars": [calendar]}
    with (
        TestClient(create_app(SMALL, now=lambda: NOW)) as client,
        ThreadPoolExecutor(1) as beside,
    ):
        waiting = beside.submit(client.post, "/v1/plan", json=asked)
        assert begun.wait(5)
        start = perf_counter()
        assert client.get("/health").status_code == 200
        assert client.post("/v1/check", json=asked).status_code == 200
        assert perf_counter() - start < 5
        assert not waiting.done()
        go.set()
        answer = waiting.result()
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
