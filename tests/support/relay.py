"""A step's queues on a real broker, and a relay that passes on what it gets: for tests of the transport."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import pytest

from pysailor.transport.base import DeliveryOutcome, Stopped
from pysailor.wire.envelope import Delivery, Publish
from tests.support.broker import Cable, Rabbit

pytest.importorskip("pika")
from pysailor.transport.amqp import Amqp, Broker

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


def message(content: bytes = b"x", route: str = "data", **properties: Any) -> Publish:
    return Publish(route, content, {"messageId": "m"}, {**PERSISTENT, **properties})


def by_message_id(delivery: Delivery) -> object:
    return delivery.headers.get("messageId")


class Relay:
    """Passes on what it gets; remembers what it began and ended. Held, it waits in between until `gate` is set."""

    DEFAULT_MAX_DELAY = Broker("", "", "").reconnect_max_delay

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
        self.gate.wait(60)
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


def in_parallel(acts: Sequence[Callable[[], object]]) -> list[object]:
    """Call them all at once; return what each returned or raised."""
    results: list[object] = [...] * len(acts)
    start = threading.Barrier(len(acts))

    def run(index: int, act: Callable[[], object]) -> None:
        start.wait(60)
        try:
            results[index] = act()
        except Exception as error:  # noqa: BLE001 - kept for the test to see
            results[index] = error

    threads = [threading.Thread(target=run, args=(index, act)) for index, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


@contextmanager
def cut_off(step: StepQueues, **settings: Any) -> Iterator[tuple[Relay, Cable]]:
    """Return a worker, held, whose cable can be cut."""
    with Cable(step.rabbit.uri) as cable, Relay(step, held=True, uri=cable.uri, **settings) as worker:
        yield worker, cable


def count_threads(prefix: str) -> int:
    """Return how many threads with such a name there are."""
    return sum(thread.name.startswith(prefix) for thread in threading.enumerate())


def count_logged(caplog: pytest.LogCaptureFixture, text: str) -> int:
    """Return how many lines of the log have this text."""
    return sum(text in record.getMessage() for record in list(caplog.records))
