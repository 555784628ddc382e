"""Deliveries: how many are in work, on how many threads, what becomes of each."""

from __future__ import annotations

import logging
import threading
import time

import pytest

from pysailor.transport.base import DeliveryOutcome
from pysailor.wire.envelope import Delivery, Publish
from tests.support.broker import Cable, eventually

pytest.importorskip("pika")
from pysailor.transport.amqp import Amqp
from pysailor.transport.amqp.properties import BASIC, Properties
from pysailor.transport.amqp.tables import Timestamp
from tests.support.relay import PERSISTENT, Relay, StepQueues, by_message_id, count_threads, cut_off, numbers


class ForPika(Properties):
    """Properties that pika would not write, in the form in which it takes any."""

    INDEX = BASIC

    def encode(self) -> list[bytes]:
        return [self.written]


def test_one_at_a_time_keeps_the_order(step: StepQueues) -> None:
    step.put(*numbers(50))
    with Relay(step) as worker:
        eventually(lambda: len(worker.ended) == 50)
    assert worker.began == numbers(50)
    assert [content for content, _ in step.take()] == numbers(50)
    assert step.count() == 0


def test_as_many_as_the_prefetch_are_in_work_at_once_and_no_more(step: StepQueues) -> None:
    before = count_threads("pysailor-worker-")
    step.put(*numbers(12))
    with Relay(step, held=True, prefetch=5) as worker:
        eventually(lambda: len(worker.began) == 5)
        eventually(lambda: step.count() == 7)
        worker.gate.set()
        eventually(lambda: len(worker.ended) == 12)
        assert count_threads("pysailor-worker-") - before <= 5
    assert step.count() == 0


def test_a_worker_with_little_to_do_has_few_threads(step: StepQueues) -> None:
    before = count_threads("pysailor-worker-")
    with Relay(step, prefetch=100) as worker:
        for number in range(5):
            step.put(b"%d" % number)
            eventually(lambda: len(worker.ended) > number)  # noqa: B023 - called before the loop goes on
            assert worker.amqp.drain(time.monotonic() + 60)
        assert count_threads("pysailor-worker-") - before <= 2


def test_a_delivery_has_the_headers_and_the_properties_that_were_set(step: StepQueues) -> None:
    import pika  # noqa: PLC0415 - an extra

    seen: list[Delivery] = []
    with step.rabbit.channel() as channel:
        headers = {"messageId": "1", "x-eio-meta-n": 5, "table": {"a": True}}
        properties = pika.BasicProperties(headers=headers, priority=3, delivery_mode=2, content_encoding="utf8")
        channel.basic_publish("", step.name, b"\x00\xff", properties)
        channel.basic_publish("", step.name, b"")

    def work(delivery: Delivery) -> DeliveryOutcome:
        seen.append(delivery)
        return DeliveryOutcome.DONE

    with Amqp(step.settings()) as amqp:
        amqp.consume(work, by_message_id)
        eventually(lambda: len(seen) == 2)
    assert (seen[0].content, seen[0].headers, seen[0].redelivered) == (b"\x00\xff", headers, False)
    assert seen[0].properties == {"priority": 3, "delivery_mode": 2, "content_encoding": "utf8"}
    assert (seen[1].content, seen[1].headers, seen[1].properties) == (b"", {}, {})


def test_a_header_that_pika_cannot_read_or_cuts_costs_nothing_and_goes_out_as_it_came(step: StepQueues) -> None:
    headers = {"messageId": "m", "late": Timestamp(1_700_000_000_000), "half": 1.5, "large": 1e300}
    with step.rabbit.channel() as channel:
        channel.basic_publish("", step.name, b"strange", ForPika(headers, {}))
    step.put(b"plain")
    seen: list[Delivery] = []
    again: list[Delivery] = []

    with Amqp(step.settings()) as amqp:

        def work(delivery: Delivery) -> DeliveryOutcome:
            amqp.publish(Publish("data", delivery.content, delivery.headers, PERSISTENT))
            seen.append(delivery)
            return DeliveryOutcome.DONE

        amqp.consume(work, by_message_id)
        eventually(lambda: len(seen) == 2)
    with Amqp(step.settings(queue=step.out)) as amqp:

        def look(delivery: Delivery) -> DeliveryOutcome:
            again.append(delivery)
            return DeliveryOutcome.DONE

        amqp.consume(look, by_message_id)
        eventually(lambda: len(again) == 2)
    for delivery in (seen[0], again[0]):
        assert (delivery.content, delivery.headers) == (b"strange", headers)
    assert isinstance(again[0].headers["late"], Timestamp)


def test_failed_is_rejected_for_good_and_returned_comes_back(step: StepQueues) -> None:
    step.put(b"failed", b"returned")
    outcomes = {b"failed": [DeliveryOutcome.FAILED], b"returned": [DeliveryOutcome.RETURNED, DeliveryOutcome.DONE]}
    seen: list[tuple[bytes, bool]] = []

    def work(delivery: Delivery) -> DeliveryOutcome:
        seen.append((delivery.content, delivery.redelivered))
        return outcomes[delivery.content].pop(0)

    with Amqp(step.settings()) as amqp:
        amqp.consume(work, by_message_id)
        eventually(lambda: len(seen) == 3)
        assert amqp.drain(time.monotonic() + 60)
    assert seen == [(b"failed", False), (b"returned", False), (b"returned", True)]
    assert step.count() == 0


