"""Nothing that a worker waits for holds the others."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from queue import SimpleQueue

import pytest
from gevent import monkey

from pysailor import pool
from pysailor.context import SnapshotUpdate
from pysailor.snapshot import CurrentSnapshot
from pysailor.transport.base import Stopped
from pysailor.worker.signals import StopRequested, StopSignal
from pysailor.worker.stopping import Stopping
from pysailor.worker.throttle import Rate, Throttle
from tests.support.ticks import others_go_on_during

LOG = logging.getLogger(__name__)
LONG = 0.3
"""Seconds; a hundred turns of others, of which a busy machine leaves some."""


def test_the_pool_is_that_of_greenlets() -> None:
    assert pool.current().name == "greenlets"


def test_two_messages_change_the_snapshot_though_each_waits_for_its_confirm() -> None:
    snapshot = CurrentSnapshot({})
    threads = [
        threading.Thread(
            target=snapshot.change, args=(SnapshotUpdate({str(number): 1}), lambda _: time.sleep(0.02), LOG)
        )
        for number in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert snapshot.copy() == {"0": 1, "1": 1}


def test_waiting_for_the_end_of_the_worker_holds_nobody() -> None:
    assert others_go_on_during(lambda: Stopping().wait(LONG))


def test_a_pause_holds_nobody_and_ends_when_the_worker_stops() -> None:
    stopping = Stopping()
    assert others_go_on_during(lambda: stopping.pause(LONG))
    threading.Timer(0.02, stopping.request).start()
    with pytest.raises(Stopped):
        stopping.pause(20)


def test_a_rate_that_is_used_up_holds_nobody() -> None:
    throttle = Throttle({"data": Rate(1, LONG)})
    throttle.wait("data")
    assert others_go_on_during(lambda: throttle.wait("data", Stopping().pause))


def test_an_empty_queue_holds_nobody() -> None:
    queue: SimpleQueue[int] = SimpleQueue()
    assert others_go_on_during(queue.get, lambda: queue.put(1))


def test_each_message_has_what_is_local_to_a_thread_for_itself() -> None:
    local = threading.local()
    local.value = "mine"
    seen: list[object] = []
    thread = threading.Thread(target=lambda: seen.append(getattr(local, "value", None)))
    thread.start()
    thread.join()
    assert seen == [None]


def test_the_wait_for_a_signal_holds_nobody() -> None:
    with StopSignal(60) as stop:
        assert others_go_on_during(stop.wait, lambda: os.kill(os.getpid(), signal.SIGTERM))
        assert stop.received


def test_a_signal_interrupts_the_start_wherever_another_greenlet_is_just_then() -> None:
    def send_and_go_on() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        until = time.monotonic() + 0.05
        while time.monotonic() < until:
            pass

    with StopSignal(60) as stop:
        thread = threading.Thread(target=send_and_go_on)
        with pytest.raises(StopRequested), stop.interrupting():
            _start_and_wait(thread)
        thread.join()


def _start_and_wait(thread: threading.Thread) -> None:
    thread.start()
    threading.Event().wait(120)


def test_what_is_offloaded_holds_nobody_and_raises_here() -> None:
    sleep = monkey.get_original("time", "sleep")
    assert others_go_on_during(lambda: pool.offload(sleep, LONG))
    with pytest.raises(ZeroDivisionError):
        pool.offload(divmod, 1, 0)


def test_what_is_offloaded_may_offload() -> None:
    assert pool.offload(lambda: pool.offload(divmod, 7, 2)) == (3, 1)
