"""A connection that goes comes back, and nothing is lost or done twice for it."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import pytest

from pysailor.transport.base import DeliveryOutcome
from tests.support.broker import Cable, eventually

pytest.importorskip("pika")
from pysailor.transport.amqp import Amqp
from tests.support.relay import Relay, StepQueues, by_message_id, count_logged, cut_off, numbers

if TYPE_CHECKING:
    from pysailor.wire.envelope import Delivery


def consumes_again(caplog: pytest.LogCaptureFixture, times: int) -> bool:
    return count_logged(caplog, "consuming again") == times


def test_cut_in_the_middle_of_work_nothing_is_lost_and_nothing_runs_twice(
    step: StepQueues, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pysailor")
    step.put(*numbers(20))
    with cut_off(step, prefetch=8) as (worker, cable):
        for times in (1, 2):
            eventually(lambda: len(worker.began) == 8)
            eventually(lambda: len(cable._pairs) == 2)  # the one that writes may come back later
            assert cable.cut() == 2
            eventually(partial(consumes_again, caplog, times))
        worker.gate.set()
        eventually(lambda: len(worker.ended) == 20)
        assert worker.amqp.drain(time.monotonic() + 60)
    assert sorted(worker.began) == sorted(numbers(20))
    assert sorted(content for content, _ in step.take()) == sorted(numbers(20))
    assert step.count() == 0


def test_cut_at_any_moment_nothing_is_lost(step: StepQueues) -> None:
    step.put(*numbers(2000))
    with cut_off(step, prefetch=20) as (worker, cable):
        worker.gate.set()
        for ended in (200, 500, 900, 1400):
            eventually(lambda: len(worker.ended) >= ended)  # noqa: B023 - called before the loop goes on
            cable.cut()
        eventually(lambda: set(worker.ended) == set(numbers(2000)))
        eventually(lambda: step.count() == 0)
        assert worker.amqp.drain(time.monotonic() + 60)
    arrived = Counter(content for content, _ in step.take())
    assert set(arrived) == set(numbers(2000))
    # Acknowledgements and confirms that were under way at the four cuts: at most one prefetch each.
    assert sum(arrived.values()) <= 2000 + 4 * 20


def test_a_message_that_was_finished_while_the_broker_was_away_is_not_run_again(
    step: StepQueues, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pysailor")
    seen: list[bytes] = []
    gate = threading.Event()

    def work(delivery: Delivery) -> DeliveryOutcome:
        seen.append(delivery.content)
        gate.wait(60)
        return DeliveryOutcome.DONE

    step.put(b"1")
    with Cable(step.rabbit.uri) as cable, Amqp(step.settings(uri=cable.uri)) as amqp:
        amqp.consume(work, by_message_id)
        eventually(lambda: seen)
        cable.unplug()
        eventually(lambda: "connection lost" in caplog.text)
        gate.set()
        assert amqp.drain(time.monotonic() + 60)
        cable.plug()
        eventually(lambda: "consuming again" in caplog.text)
        step.put(b"2")
        eventually(lambda: b"2" in seen)
        assert amqp.drain(time.monotonic() + 60)
    assert seen == [b"1", b"2"]
    assert step.count() == 0


def test_a_consumer_that_the_broker_cancels_begins_anew(step: StepQueues, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pysailor")
    with Relay(step) as worker:
        step.put(b"before")
        eventually(lambda: worker.ended == [b"before"])
        with step.rabbit.channel() as channel:
            channel.queue_delete(step.name)
        eventually(lambda: count_logged(caplog, "channel closed") >= 2)
        step.declare()
        step.put(b"after")
        eventually(lambda: worker.ended == [b"before", b"after"])


def test_connections_closed_by_the_operator_come_back(step: StepQueues) -> None:
    step.put(*numbers(300))
    with Relay(step, prefetch=4) as worker:
        eventually(lambda: len(worker.ended) > 20)
        names = step.rabbit.ctl("list_connections", "client_properties")
        assert "-read" in names
        assert "-write" in names
        step.put(*numbers(300))
        step.rabbit.ctl("close_all_connections", "a test")
        step.put(*numbers(20))
        eventually(lambda: len(worker.ended) >= 620 and step.count() == 0)
        assert worker.amqp.drain(time.monotonic() + 60)
    arrived = Counter(content for content, _ in step.take())
    assert set(arrived) == set(numbers(300))
    assert all(times >= (3 if int(content) < 20 else 2) for content, times in arrived.items())


def test_a_broker_that_stops_and_starts_again_costs_nothing(step: StepQueues) -> None:
    step.put(*numbers(200))
    with Relay(step, prefetch=10) as worker:
        eventually(lambda: len(worker.ended) > 10)
        worker.gate.clear()
        step.rabbit.ctl("stop_app")
        worker.gate.set()
        step.rabbit.ctl("start_app")
        eventually(lambda: len(worker.ended) >= 200 and step.count() == 0, within=120)
        assert worker.amqp.drain(time.monotonic() + 60)
    assert {content for content, _ in step.take()} == set(numbers(200))
