"""Alive is a worker whose I/O loop turns; ready is one that also gets messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pysailor.monitoring.health import LIMIT, Health
from pysailor.monitoring.metrics import Metrics
from pysailor.monitoring.observer import Notes
from pysailor.monitoring.server import MonitoringServer
from pysailor.transport.base import DeliveryOutcome, TransportState
from pysailor.transport.memory import MemoryTransport
from tests.support.monitoring import SESSION

if TYPE_CHECKING:
    from collections.abc import Callable


class Hanging(MemoryTransport):
    """A transport whose loop comes to nothing, until it is let go on."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Callable[[TransportState], None]] = []

    def probe(self, report: Callable[[TransportState], None]) -> None:
        self.asked.append(report)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_worker_that_starts_is_alive_and_not_ready(clock: Clock) -> None:
    health = Health(clock)
    clock.now += 1000
    health.probe()
    assert health.is_alive
    assert not health.is_ready


def test_a_loop_that_does_not_turn_for_ten_seconds_is_dead_until_it_does(clock: Clock) -> None:
    health, transport = Health(clock), Hanging()
    health.attach(transport)
    health.probe()
    alive = []
    for seconds in (LIMIT - 0.1, 0.2):
        clock.now += seconds
        alive.append(health.is_alive)
    transport.asked[0](TransportState(reading=True, writing=True, consuming=True))
    assert [*alive, health.is_alive] == [True, False, True]
    assert health.is_ready


def test_a_loop_that_hangs_is_not_asked_again_and_again(clock: Clock) -> None:
    health, transport = Health(clock), Hanging()
    health.attach(transport)
    for _ in range(5):
        health.probe()
    assert len(transport.asked) == 1


def test_an_answer_that_comes_after_the_end_makes_nothing_ready(clock: Clock) -> None:
    health, transport = Health(clock), Hanging()
    health.attach(transport)
    health.probe()
    health.detach()
    transport.asked[0](TransportState(reading=True, writing=True, consuming=True))
    assert not health.is_ready


def test_a_transport_in_memory_tells_its_state() -> None:
    health = Health()
    with MemoryTransport() as transport:
        health.attach(transport)
        health.probe()
        assert health.state == TransportState(reading=True, writing=True)
        transport.consume(lambda _: DeliveryOutcome.DONE, lambda _: None)
        health.probe()
        assert health.is_ready
        transport.away()
        health.probe()
        assert health.state.blocked
        assert not health.state.writing


def test_the_probe_tells_how_long_the_loop_has_been_silent(clock: Clock) -> None:
    health = Health(clock)
    health.attach(Hanging())
    server = MonitoringServer("127.0.0.1", 0, Metrics(Notes(), health, 1, {"version": "1"}), health)
    server.start()
    try:
        clock.now += 42
        answer = SESSION.get(f"http://127.0.0.1:{server.port}/healthz", timeout=60)
        ready = SESSION.head(f"http://127.0.0.1:{server.port}/readyz", timeout=60)
    finally:
        server.stop()
    assert (answer.status_code, answer.text) == (503, "the I/O loop has not turned for 42 s\n")
    assert (ready.status_code, ready.text) == (503, "")
