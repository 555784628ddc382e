"""A process that works on the message that comes on standard input: `python -m tests.support.message_memory`.

It prints how much its resident memory grew at the most: what an allocator reserves and never touches costs nothing.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from pysailor.transport.base import DeliveryOutcome
from tests.support.worker_bench import Bench, order


def read(name: str) -> int:
    """Return a figure of this process, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith(name)).split()[1])


if __name__ == "__main__":
    bench = Bench()
    worker = bench.worker()
    small = order("", said="small")
    worker(small)
    content = sys.stdin.buffer.read()
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = read("VmRSS")
    outcome = worker(replace(small, content=content))
    assert outcome is DeliveryOutcome.DONE, outcome
    print(read("VmHWM") - before)  # noqa: T201 - its parent reads this
