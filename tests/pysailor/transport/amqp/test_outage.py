"""However long a broker or a queue was away: soon after its return messages go in and out again."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.broker import eventually

pytest.importorskip("pika")
from tests.support.relay import Relay, StepQueues, cut_off, numbers

if TYPE_CHECKING:
    from collections.abc import Callable

AWAY = 7.0
"""Seconds; by then the waits between two tries are as long as they get."""
SOON = 60.0
"""Seconds: less than five, and what a busy machine adds."""
PATIENCE: dict[str, Any] = {"reconnect_max_delay": Relay.DEFAULT_MAX_DELAY}


def pause(seconds: float) -> None:
    threading.Event().wait(seconds)


def passes_messages_again(worker: Relay, step: StepQueues, within: float = SOON) -> None:
    """Claim that a message goes in, through both connections, and out."""
    back = time.monotonic()
    step.put(b"after")
    eventually(lambda: b"after" in worker.ended, within - (time.monotonic() - back))


def test_after_a_broker_that_was_stopped(step: StepQueues) -> None:
    step.put(*numbers(20))
    with Relay(step, prefetch=5, **PATIENCE) as worker:
        eventually(lambda: len(worker.ended) == 20)
        step.rabbit.ctl("stop_app")
        pause(AWAY)
        step.rabbit.ctl("start_app")
        passes_messages_again(worker, step)


@pytest.mark.parametrize("seconds", [0.5, 3.0])
@pytest.mark.parametrize("leave", ["unplug", "fall_silent"])
def test_after_a_network_that_refuses_or_does_not_answer(step: StepQueues, leave: str, seconds: float) -> None:
    with cut_off(step, **PATIENCE) as (worker, cable):
        worker.gate.set()
        begin: Callable[[], None] = getattr(cable, leave)
        begin()
        pause(seconds)
        cable.plug()
        passes_messages_again(worker, step)


def test_after_a_queue_that_was_deleted(step: StepQueues) -> None:
    with Relay(step, **PATIENCE) as worker:
        with step.rabbit.channel() as channel:
            channel.queue_delete(step.name)
        pause(AWAY)
        step.declare()
        passes_messages_again(worker, step)


def test_a_try_says_once_that_it_failed_for_both_connections(
    step: StepQueues, caplog: pytest.LogCaptureFixture
) -> None:
    with cut_off(step) as (worker, cable):
        worker.gate.set()
        cable.unplug()
        pause(1.0)
        cable.plug()
        passes_messages_again(worker, step)
    names = {record.getMessage().split(":")[0] for record in caplog.records if "cannot connect" in record.getMessage()}
    assert len(names) == 1
    assert "Traceback" not in caplog.text
