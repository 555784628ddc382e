"""The transport over RabbitMQ, against a real one."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

import pytest

from pysailor.transport.base import (
    DeliveryOutcome,
    InputMissing,
    Refused,
    Stopped,
    TooLarge,
    Unconfirmed,
    Unreachable,
    Unroutable,
)
from pysailor.wire.envelope import Delivery, Publish
from tests.support.broker import Cable, Rabbit, eventually, free_port, may_install

pytest.importorskip("pika")
from pysailor.transport.amqp import Amqp, Broker
from pysailor.transport.amqp.properties import Properties, Timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

PERSISTENT = {"content_type": "application/json", "delivery_mode": 2}


@dataclass
class StepQueues:
    """What the platform would have declared for one step: its queue, its exchange, and the queue behind that."""

    rabbit: Rabbit
    name: str

    @property
    def out(self) -> str:
        return f"{self.name}.out"

    def settings(self, **changes: Any) -> Broker:
        given = {"uri": self.rabbit.uri, "queue": self.name, "exchange": self.name, "reconnect_max_delay": 0.2}
        return Broker(**{**given, "publish_delay": 0.01, **changes})

    def declare(self, **out: Any) -> None:
        with self.rabbit.channel() as channel:
            channel.exchange_declare(self.name, "direct", durable=True)
            channel.queue_declare(self.name, durable=True)
            channel.queue_declare(self.out, durable=True, arguments=out)
            channel.queue_bind(self.out, self.name, "data")

    def put(
        self,
        *contents: bytes,
        headers: Callable[[bytes], dict[str, Any]] = lambda content: {"messageId": content.decode()},
    ) -> None:
        import pika  # noqa: PLC0415 - an extra

        with self.rabbit.channel() as channel:
            for content in contents:
                properties = pika.BasicProperties(headers=headers(content), delivery_mode=2)
                channel.basic_publish("", self.name, content, properties)

    def take(self, queue: str = "") -> list[tuple[bytes, dict[str, Any]]]:
        taken = []
        with self.rabbit.channel() as channel:
            while (got := channel.basic_get(queue or self.out, auto_ack=True))[0]:
                taken.append((got[2], got[1].headers))
        return taken

    def count(self, queue: str = "") -> int:
        with self.rabbit.channel() as channel:
            return int(channel.queue_declare(queue or self.name, passive=True).method.message_count)


@pytest.mark.parametrize(
    ("environ", "root", "contained", "may"),
    [
        ({}, True, False, False),
        ({}, False, True, False),
        ({}, True, True, True),
        ({"PYSAILOR_TEST_INSTALL": "0"}, True, True, False),
        ({"PYSAILOR_TEST_INSTALL": "1"}, False, False, True),
        ({"CI": "true"}, False, False, True),
    ],
)
def test_no_server_is_installed_unasked(environ: dict[str, str], root: bool, contained: bool, may: bool) -> None:
    assert may_install(environ, root=root, contained=contained) is may


@pytest.fixture
def step(broker: Rabbit) -> Iterator[StepQueues]:
    made = StepQueues(broker, f"test.{uuid4().hex[:8]}")
    made.declare()
    yield made
    with broker.channel() as channel:
        for queue in (made.name, made.out):
            channel.queue_delete(queue)
        channel.exchange_delete(made.name)


def message(content: bytes = b"x", route: str = "data", **properties: Any) -> Publish:
    return Publish(route, content, {"messageId": "m"}, {**PERSISTENT, **properties})


def by_message_id(delivery: Delivery) -> object:
    return delivery.headers.get("messageId")


class Relay:
    """Passes on what it gets; remembers what it began and ended. Held, it waits in between until `gate` is set."""

    def __init__(self, step: StepQueues, *, held: bool = False, **settings: Any) -> None:
        self.amqp = Amqp(step.settings(**settings))
        self.began: list[bytes] = []
        self.ended: list[bytes] = []
        self.errors: list[Exception] = []
        self.gate = threading.Event()
        if not held:
            self.gate.set()

    def __enter__(self) -> Self:
        self.amqp.connect()
        self.amqp.consume(self.work, by_message_id)
        return self

    def __exit__(self, *_: object) -> None:
        self.gate.set()
        self.amqp.close()

    def work(self, delivery: Delivery) -> DeliveryOutcome:
        self.began.append(delivery.content)
        self.gate.wait(20)
        try:
            self.amqp.publish(message(delivery.content))
        except Stopped:
            raise
        except Exception as error:  # noqa: BLE001 - kept for the test to see
            self.errors.append(error)
            return DeliveryOutcome.FAILED
        self.ended.append(delivery.content)
        return DeliveryOutcome.DONE


def numbers(count: int) -> list[bytes]:
    return [b"%d" % number for number in range(count)]


# --- the main line ---------------------------------------------------------------------------------------------------


def test_one_at_a_time_keeps_the_order(step: StepQueues) -> None:
    step.put(*numbers(50))
    with Relay(step) as worker:
        eventually(lambda: len(worker.ended) == 50)
    assert worker.began == numbers(50)
    assert [content for content, _ in step.take()] == numbers(50)
    assert step.count() == 0


def test_as_many_as_the_prefetch_are_in_work_at_once_and_no_more(step: StepQueues) -> None:
    step.put(*numbers(12))
    with Relay(step, held=True, prefetch=5) as worker:
        eventually(lambda: len(worker.began) == 5)
        eventually(lambda: step.count() == 7)
        worker.gate.set()
        eventually(lambda: len(worker.ended) == 12)
        assert worker.amqp._consumer._threads == 5
    assert step.count() == 0


def test_a_worker_with_little_to_do_has_few_threads(step: StepQueues) -> None:
    with Relay(step, prefetch=100) as worker:
        for number in range(5):
            step.put(b"%d" % number)
            eventually(lambda: len(worker.ended) > number)  # noqa: B023 - called before the loop goes on
            assert worker.amqp.drain(time.monotonic() + 5)
        assert worker.amqp._consumer._threads <= 2


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
        channel.basic_publish("", step.name, b"strange", Properties(headers, {}))
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


def test_what_is_published_arrives_as_it_was_given(step: StepQueues) -> None:
    with Amqp(step.settings()) as amqp:
        amqp.publish(Publish("data", b"\x00" * 300_000, {"messageId": "m", "end": 1_790_000_000_000}, PERSISTENT))
    with step.rabbit.channel() as channel:
        _, properties, content = channel.basic_get(step.out)
    assert content == b"\x00" * 300_000
    assert properties.headers == {"messageId": "m", "end": 1_790_000_000_000}
    given = {name: value for name, value in vars(properties).items() if value is not None and name != "headers"}
    assert given == PERSISTENT


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
        assert amqp.drain(time.monotonic() + 5)
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
        assert amqp.drain(time.monotonic() + 5)
    assert step.count() == 0


def test_over_tls_it_is_the_same(step: StepQueues) -> None:
    if step.rabbit.node is None:
        pytest.skip("AMQP_URI names a broker whose certificate is not known here")
    step.put(*numbers(200))
    with Relay(step, uri=step.rabbit.node.tls_uri, prefetch=10) as worker:
        worker.amqp.publish(message(b"\x00" * 1_000_000))
        eventually(lambda: len(worker.ended) == 200)
        assert worker.amqp.drain(time.monotonic() + 5)
    assert {content for content, _ in step.take()} == {*numbers(200), b"\x00" * 1_000_000}
    assert step.count() == 0


def test_a_certificate_that_nobody_vouches_for_is_an_error_at_the_start(step: StepQueues) -> None:
    if step.rabbit.node is None:
        pytest.skip("AMQP_URI names a broker that may have no TLS")
    uri = f"amqps://guest:guest@127.0.0.1:{step.rabbit.node.tls_port}/%2F"
    with pytest.raises(Unreachable, match="certificate verify failed"):
        Amqp(step.settings(uri=uri, reconnect_attempts=0)).connect()


# --- publishes that do not get through -------------------------------------------------------------------------------


def test_a_message_that_no_queue_takes_is_an_error_and_the_next_one_is_not(step: StepQueues) -> None:
    with Amqp(step.settings()) as amqp:
        with pytest.raises(Unroutable, match="No queue takes messages with routing key 'nowhere'"):
            amqp.publish(message(route="nowhere"))
        amqp.publish(message(b"next"))
    assert [content for content, _ in step.take()] == [b"next"]


def test_of_many_messages_at_once_just_the_unroutable_ones_fail(step: StepQueues) -> None:
    routes = ["data", "nowhere", "data", "nobody"] * 20
    with Amqp(step.settings()) as amqp:
        results = in_parallel([partial(amqp.publish, message(b"same", route)) for route in routes])
    assert [type(result) for result in results] == [type(None), Unroutable, type(None), Unroutable] * 20
    assert len(step.take()) == 40


def test_a_full_queue_is_waited_for_and_the_message_says_how_often(step: StepQueues) -> None:
    with step.rabbit.channel() as channel:
        channel.queue_delete(step.out)
    step.declare(**{"x-max-length": 1, "x-overflow": "reject-publish"})
    with Amqp(step.settings(publish_max_delay=0.05)) as amqp:
        amqp.publish(message(b"fills it"))
        waiting = threading.Thread(target=amqp.publish, args=(message(b"waits"),))
        waiting.start()
        eventually(lambda: [job for job in list(amqp._publisher._resting) if job.failures > 2])
        assert [content for content, _ in step.take()] == [b"fills it"]
        waiting.join(10)
    [(content, headers)] = step.take()
    assert (content, headers["messageId"]) == (b"waits", "m")
    assert headers["retry"] >= 3


def test_a_full_queue_is_given_up_after_the_attempts_that_the_settings_allow(step: StepQueues) -> None:
    with step.rabbit.channel() as channel:
        channel.queue_delete(step.out)
    step.declare(**{"x-max-length": 1, "x-overflow": "reject-publish"})
    with Amqp(step.settings(publish_attempts=3)) as amqp:
        amqp.publish(message())
        with pytest.raises(Refused, match="turned the message down 3 times: the queue is full"):
            amqp.publish(message())


def test_a_missing_exchange_is_waited_for(step: StepQueues) -> None:
    with step.rabbit.channel() as channel:
        channel.exchange_delete(step.name)
    with Amqp(step.settings(publish_max_delay=0.05)) as amqp:
        waiting = threading.Thread(target=amqp.publish, args=(message(b"waits"),))
        waiting.start()
        eventually(lambda: [job for job in list(amqp._publisher._resting) if job.failures > 1])
        step.declare()
        waiting.join(10)
    assert [content for content, _ in step.take()] == [b"waits"]


def test_a_missing_exchange_is_given_up_after_the_attempts_that_the_settings_allow(step: StepQueues) -> None:
    with step.rabbit.channel() as channel:
        channel.exchange_delete(step.name)
    with (
        Amqp(step.settings(publish_attempts=2)) as amqp,
        pytest.raises(Refused, match=r"down 2 times: .*NOT_FOUND - no exchange"),
    ):
        amqp.publish(message())


def test_a_message_that_the_broker_never_takes_fails_alone(step: StepQueues) -> None:
    with Amqp(step.settings()) as amqp:
        good = [partial(amqp.publish, message(b"good"))] * 10
        bad = [partial(amqp.publish, message(b"bad", user_id="somebody else"))]
        results = in_parallel(good + bad + good)
    assert [type(result) for result in results] == [*[type(None)] * 10, Refused, *[type(None)] * 10]
    assert {content for content, _ in step.take()} == {b"good"}


def test_headers_that_outgrow_a_frame_fail_alone_and_cost_no_connection(step: StepQueues) -> None:
    with Relay(step) as worker:
        with pytest.raises(TooLarge, match=r"headers of the message have 13\d{4} bytes; they must fit into one frame"):
            worker.amqp.publish(replace(message(), headers={"x": "y" * 131_030}), time.monotonic() + 5)
        worker.amqp.publish(replace(message(b"fits"), headers={"x": "y" * 130_900}))
        worker.amqp.publish(message(b"next"))
    assert [content for content, _ in step.take()] == [b"fits", b"next"]


def test_the_limit_that_the_broker_names_is_remembered(step: StepQueues, caplog: pytest.LogCaptureFixture) -> None:
    told = step.rabbit.ctl("eval", "application:get_env(rabbit, max_message_size, 16777216).")
    content = b"x" * (int(re.findall(r"\d+", told)[-1]) + 1)
    with Relay(step) as worker:
        for _ in range(3):
            with pytest.raises(TooLarge, match=r"the broker takes at most \d+"):
                worker.amqp.publish(message(content), time.monotonic() + 20)
        worker.amqp.publish(message(b"next"))
    assert [content for content, _ in step.take()] == [b"next"]
    assert caplog.text.count("channel closed") == 1


def test_what_has_no_form_on_the_wire_is_the_publishers_error(step: StepQueues) -> None:
    with Amqp(step.settings()) as amqp:
        with pytest.raises(Refused, match="object"):
            amqp.publish(Publish("data", b"x", {"strange": object()}, PERSISTENT))
        with pytest.raises(Refused, match="300 bytes"):
            amqp.publish(message(route="r" * 300))
        with pytest.raises(Refused, match="frames"):
            amqp.publish(message(route="\ud800"))
        amqp.publish(message())
    assert len(step.take()) == 1


def in_parallel(acts: Sequence[Callable[[], object]]) -> list[object]:
    """Call them all at once; return what each returned or raised."""
    results: list[object] = [...] * len(acts)
    start = threading.Barrier(len(acts))

    def run(index: int, act: Callable[[], object]) -> None:
        start.wait(10)
        try:
            results[index] = act()
        except Exception as error:  # noqa: BLE001 - kept for the test to see
            results[index] = error

    threads = [threading.Thread(target=run, args=(index, act)) for index, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return results


# --- the connection goes ---------------------------------------------------------------------------------------------


@contextmanager
def cut_off(step: StepQueues, **settings: Any) -> Iterator[tuple[Relay, Cable]]:
    """Return a worker, held, whose cable can be cut."""
    with Cable(step.rabbit.uri) as cable, Relay(step, held=True, uri=cable.uri, **settings) as worker:
        yield worker, cable


def test_cut_in_the_middle_of_work_nothing_is_lost_and_nothing_runs_twice(step: StepQueues) -> None:
    step.put(*numbers(20))
    with cut_off(step, prefetch=8) as (worker, cable):
        for _ in range(2):
            eventually(lambda: len(worker.began) == 8 and len(worker.amqp._consumer._works) == 8)
            assert cable.cut() == 2
            eventually(lambda: len(cable._pairs) == 2)
        worker.gate.set()
        eventually(lambda: len(worker.ended) == 20)
        assert worker.amqp.drain(time.monotonic() + 5)
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
        eventually(lambda: step.count() == 0 and not worker.amqp._consumer._works)
    arrived = Counter(content for content, _ in step.take())
    assert set(arrived) == set(numbers(2000))
    # Acknowledgements and confirms that were under way at the four cuts: at most one prefetch each.
    assert sum(arrived.values()) <= 2000 + 4 * 20


def test_a_message_that_was_finished_while_the_broker_was_away_is_not_run_again(step: StepQueues) -> None:
    seen: list[bytes] = []
    gate = threading.Event()

    def work(delivery: Delivery) -> DeliveryOutcome:
        seen.append(delivery.content)
        gate.wait(10)
        return DeliveryOutcome.DONE

    step.put(b"1")
    with Cable(step.rabbit.uri) as cable, Amqp(step.settings(uri=cable.uri)) as amqp:
        amqp.consume(work, by_message_id)
        eventually(lambda: seen)
        cable.unplug()
        eventually(lambda: amqp._reading.channel is None)
        gate.set()
        assert amqp.drain(time.monotonic() + 5)
        cable.plug()
        eventually(lambda: amqp._consumer._count == 2)
        step.put(b"2")
        eventually(lambda: b"2" in seen)
        assert amqp.drain(time.monotonic() + 5)
    assert seen == [b"1", b"2"]
    assert step.count() == 0


def test_two_messages_with_the_same_id_are_two_messages(step: StepQueues) -> None:
    step.put(b"a", b"b", b"b", headers=lambda _: {"messageId": "one for all"})
    with cut_off(step, prefetch=5) as (worker, cable):
        eventually(lambda: len(worker.began) == 3)
        cable.cut()
        eventually(lambda: worker.amqp._consumer._count == 6)
        worker.gate.set()
        eventually(lambda: len(worker.ended) == 3)
        assert worker.amqp.drain(time.monotonic() + 5)
    assert sorted(worker.began) == [b"a", b"b", b"b"]
    assert step.count() == 0


def test_a_message_without_an_id_is_run_again_after_a_cut_and_done(step: StepQueues) -> None:
    step.put(b"1", headers=lambda _: {})
    with cut_off(step, prefetch=2) as (worker, cable):
        eventually(lambda: len(worker.began) == 1)
        cable.cut()
        eventually(lambda: len(worker.began) == 2)
        worker.gate.set()
        assert worker.amqp.drain(time.monotonic() + 5)
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
            assert worker.amqp.drain(time.monotonic() + 5)
    assert step.count() == 0


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
        eventually(lambda: step.count() == 0 and not worker.amqp._consumer._works)


def test_publishes_wait_for_a_broker_that_is_away(step: StepQueues) -> None:
    with Cable(step.rabbit.uri) as cable, Amqp(step.settings(uri=cable.uri, publish_attempts=1)) as amqp:
        cable.unplug()
        with pytest.raises(Unconfirmed, match="in the time given"):
            amqp.publish(message(b"too late"), time.monotonic() + 0.1)
        waiting = threading.Thread(target=amqp.publish, args=(message(b"waits"),))
        waiting.start()
        eventually(lambda: amqp._publisher._waiting)
        cable.plug()
        waiting.join(10)
    assert [content for content, _ in step.take()] == [b"waits"]


def test_a_consumer_that_the_broker_cancels_begins_anew(step: StepQueues) -> None:
    with Relay(step) as worker:
        step.put(b"before")
        eventually(lambda: worker.ended == [b"before"])
        with step.rabbit.channel() as channel:
            channel.queue_delete(step.name)
        eventually(lambda: worker.amqp._reading._failures >= 2)
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
        assert worker.amqp.drain(time.monotonic() + 5)
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
        eventually(lambda: len(worker.ended) >= 200 and step.count() == 0, within=30)
        assert worker.amqp.drain(time.monotonic() + 5)
    assert {content for content, _ in step.take()} == set(numbers(200))


# --- start and stop --------------------------------------------------------------------------------------------------


def test_a_missing_input_queue_is_an_error_at_the_start(step: StepQueues) -> None:
    with Amqp(step.settings(queue="nobody declared this")) as amqp:
        with pytest.raises(InputMissing, match=r"nobody declared this.*NOT_FOUND"):
            amqp.consume(lambda _: DeliveryOutcome.DONE, by_message_id)
        amqp.publish(message(b"the init error"))
    assert len(step.take()) == 1


def test_a_broker_that_is_not_there_is_an_error_at_the_start(step: StepQueues) -> None:
    uri = f"amqp://guest:secret@127.0.0.1:{free_port()}/"
    amqp = Amqp(step.settings(uri=uri, reconnect_attempts=2, reconnect_delay=0.01))
    with pytest.raises(Unreachable, match="Connection refused"):
        amqp.connect()
    assert not [thread for thread in threading.enumerate() if thread is amqp._io._thread]


def test_a_wrong_password_is_an_error_at_the_start_and_is_not_told(step: StepQueues) -> None:
    uri = step.rabbit.uri.replace("guest:guest", "guest:wrongsecret")
    settings = step.settings(uri=uri, reconnect_attempts=0)
    assert "wrongsecret" not in repr(settings)
    with pytest.raises(Unreachable, match=r"ACCESS_REFUSED|Authentication") as caught:
        Amqp(settings).connect()
    assert "wrongsecret" not in str(caught.value)


@pytest.mark.parametrize(
    "uri", ["amqp://user:secret@host:port/", "http://user:secret@host/", "amqp://a:secret@h?heartbeat=x"]
)
def test_a_malformed_address_is_named_without_telling_the_password(step: StepQueues, uri: str) -> None:
    with pytest.raises(Unreachable) as caught:
        Amqp(step.settings(uri=uri))
    assert "secret" not in repr(caught.value)
    assert caught.value.__cause__ is None


def test_stopping_lets_work_end_and_gives_back_the_rest(step: StepQueues) -> None:
    step.put(*numbers(10))
    with Relay(step, held=True, prefetch=3) as worker:
        eventually(lambda: len(worker.began) == 3)
        worker.amqp.stop_consuming()
        assert not worker.amqp.drain(time.monotonic() + 0.05)
        worker.gate.set()
        assert worker.amqp.drain(time.monotonic() + 5)
    assert len(worker.ended) == len(step.take()) == 3
    assert step.count() == 7


def test_stopping_while_a_publish_is_tried_again_returns_in_time_and_the_input_goes_back(step: StepQueues) -> None:
    with step.rabbit.channel() as channel:
        channel.exchange_delete(step.name)
    step.put(b"1")
    with Relay(step, publish_delay=60) as worker:
        eventually(lambda: worker.amqp._publisher._resting)
        began = time.monotonic()
        worker.amqp.stop_consuming()
        assert not worker.amqp.drain(began + 0.1)
        worker.amqp.close(began + 3)
        assert time.monotonic() < began + 3
    assert not worker.ended
    assert not worker.errors
    eventually(lambda: step.count() == 1)


def test_stopping_while_the_broker_is_away_returns_in_time(step: StepQueues) -> None:
    with cut_off(step) as (worker, cable):
        cable.unplug()
        began = time.monotonic()
        worker.amqp.close(began + 5)
        assert time.monotonic() < began + 2
        with pytest.raises(Stopped):
            worker.amqp.publish(message())


def test_closing_does_not_wait_for_a_step_that_never_ends(step: StepQueues) -> None:
    step.put(b"1")
    with Relay(step, held=True) as worker:
        eventually(lambda: worker.began)
        began = time.monotonic()
        worker.amqp.close(began + 2)
        assert time.monotonic() < began + 2
    eventually(lambda: step.count() == 1)


def test_work_that_never_ends_can_be_given_up_and_does_not_hold_its_place(step: StepQueues) -> None:
    step.put(b"hangs", b"next")
    seen: list[Delivery] = []
    never = threading.Event()

    def work(delivery: Delivery) -> DeliveryOutcome:
        seen.append(delivery)
        if delivery.content == b"hangs":
            never.wait(20)
        return DeliveryOutcome.DONE

    with Amqp(step.settings(prefetch=1)) as amqp:
        amqp.consume(work, by_message_id)
        eventually(lambda: seen)
        amqp.finish(seen[0], DeliveryOutcome.FAILED)
        eventually(lambda: len(seen) == 2)
        never.set()
        assert amqp.drain(time.monotonic() + 5)
        eventually(lambda: amqp._consumer._stuck == 0)
    assert step.count() == 0


def test_memory_of_settled_messages_is_given_back(step: StepQueues) -> None:
    step.put(*numbers(500))
    with Relay(step, prefetch=20) as worker:
        eventually(lambda: len(worker.ended) == 500)
        assert worker.amqp.drain(time.monotonic() + 5)
        consumer, publisher = worker.amqp._consumer, worker.amqp._publisher
        kept = [consumer._works, consumer._orphans, consumer._finished, publisher._unconfirmed, publisher._waiting]
        assert not any(kept)
        assert consumer._queue.empty()
