"""Whoever waits learns that the worker stops."""

from __future__ import annotations

import threading
import time

from pysailor.transport.base import Stopped
from pysailor.worker.stopping import Stopping


def test_whoever_waits_for_a_turn_hears_that_the_worker_stops_and_waits_on_only_for_what_can_be_in_time() -> None:
    stopping = Stopping()
    outcomes: list[str] = []

    def pause() -> None:
        try:
            stopping.pause(60)
        except Stopped:
            outcomes.append("stopped")

    thread = threading.Thread(target=pause)
    thread.start()
    stopping.request(time.monotonic() + 30)
    thread.join(60)
    assert outcomes == ["stopped"]
    stopping.pause(0.001)
