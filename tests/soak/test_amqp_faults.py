"""The transport under faults that take their time. Each test says what was lost (nothing) and what came twice."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

import pytest

from pysailor.transport.base import DeliveryOutcome, NotPublished
from pysailor.wire.envelope import Delivery, Publish
from tests.support.broker import Cable, Rabbit, eventually

pytest.importorskip("pika")
from pysailor.transport.amqp import Amqp, Broker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.soak

PERSISTENT = {"content_type": "application/json", "delivery_mode": 2}


class LoadedRelay:
    """An input queue, a worker that passes on what it gets after a moment, and an output queue."""

    def __init__(self, rabbit: Rabbit, uri: str = "", *, moment: float = 0.0, **settings: Any) -> None:
        self.rabbit = rabbit
        self.name = f"soak.{uuid4().hex[:8]}"
        self.moment = moment
        self.runs: Counter[bytes] = Counter()
        given = {"uri": uri or rabbit.uri, "queue": self.name, "exchange": self.name, "reconnect_max_delay": 2.0}
        self.amqp = Amqp(Broker(**{**given, **settings}))

    def __enter__(self) -> Self:
        with self.rabbit.channel() as channel:
            channel.exchange_declare(self.name, durable=True)
            for queue in (self.name, f"{self.name}.out"):
                channel.queue_declare(queue, durable=True)
            channel.queue_bind(f"{self.name}.out", self.name, "data")
        self.amqp.connect()
        return self

    def __exit__(self, *_: object) -> None:
        self.amqp.close()
        with self.rabbit.channel() as channel:
            for queue in (self.name, f"{self.name}.out"):
                channel.queue_delete(queue)
            channel.exchange_delete(self.name)

    def put(self, count: int, first: int = 0) -> None:
        import pika  # noqa: PLC0415 - an extra

        with self.rabbit.channel() as channel:
            for number in range(first, first + count):
                properties = pika.BasicProperties(headers={"messageId": str(number)}, delivery_mode=2)
                channel.basic_publish("", self.name, b"%d" % number, properties)

    def work(self, delivery: Delivery) -> DeliveryOutcome:
        threading.Event().wait(self.moment)
        try:
            self.amqp.publish(Publish("data", delivery.content, {"messageId": "m"}, PERSISTENT))
        except NotPublished:
            return DeliveryOutcome.RETURNED
        self.runs[delivery.content] += 1
        return DeliveryOutcome.DONE

    def consume(self) -> None:
        self.amqp.consume(self.work, lambda delivery: delivery.headers.get("messageId"))

    def settled(self) -> bool:
        with self.rabbit.channel() as channel:
            waiting = channel.queue_declare(self.name, passive=True).method.message_count
        return not waiting and not self.amqp._consumer._works

    def arrived(self) -> Counter[bytes]:
        with self.rabbit.channel() as channel:
            count = channel.queue_declare(f"{self.name}.out", passive=True).method.message_count
            return Counter(channel.basic_get(f"{self.name}.out", auto_ack=True)[2] for _ in range(count))


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> Callable[[LoadedRelay, int], None]:
    """Claim that nothing was lost, and print what came twice."""

    def settle(line: LoadedRelay, sent: int) -> None:
        arrived = line.arrived()
        lost = sent - len(arrived)
        twice = sum(arrived.values()) - len(arrived)
        run_twice = sum(line.runs.values()) - len(line.runs)
        with capsys.disabled():
            print(f"\n{request.node.name}: {sent} sent, {lost} lost, {twice} arrived twice, {run_twice} ran twice")  # noqa: T201
        assert lost == 0

    return settle


@contextmanager
def every(seconds: float, act: Callable[[], object]) -> Iterator[None]:
    """Do it again and again meanwhile."""
    over = threading.Event()

    def repeat() -> None:
        while not over.wait(seconds):
            act()

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_cut_again_and_again_under_load(broker: Rabbit, tell: Callable[[LoadedRelay, int], None]) -> None:
    sent = 20_000
    with Cable(broker.uri) as cable, LoadedRelay(broker, cable.uri, prefetch=100, moment=0.05) as line:
        line.put(sent)
        with every(0.7, cable.cut):
            line.consume()
            eventually(lambda: len(line.runs) == sent, within=600)
        eventually(line.settled, within=300)
        tell(line, sent)


def test_a_broker_that_is_away_for_half_a_minute(broker: Rabbit, tell: Callable[[LoadedRelay, int], None]) -> None:
    sent = 20_000
    with LoadedRelay(broker, prefetch=50, moment=0.01) as line:
        line.put(sent)
        line.consume()
        eventually(lambda: len(line.runs) > 2000, within=600)
        broker.ctl("stop_app")
        stopped = len(line.runs)
        threading.Event().wait(30)
        assert len(line.runs) < stopped + 100
        broker.ctl("start_app")
        eventually(lambda: len(line.runs) == sent, within=600)
        eventually(line.settled, within=300)
        tell(line, sent)


def test_a_full_disk_holds_publishes_back_and_no_longer(
    broker: Rabbit, tell: Callable[[LoadedRelay, int], None], caplog: pytest.LogCaptureFixture
) -> None:
    with LoadedRelay(broker, prefetch=20) as line:
        line.put(500)
        broker.ctl("set_disk_free_limit", "mem_relative", "100000")
        try:
            line.consume()
            eventually(lambda: "takes no messages for now" in caplog.text)
            assert not line.runs
        finally:
            broker.ctl("set_disk_free_limit", "50MB")
        eventually(lambda: len(line.runs) == 500)
        eventually(line.settled)
        tell(line, 500)


def test_heartbeats_go_on_while_the_work_takes_longer_than_they_last(
    broker: Rabbit, tell: Callable[[LoadedRelay, int], None], caplog: pytest.LogCaptureFixture
) -> None:
    with LoadedRelay(broker, f"{broker.uri}?heartbeat=2", prefetch=2, moment=10) as line:
        line.put(2)
        line.consume()
        eventually(lambda: len(line.runs) == 2, within=120)
        eventually(line.settled)
        assert "lost" not in caplog.text
        tell(line, 2)


def test_memory_stays_flat_over_a_hundred_thousand_messages(
    broker: Rabbit, tell: Callable[[LoadedRelay, int], None], capsys: pytest.CaptureFixture[str]
) -> None:
    sizes = []
    with LoadedRelay(broker, prefetch=50) as line:
        line.runs = Counter({b"%d" % number: 0 for number in range(100_000)})
        line.consume()
        for first in range(0, 100_000, 20_000):
            line.put(20_000, first)
            eventually(lambda: sum(line.runs.values()) >= first + 20_000, within=600)  # noqa: B023 - called at once
            sizes.append(resident())
        eventually(line.settled, within=300)
        with capsys.disabled():
            print(f"\nMiB after each 20,000 messages: {', '.join(f'{size:.1f}' for size in sizes)}")  # noqa: T201
        assert sizes[-1] < sizes[0] + 10  # a hundred bytes that stay of each message would be as much
        tell(line, 100_000)


def test_no_stop_takes_longer_than_it_may_whenever_it_comes(broker: Rabbit) -> None:
    with Cable(broker.uri) as cable:
        for step in range(20):
            with LoadedRelay(broker, cable.uri, prefetch=20, moment=0.02) as line:
                line.put(300)
                line.consume()
                threading.Event().wait(0.03 * step)
                if step % 2:
                    cable.cut()
                began = time.monotonic()
                line.amqp.stop_consuming()
                line.amqp.drain(began + 3)
                line.amqp.close(began + 5)
                assert time.monotonic() < began + 5 + 20  # what a busy machine adds; without an end it is for ever
                done = set(line.runs)
                with broker.channel() as channel:
                    left = channel.queue_declare(line.name, passive=True).method.message_count
                assert left + len(done) >= 300
                assert done <= set(line.arrived())


def resident() -> float:
    """Return the MiB of memory that this process holds."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
