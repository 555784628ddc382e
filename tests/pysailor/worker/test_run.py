"""A worker's process."""

from __future__ import annotations

import os
import threading

from pysailor.worker.run import stay_on_one_cpu


def test_a_worker_that_stays_on_one_processor_has_its_threads_there_too() -> None:
    found: list[set[int]] = []

    def look() -> None:
        found.append(os.sched_getaffinity(0))

    def begin() -> None:  # on a thread of its own, as the test's has to keep its processors
        stay_on_one_cpu()
        look()
        inner = threading.Thread(target=look)
        inner.start()
        inner.join()

    outer = threading.Thread(target=begin)
    outer.start()
    outer.join()
    (here, there) = found
    assert here == there
    assert len(here) == 1
