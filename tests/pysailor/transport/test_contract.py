"""What every transport promises, asked of each: in memory, over RabbitMQ, and there without pika's internals."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

import pytest

from pysailor.transport.base import DeliveryOutcome, Stopped, Transport, Unroutable
from pysailor.transport.memory import MemoryTransport
from pysailor.wire.envelope import Delivery, Publish
from tests.support.broker import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Way(NamedTuple):
    """A transport, connected, with a prefetch of 2; how a message gets in, and what came out."""

    transport: Transport
    put: Callable[[bytes], object]
    came_out: Callable[[], list[bytes]]


@pytest.fixture(params=["memory", "amqp", "amqp by pika's public interface"])
def way(request: pytest.FixtureRequest) -> Iterator[Way]:
    if request.param == "memory":
        yield from _memory()
    else:
        yield from _amqp(request.getfixturevalue("broker"), public="public" in request.param)


def _memory() -> Iterator[Way]:
    with MemoryTransport(prefetch=2, unroutable={"nowhere"}) as transport:
        yield Way(
            transport,
            lambda content: transport.put(content, {"messageId": content.decode()}),
            lambda: [publish.content for publish in transport.published],
        )


def _amqp(broker: Any, *, public: bool) -> Iterator[Way]:
    pika = pytest.importorskip("pika")
    from pysailor.transport.amqp import Amqp, Broker  # noqa: PLC0415 - an extra
    from pysailor.transport.amqp.pika_access import PublicAccess  # noqa: PLC0415 - as above

    name = f"test.{uuid4().hex[:8]}"
    with broker.channel() as channel:
        channel.exchange_declare(name, "direct")
        channel.queue_declare(name)
        channel.queue_declare(f"{name}.out")
        channel.queue_bind(f"{name}.out", name, "data")
        came: list[bytes] = []

        def put(content: bytes) -> None:
            channel.basic_publish("", name, content, pika.BasicProperties(headers={"messageId": content.decode()}))

        def came_out() -> list[bytes]:
            while (got := channel.basic_get(f"{name}.out", auto_ack=True))[0]:
                came.append(got[2])
            return came

        with Amqp(Broker(broker.uri, name, name, prefetch=2), PublicAccess() if public else None) as transport:
            yield Way(transport, put, came_out)
        for queue in (name, f"{name}.out"):
            channel.queue_delete(queue)
        channel.exchange_delete(name)


def by_id(delivery: Delivery) -> object:
    return delivery.headers.get("messageId")


def soon() -> float:
    return time.monotonic() + 60


def test_what_comes_in_goes_out_and_is_done(way: Way) -> None:
    def pass_on(delivery: Delivery) -> DeliveryOutcome:
        way.transport.publish(Publish("data", delivery.content), soon())
        return DeliveryOutcome.DONE

    way.transport.consume(pass_on, by_id)
    for content in (b"1", b"2", b"3"):
        way.put(content)
    eventually(lambda: sorted(way.came_out()) == [b"1", b"2", b"3"])
    assert way.transport.drain(soon())


def test_no_more_than_the_prefetch_are_in_work(way: Way) -> None:
    began, gate = [], threading.Event()

    def hold(delivery: Delivery) -> DeliveryOutcome:
        began.append(delivery.content)
        gate.wait(60)
        return DeliveryOutcome.DONE

    way.transport.consume(hold, by_id)
    for content in (b"1", b"2", b"3"):
        way.put(content)
    eventually(lambda: len(began) == 2)
    assert not way.transport.drain(time.monotonic())
    assert len(began) == 2
    gate.set()
    eventually(lambda: len(began) == 3)
    assert way.transport.drain(soon())


def test_what_is_returned_comes_again_and_says_so(way: Way) -> None:
    seen: list[bool] = []

    def once(delivery: Delivery) -> DeliveryOutcome:
        seen.append(delivery.redelivered)
        return DeliveryOutcome.DONE if delivery.redelivered else DeliveryOutcome.RETURNED

    way.transport.consume(once, by_id)
    way.put(b"1")
    eventually(lambda: seen == [False, True])


def test_what_failed_does_not_come_again_whether_told_or_raised(way: Way) -> None:
    seen: list[bytes] = []

    def fail(delivery: Delivery) -> DeliveryOutcome:
        seen.append(delivery.content)
        if delivery.content == b"raises":
            raise ZeroDivisionError
        return DeliveryOutcome.FAILED

    way.transport.consume(fail, by_id)
    for content in (b"fails", b"raises", b"last"):
        way.put(content)
    eventually(lambda: len(seen) == 3)
    assert way.transport.drain(soon())
    assert sorted(seen) == [b"fails", b"last", b"raises"]


def test_a_message_that_nobody_takes_is_an_error_and_the_next_one_is_not(way: Way) -> None:
    with pytest.raises(Unroutable, match="'nowhere'"):
        way.transport.publish(Publish("nowhere", b"lost"), soon())
    way.transport.publish(Publish("nowhere", b"dropped", mandatory=False), soon())
    way.transport.publish(Publish("data", b"next"), soon())
    eventually(lambda: way.came_out() == [b"next"])


def test_work_that_does_not_end_can_be_settled_and_its_place_is_taken(way: Way) -> None:
    gate, began = threading.Event(), []

    def hold(delivery: Delivery) -> DeliveryOutcome:
        began.append(delivery)
        gate.wait(60)
        return DeliveryOutcome.RETURNED

    way.transport.consume(hold, by_id)
    for content in (b"1", b"2", b"3"):
        way.put(content)
    eventually(lambda: len(began) == 2)
    way.transport.finish(began[0], DeliveryOutcome.DONE)
    eventually(lambda: len(began) == 3)
    way.transport.stop_consuming()
    for delivery in began[1:]:
        way.transport.finish(delivery, DeliveryOutcome.DONE)
    assert way.transport.drain(soon())
    gate.set()


def test_after_stopping_nothing_more_is_taken(way: Way) -> None:
    began: list[bytes] = []

    def note(delivery: Delivery) -> DeliveryOutcome:
        began.append(delivery.content)
        return DeliveryOutcome.DONE

    way.transport.consume(note, by_id)
    way.transport.stop_consuming()
    way.put(b"late")
    assert way.transport.drain(soon())
    assert began == []


def test_after_closing_a_publish_is_stopped(way: Way) -> None:
    way.transport.close(None)
    with pytest.raises(Stopped):
        way.transport.publish(Publish("data", b"late"), soon())
