"""A message takes at most fifteen times its content in memory, from its delivery to its acknowledgement."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.stage import CIPHER
from tests.support.worker_bench import Bench, order

if TYPE_CHECKING:
    from pysailor.transport.base import DeliveryOutcome

ROOT = Path(__file__).parents[3]
SIZE = 6 << 20
BODIES: dict[str, Any] = {
    "one long text": "x" * SIZE,
    "many short texts": [f"{number:07d} word" for number in range(SIZE // 15)],
    "many small objects": [{"id": number, "name": f"{number}"} for number in range(SIZE // 30)],
    "many numbers": [1] * (SIZE // 2),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_message_takes_at_most_fifteen_times_its_content(name: str) -> None:
    content = CIPHER.encode({"body": {"do": "", "said": BODIES[name]}})
    command = [sys.executable, "-m", "tests.support.message_memory"]
    done = subprocess.run(command, input=content, cwd=ROOT, capture_output=True, check=True, timeout=60)
    assert 0 < int(done.stdout) <= 15 * len(content), f"{int(done.stdout) / len(content):.1f} times"


@pytest.mark.parametrize("do", ["many", "fail", "crash", "rebound", "exit"])
def test_nothing_of_a_message_that_is_done_waits_for_the_collector(bench: Bench, do: str) -> None:
    worker = bench.worker()

    def go() -> DeliveryOutcome:
        return bench.settled(bench.begin(worker, order(do, times=1)))

    outcome = go()  # what is loaded or kept for good the first time does not count
    gc.collect()
    gc.disable()
    try:
        assert [go() for _ in range(5)] == [outcome] * 5
        assert gc.collect() < 100  # a circle would hold some 60 of each
    finally:
        gc.enable()
