"""The thread that owns pika."""

from __future__ import annotations

import time

import pytest

from tests.support.broker import eventually

pytest.importorskip("pika")
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
        assert worker.amqp.drain(time.monotonic() + 5)
