"""The thread that owns pika."""

from __future__ import annotations

import threading
import time

import pytest

from tests.support.broker import eventually

pytest.importorskip("pika")
from pysailor.transport.amqp import Amqp, Broker
from pysailor.transport.amqp.io_thread import IoThread
from pysailor.transport.base import Stopped
from tests.support.relay import Relay, StepQueues, numbers


def test_an_error_of_our_own_on_the_io_thread_costs_a_connection_and_no_message(step: StepQueues) -> None:
    def broken() -> None:
        raise ZeroDivisionError

    step.put(*numbers(300))
    with Relay(step, prefetch=5) as worker:
        for ended in (50, 150):
            eventually(lambda: len(worker.ended) > ended)  # noqa: B023 - called before the loop goes on
            worker.amqp._io.post(broken)
        worker.amqp._io.post(worker.amqp._io.later, 0.01, broken)
        eventually(lambda: set(worker.ended) == set(numbers(300)))
        eventually(lambda: step.count() == 0)
        assert worker.amqp.drain(time.monotonic() + 60)


def test_what_is_posted_while_others_are_done_is_done_in_order_however_many_threads_post() -> None:
    io = IoThread()
    io.start()
    done: list[tuple[int, int]] = []
    over = threading.Event()

    def post(name: int) -> None:
        for number in range(2000):
            io.post(done.append, (name, number))

    threads = [threading.Thread(target=post, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    io.post(over.set)
    assert over.wait(60)
    io.end(60)
    for name in range(4):
        assert [number for by, number in done if by == name] == list(range(2000))


def test_an_act_that_posts_itself_for_ever_lets_the_sockets_have_their_turn() -> None:
    io = IoThread()
    io.start()
    rang = threading.Event()

    def again() -> None:
        if not rang.is_set():
            io.post(again)

    io.post(again)
    io.post(io.later, 0.01, rang.set)
    assert rang.wait(60)
    io.end(60)


def test_what_is_closed_before_it_began_to_connect_is_closed_at_once_and_never_connects() -> None:
    amqp = Amqp(Broker("amqp://127.0.0.1:1", "in", "out"))
    began = time.monotonic()
    amqp.close()
    assert time.monotonic() - began < 20
    with pytest.raises(Stopped):
        amqp.connect()
