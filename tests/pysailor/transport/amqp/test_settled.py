"""An acknowledgement that was lost with the connection does not have a message run twice."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from pysailor.transport.base import DeliveryOutcome
from pysailor.wire.envelope import Delivery
from pysailor.wire.headers import EVENT_ID
from tests.support.broker import Cable, eventually

pytest.importorskip("pika")
from pysailor.transport.amqp import Amqp
from pysailor.transport.amqp.settled import LONG_ENOUGH, MOST, SettledMemory
from tests.support.relay import by_message_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.relay import StepQueues

NAMED = {"messageId": "m", EVENT_ID: "e"}
DONE, FAILED = DeliveryOutcome.DONE, DeliveryOutcome.FAILED


class Runs:
    """A worker that publishes nothing, behind a cable; `began` is what it was given."""

    def __init__(self, step: StepQueues, cable: Cable, outcome: DeliveryOutcome) -> None:
        self.began: list[bytes] = []
        self.gate = threading.Event()
        self.cable = cable
        self._outcome = outcome
        self.amqp = Amqp(step.settings(uri=cable.uri, prefetch=2))

    def work(self, delivery: Delivery) -> DeliveryOutcome:
        self.began.append(delivery.content)
        self.gate.wait(60)
        return self._outcome

    def lose_the_acknowledgement(self) -> None:
        """Let the work end while nothing that is written arrives, then cut."""
        eventually(lambda: self.began)
        self.cable.swallow()
        self.gate.set()
        assert self.amqp.drain(time.monotonic() + 60)
        self.cable.cut()


@contextmanager
def running(step: StepQueues, outcome: DeliveryOutcome = DONE) -> Iterator[Runs]:
    with Cable(step.rabbit.uri) as cable:
        runs = Runs(step, cable, outcome)
        with runs.amqp:
            runs.amqp.consume(runs.work, by_message_id)
            yield runs
            runs.gate.set()


@pytest.mark.parametrize("outcome", [DONE, FAILED])
def test_a_message_whose_acknowledgement_was_lost_is_not_run_again(step: StepQueues, outcome: DeliveryOutcome) -> None:
    step.put(b"once", headers=lambda _: NAMED)
    with running(step, outcome) as runs:
        runs.lose_the_acknowledgement()
        eventually(lambda: runs.amqp._consumer.is_consuming)
        step.put(b"next", headers=lambda _: {**NAMED, EVENT_ID: "f"})
        eventually(lambda: runs.began[-1] == b"next")
        assert runs.amqp.drain(time.monotonic() + 60)
    assert runs.began == [b"once", b"next"]
    assert step.count() == 0


@pytest.mark.parametrize("headers", [{"messageId": "m"}, {}])
def test_one_without_an_event_name_is_run_again_as_it_may_be_another(step: StepQueues, headers: dict[str, Any]) -> None:
    step.put(b"twice", headers=lambda _: headers)
    with running(step) as runs:
        runs.lose_the_acknowledgement()
        eventually(lambda: runs.began == [b"twice", b"twice"])
        assert runs.amqp.drain(time.monotonic() + 60)
    assert step.count() == 0


def delivery(headers: dict[str, Any] | None = None, content: bytes = b"content", *, again: bool = True) -> Delivery:
    return Delivery(1, content, NAMED if headers is None else headers, {}, again)


def test_it_is_known_on_a_later_channel_only_and_once() -> None:
    memory = SettledMemory()
    memory.add(delivery(), FAILED, 1)
    assert memory.take(delivery(), 2) is FAILED
    assert memory.take(delivery(), 2) is None
    memory.add(delivery(), DONE, 2)
    assert memory.take(delivery(), 2) is None, "the broker was told on this very channel: it is a copy"


@pytest.mark.parametrize(
    "other",
    [
        delivery(again=False),
        delivery({**NAMED, EVENT_ID: "other"}),
        delivery({**NAMED, "reboundIteration": 1}),
        delivery({"messageId": "m"}),
        delivery(content=b"another"),
        delivery(content=b"content!"),
    ],
    ids=["not brought before", "another name", "a rebound", "no name", "same length", "longer"],
)
def test_what_may_be_another_message_is_new(other: Delivery) -> None:
    memory = SettledMemory()
    memory.add(delivery(), DONE, 1)
    assert memory.take(other, 2) is None


def test_a_copy_that_came_since_makes_it_uncertain() -> None:
    memory = SettledMemory()
    memory.add(delivery(), DONE, 1)
    assert memory.take(delivery(again=False), 1) is None
    assert memory.take(delivery(), 2) is None


def test_what_the_broker_must_know_by_now_is_forgotten_but_not_while_the_channel_is_gone() -> None:
    now = [0.0]
    memory = SettledMemory(lambda: now[0])
    memory.add(delivery(), DONE, 1)
    memory.add(delivery({**NAMED, EVENT_ID: "f"}), DONE, 1)
    now[0] = LONG_ENOUGH + 1
    assert memory.take(delivery({**NAMED, EVENT_ID: "f"}), 2) is DONE
    memory.take(delivery({**NAMED, EVENT_ID: "g"}, again=False), 1)
    assert len(memory) == 0


def test_memory_is_bounded() -> None:
    memory = SettledMemory(lambda: 0.0)
    for number in range(MOST + 5):
        memory.add(delivery({EVENT_ID: f"n{number}"}), DONE, number % 3)
    assert len(memory) == MOST
    assert memory.take(delivery({EVENT_ID: "n0"}), 9) is None
    assert memory.take(delivery({EVENT_ID: f"n{MOST + 4}"}), 9) is DONE
