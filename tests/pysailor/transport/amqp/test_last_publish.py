"""A delivery that its thread has left, while the confirm of its last publish is out and something goes wrong."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from pysailor.transport.base import DeliveryOutcome, Stopped, Unroutable
from pysailor.wire.headers import EVENT_ID
from tests.support.broker import Cable, eventually

pytest.importorskip("pika")
from pysailor.transport.amqp import Amqp
from tests.support.relay import by_message_id, message

if TYPE_CHECKING:
    from pysailor.wire.envelope import Delivery
    from tests.support.relay import StepQueues


class Leaver:
    """Has the last publish of each delivery sent, and leaves it: whoever hears of the fate settles it."""

    def __init__(self, step: StepQueues, cable: Cable, route: str = "data") -> None:
        self.amqp = Amqp(step.settings(uri=cable.uri, prefetch=1))
        self.route = route
        self.began: list[bytes] = []
        self.fates: list[Exception | None] = []
        self.gate = threading.Event()
        self.left = threading.Event()

    def work(self, delivery: Delivery) -> None:
        self.began.append(delivery.content)
        self.gate.wait(60)

        def on_fate(error: Exception | None) -> None:
            self.fates.append(error)
            again = isinstance(error, Stopped)
            failed = DeliveryOutcome.RETURNED if again else DeliveryOutcome.FAILED
            self.amqp.finish(delivery, DeliveryOutcome.DONE if error is None else failed)

        self.amqp.publish_later(message(delivery.content, self.route), on_fate)
        self.left.set()

    def leave_unheard(self, cable: Cable) -> None:
        """Let the last publish be sent while nothing arrives at the broker."""
        eventually(lambda: self.began)
        cable.swallow()
        self.gate.set()
        assert self.left.wait(60)
        eventually(lambda: self.amqp._publisher._unconfirmed)


@pytest.mark.parametrize("route", ["data", "nowhere"])
def test_a_connection_that_is_lost_before_the_confirm_costs_no_second_run_and_no_result(
    step: StepQueues, route: str
) -> None:
    step.put(b"once", headers=lambda _: {"messageId": "m", EVENT_ID: "e"})
    with Cable(step.rabbit.uri) as cable:
        leaver = Leaver(step, cable, route)
        with leaver.amqp as amqp:
            amqp.consume(leaver.work, by_message_id)
            leaver.leave_unheard(cable)
            assert not leaver.fates
            cable.cut()
            eventually(lambda: leaver.fates and amqp._consumer.is_consuming)
            step.put(b"next", headers=lambda _: {"messageId": "n"})  # comes after the first, once more
            eventually(lambda: len(leaver.fates) == 2)
            assert amqp.drain(time.monotonic() + 60)
    assert leaver.began == [b"once", b"next"]
    for fate in leaver.fates:
        assert fate is None if route == "data" else isinstance(fate, Unroutable)
    assert [content for content, _ in step.take()] == (leaver.began if route == "data" else [])
    assert step.count() == 0


def test_a_worker_that_stops_before_the_confirm_leaves_the_input_in_its_queue(step: StepQueues) -> None:
    step.put(b"kept")
    with Cable(step.rabbit.uri) as cable:
        leaver = Leaver(step, cable)
        with leaver.amqp as amqp:
            amqp.consume(leaver.work, by_message_id)
            leaver.leave_unheard(cable)
            cable.unplug()
            amqp.stop_consuming()
            assert not amqp.drain(time.monotonic())
    (fate,) = leaver.fates
    assert isinstance(fate, Stopped)
    assert eventually(step.count) == 1


def test_the_next_delivery_waits_for_the_confirm_of_the_last_publish_where_one_is_allowed_at_a_time(
    step: StepQueues,
) -> None:
    step.put(b"1", b"2")
    with Cable(step.rabbit.uri) as cable:
        leaver = Leaver(step, cable)
        with leaver.amqp as amqp:
            amqp.consume(leaver.work, by_message_id)
            leaver.leave_unheard(cable)
            assert leaver.began == [b"1"]
            cable.cut()
            eventually(lambda: len(leaver.fates) == 2)
            assert amqp.drain(time.monotonic() + 60)
    assert leaver.began == [b"1", b"2"]
    assert sorted(content for content, _ in step.take()) == [b"1", b"2"]
    assert step.count() == 0
