"""gevent's hub as pika's loop."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from gevent import monkey

from pysailor.pool.hub_loop import HubLoop
from tests.support.broker import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

AT_ONCE = 0.15
"""Seconds; gevent looks for signals every 0.3, and what was left lying until then would pass unseen."""


def shortest(begin: Callable[[Callable[[], None]], object]) -> float:
    """Return the seconds that it took until something happened, by the quickest of some that came one after another.

    The first does not count: the loop might just have looked for signals. A slow moment of the machine is one of them.
    """
    times = []
    for _ in range(6):
        happened, began = threading.Event(), time.monotonic()
        begin(happened.set)
        assert happened.wait(60)
        times.append(time.monotonic() - began)
    return min(times[1:])


@contextmanager
def running() -> Iterator[HubLoop]:
    loop = HubLoop()
    thread = threading.Thread(target=loop.start, daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        loop.add_callback_threadsafe(loop.stop)
        thread.join(60)
        loop.close()


@pytest.fixture
def loop() -> Iterator[HubLoop]:
    with running() as made:
        yield made


def test_what_a_callback_brings_about_needs_no_other_event(loop: HubLoop) -> None:
    assert shortest(lambda happen: loop.add_callback_threadsafe(lambda: loop.add_callback_threadsafe(happen))) < AT_ONCE


def test_a_callback_may_wait_for_a_lock_that_another_holds(loop: HubLoop) -> None:
    lock, done = threading.Lock(), threading.Event()

    def take() -> None:
        with lock:
            done.set()

    with lock:
        loop.add_callback_threadsafe(take)
        time.sleep(0.02)
    assert done.wait(60)


def test_what_is_posted_in_one_turn_runs_in_one_turn_in_its_order(loop: HubLoop) -> None:
    begin, seen, done = threading.Event(), [], threading.Event()

    def post(number: int) -> None:
        begin.wait()
        loop.add_callback_threadsafe(lambda: seen.append(number))

    threads = [threading.Thread(target=post, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    begin.set()
    for thread in threads:
        thread.join()
    loop.add_callback_threadsafe(done.set)
    assert done.wait(60)
    assert seen == [0, 1, 2, 3, 4]


def test_a_thread_of_the_system_wakes_the_loop(loop: HubLoop) -> None:
    start = monkey.get_original("_thread", "start_new_thread")
    assert shortest(lambda happen: start(loop.add_callback_threadsafe, (happen,))) < AT_ONCE


def test_a_timer_runs_once_and_one_that_is_removed_does_not(loop: HubLoop) -> None:
    seen: list[str] = []
    loop.add_callback_threadsafe(lambda: loop.call_later(0.02, lambda: seen.append("once")))
    loop.add_callback_threadsafe(lambda: loop.remove_timeout(loop.call_later(0.01, lambda: seen.append("never"))))
    eventually(lambda: seen)
    assert seen == ["once"]


def test_a_handler_gets_the_events_it_asked_for_until_it_is_removed(loop: HubLoop) -> None:
    near, far = socket.socketpair()
    seen: list[int] = []
    came = threading.Event()

    def handle(file: int, events: int) -> None:
        seen.append(events)
        if events & loop.READ:
            near.recv(10)
            loop.remove_handler(file)
            came.set()
        else:
            loop.update_handler(file, loop.READ)

    with near, far:
        loop.add_callback_threadsafe(lambda: loop.add_handler(near.fileno(), handle, loop.WRITE))
        eventually(lambda: seen)
        far.sendall(b"x")
        assert came.wait(60)
        far.sendall(b"y")
        time.sleep(0.02)
    assert seen == [loop.WRITE, loop.READ]
