"""How threads wake the loop."""

from __future__ import annotations

import asyncio
from functools import partial

from lib.chat.server.waker import Waker

LONG = 60.0


def test_the_first_call_comes_at_once_though_the_pause_is_long() -> None:
    async def run() -> None:
        called = asyncio.Event()
        waker = Waker(LONG)
        await asyncio.to_thread(waker.call, called.set)
        await asyncio.wait_for(called.wait(), 10)

    asyncio.run(run())


def test_calls_within_a_pause_come_together_and_in_their_order() -> None:
    async def run() -> list[str]:
        """Return what was called, and where a step of the loop ended."""
        loop, began, over = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
        noted: list[str] = []

        def note(text: str) -> None:
            noted.append(text)
            loop.call_soon(noted.append, "step")

        waker = Waker(0.05)
        await asyncio.to_thread(waker.call, began.set)
        await began.wait()
        for text in "abc":
            await asyncio.to_thread(waker.call, partial(note, text))
        await asyncio.to_thread(waker.call, over.set)
        await asyncio.wait_for(over.wait(), 10)
        return noted[: noted.index("step")]

    assert asyncio.run(run()) == ["a", "b", "c"]


def test_no_call_is_lost_whenever_it_comes() -> None:
    async def run() -> bool:
        calls = asyncio.Semaphore(0)
        waker = Waker(0)

        def call_often() -> None:
            for _ in range(500):
                waker.call(calls.release)

        await asyncio.gather(*(asyncio.to_thread(call_often) for _ in range(4)))
        async with asyncio.timeout(10):
            for _ in range(2000):
                await calls.acquire()
        return calls.locked()

    assert asyncio.run(run())