def test_an_error_that_nobody_handled_rejects_the_message_and_work_goes_on(step: StepQueues) -> None:
    step.put(b"bad", b"good")
    seen: list[bytes] = []

    def work(delivery: Delivery) -> DeliveryOutcome:
        seen.append(delivery.content)
        if delivery.content == b"bad":
            raise ValueError
        return DeliveryOutcome.DONE

    with Amqp(step.settings()) as amqp:
        amqp.consume(work, by_message_id)
        eventually(lambda: seen == [b"bad", b"good"])
        assert amqp.drain(time.monotonic() + 60)
    assert step.count() == 0


def test_work_that_never_ends_can_be_given_up_and_does_not_hold_its_place(step: StepQueues) -> None:
    step.put(b"hangs", b"next")
    seen: list[Delivery] = []
    never = threading.Event()

    def work(delivery: Delivery) -> DeliveryOutcome:
        seen.append(delivery)
        if delivery.content == b"hangs":
            never.wait(120)
        return DeliveryOutcome.DONE

    with Amqp(step.settings(prefetch=1)) as amqp:
        amqp.consume(work, by_message_id)
        eventually(lambda: seen)
        amqp.finish(seen[0], DeliveryOutcome.FAILED)
        eventually(lambda: len(seen) == 2)
        never.set()
        assert amqp.drain(time.monotonic() + 60)
    assert step.count() == 0


def test_memory_of_settled_messages_is_given_back(step: StepQueues) -> None:
    step.put(*numbers(500))
    with Relay(step, prefetch=20) as worker:
        eventually(lambda: len(worker.ended) == 500)
        assert worker.amqp.drain(time.monotonic() + 60)
        consumer, publisher = worker.amqp._consumer, worker.amqp._publisher
        kept = [consumer._works, consumer._orphans, consumer._finished, publisher._unconfirmed, publisher._waiting]
        assert not any(kept)
        assert consumer._queue.empty()


def test_two_messages_with_the_same_id_are_two_messages(step: StepQueues, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pysailor")
    step.put(b"a", b"b", b"b", headers=lambda _: {"messageId": "one for all"})
    with cut_off(step, prefetch=5) as (worker, cable):
        eventually(lambda: len(worker.began) == 3)
        cable.cut()
        eventually(lambda: "consuming again" in caplog.text)
        worker.gate.set()
        eventually(lambda: len(worker.ended) == 3)
        assert worker.amqp.drain(time.monotonic() + 60)
    assert sorted(worker.began) == [b"a", b"b", b"b"]
    assert step.count() == 0


def test_a_message_without_an_id_is_run_again_after_a_cut_and_done(step: StepQueues) -> None:
    step.put(b"1", headers=lambda _: {})
    with cut_off(step, prefetch=2) as (worker, cable):
        eventually(lambda: len(worker.began) == 1)
        cable.cut()
        eventually(lambda: len(worker.began) == 2)
        worker.gate.set()
        assert worker.amqp.drain(time.monotonic() + 60)
    assert step.count() == 0


def test_a_component_that_cannot_name_a_delivery_has_it_run_again(step: StepQueues) -> None:
    def unnamed(delivery: Delivery) -> object:
        raise KeyError(delivery.number)

    step.put(b"1")
    with Cable(step.rabbit.uri) as cable:
        worker = Relay(step, held=True, uri=cable.uri, prefetch=2)
        with worker.amqp:
            worker.amqp.consume(worker.work, unnamed)
            eventually(lambda: len(worker.began) == 1)
            cable.cut()
            eventually(lambda: len(worker.began) == 2)
            worker.gate.set()
            assert worker.amqp.drain(time.monotonic() + 60)
    assert step.count() == 0


def test_a_thread_that_leaves_a_delivery_takes_the_next_one_and_each_is_settled_when_that_is_told(
    step: StepQueues,
) -> None:
    for number in range(3):
        step.put(b"%d" % number)
    left: list[Delivery] = []
    threads: set[int] = set()

    def leave(delivery: Delivery) -> None:
        threads.add(threading.get_ident())
        left.append(delivery)

    with Amqp(step.settings(prefetch=2)) as amqp:
        amqp.consume(leave, by_message_id)
        eventually(lambda: len(left) == 2)
        assert not amqp.drain(time.monotonic())
        amqp.finish(left[0], DeliveryOutcome.DONE)
        eventually(lambda: len(left) == 3)
        amqp.finish(left[1], DeliveryOutcome.DONE)
        amqp.finish(left[2], DeliveryOutcome.RETURNED)
        eventually(lambda: len(left) == 4)
        assert (left[3].content, left[3].redelivered) == (left[2].content, True)
        amqp.finish(left[3], DeliveryOutcome.DONE)
        assert amqp.drain(time.monotonic() + 60)
    assert len(threads) <= 2
    assert step.count() == 0


def test_nothing_is_taken_while_the_exchange_is_missing_that_all_goes_to(
    step: StepQueues, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pysailor")
    step.put(*numbers(5))
    with step.rabbit.channel() as channel:
        channel.exchange_delete(step.name)
    relay = Relay(step, prefetch=5)
    relay.amqp.connect()
    relay.amqp.consume(relay.work, by_message_id)
    eventually(lambda: caplog.text.count("opening another") > 1 and "no message is taken" in caplog.text)
    assert relay.began == []
    assert step.count() == 5
    assert caplog.text.count("no message is taken until it can") == 1
    relay.gate.clear()
    step.declare()
    relay.gate.set()
    eventually(lambda: len(relay.ended) == 5)
    relay.amqp.close()
    assert sorted(content for content, _ in step.take()) == numbers(5)
