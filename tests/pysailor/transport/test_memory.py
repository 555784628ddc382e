"""What the transport in memory can do besides: fail as a broker does, when it is told to."""

from __future__ import annotations

import threading
import time

import pytest

from pysailor.transport.base import DeliveryOutcome, InputMissing, Refused, Stopped, TooLarge, Unconfirmed
from pysailor.transport.memory import MemoryTransport
from pysailor.wire.envelope import Publish


def test_while_it_is_away_nothing_is_confirmed_and_what_waits_gets_through_afterwards() -> None:
    with MemoryTransport() as transport:
        transport.away()
        with pytest.raises(Unconfirmed):
            transport.publish(Publish("data", b"1"), time.monotonic())
        waiting = threading.Thread(target=transport.publish, args=(Publish("data", b"2"),))
        waiting.start()
        transport.back()
        waiting.join(60)
        assert [publish.content for publish in transport.published] == [b"2"]


def test_whoever_waits_hears_that_it_closes() -> None:
    transport = MemoryTransport()
    transport.connect()
    transport.away()
    heard: list[Exception] = []

    def publish() -> None:
        try:
            transport.publish(Publish("data", b"1"))
        except Stopped as error:
            heard.append(error)

    waiting = threading.Thread(target=publish)
    waiting.start()
    transport.close()
    waiting.join(60)
    assert len(heard) == 1


def test_what_is_larger_than_allowed_is_refused_for_good() -> None:
    with MemoryTransport(largest=3) as transport, pytest.raises(TooLarge, match="4 bytes"):
        transport.publish(Publish("data", b"four"))


def test_the_outcomes_are_kept_and_what_was_not_begun_still_waits() -> None:
    with MemoryTransport() as transport:
        first = transport.put(b"1")
        transport.consume(lambda _: DeliveryOutcome.FAILED, lambda _: None)
        assert transport.drain(time.monotonic() + 60)
        transport.stop_consuming()
        second = transport.put(b"2")
        assert transport.outcomes == {first.number: DeliveryOutcome.FAILED}
        assert transport.waiting == (second,)


def test_without_a_connection_there_is_nothing_to_read_from() -> None:
    with pytest.raises(InputMissing):
        MemoryTransport().consume(lambda _: DeliveryOutcome.DONE, lambda _: None)


def test_publishes_fail_as_they_are_told_to_one_after_the_other_and_elsewhere_they_do_not() -> None:
    with MemoryTransport() as transport:
        failed = transport.fail("data", Refused("full"), TooLarge("too large"))
        transport.publish(Publish("error", b"1"))
        assert not failed.is_set()
        with pytest.raises(Refused, match="full"):
            transport.publish(Publish("data", b"2"))
        assert failed.is_set()
        with pytest.raises(TooLarge):
            transport.publish(Publish("data", b"3"))
        transport.publish(Publish("data", b"4"))
        assert [publish.content for publish in transport.published] == [b"1", b"4"]
