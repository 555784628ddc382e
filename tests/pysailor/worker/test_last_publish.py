"""The last message of a delivery: its thread does not wait for the confirm, and the input ends with it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from pysailor.transport.base import DeliveryOutcome, Refused, Stopped
from pysailor.transport.memory import MemoryTransport
from tests.support.journaled import journal
from tests.support.worker_bench import Bench, order

if TYPE_CHECKING:
    from pysailor.transport.base import OnFate
    from pysailor.wire.envelope import Delivery, Publish


class LateTransport(MemoryTransport):
    """Tells the fate of what is published later only when the test does."""

    def __init__(self) -> None:
        super().__init__()
        self.fates: list[OnFate] = []

    def publish_later(self, publish: Publish, on_fate: OnFate) -> None:
        self.published.append(publish)
        self.fates.append(on_fate)


@pytest.fixture
def transport(bench: Bench) -> LateTransport:
    transport = LateTransport()
    transport.connect()
    bench.transport = transport
    return transport


@pytest.fixture
def left(bench: Bench, transport: LateTransport) -> Delivery:
    """Return a delivery whose thread has gone on."""
    delivery = bench.begin(bench.worker(), order("remember"))
    assert bench.returned.get(timeout=60) is None
    assert bench.routes() == ["to.snapshot", "to.data"]
    assert not transport.outcomes
    return delivery


def test_a_delivery_is_done_when_its_last_message_is_confirmed(
    bench: Bench, transport: LateTransport, left: Delivery
) -> None:
    transport.fates[0](None)
    assert bench.settled(left) is DeliveryOutcome.DONE


def test_a_last_message_that_is_refused_fails_the_delivery_and_says_why(
    bench: Bench, transport: LateTransport, left: Delivery
) -> None:
    transport.fates[0](Refused("The queue is full."))
    assert bench.settled(left) is DeliveryOutcome.FAILED
    assert bench.error()["message"] == "The queue is full."


def test_whoever_tells_the_fate_does_not_wait_for_the_error_message_where_no_thread_is_to_be_had(
    monkeypatch: pytest.MonkeyPatch, bench: Bench, transport: LateTransport, left: Delivery
) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    transport.stop_consuming()
    monkeypatch.setattr(threading.Thread, "start", refuse)
    transport.fates[0](Refused("The queue is full."))
    assert transport.outcomes[left.number] is DeliveryOutcome.RETURNED
    assert bench.routes() == ["to.snapshot", "to.data"]


def test_a_delivery_whose_last_message_is_not_confirmed_when_the_worker_stops_is_brought_again(
    transport: LateTransport, left: Delivery
) -> None:
    transport.stop_consuming()
    transport.fates[0](Stopped("The worker stops."))
    assert transport.outcomes[left.number] is DeliveryOutcome.RETURNED
    assert transport.waiting[0].redelivered


def test_with_a_journal_the_thread_goes_on_as_well(bench: Bench, transport: LateTransport) -> None:
    delivery = bench.begin(bench.worker(journal=journal()), order("remember"))
    assert bench.returned.get(timeout=60) is None
    transport.fates[0](None)
    assert bench.settled(delivery) is DeliveryOutcome.DONE


def test_a_message_that_is_yielded_is_safe_before_its_thread_goes_on(bench: Bench, transport: LateTransport) -> None:
    delivery = bench.begin(bench.worker(), order("many", times=2))
    assert bench.settled(delivery) is DeliveryOutcome.DONE
    assert not transport.fates
