"""A worker refuses what is too much with a named error, and a message takes no more memory than a few times itself."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest

from pysailor.transport.base import DeliveryOutcome
from pysailor.wire.bounds import Bounds
from tests.support.worker_bench import Bench, order

MEGABYTES = 8
BODIES: dict[str, dict[str, Any]] = {
    "one long text": {"do": "many", "times": 1, "said": "x" * (MEGABYTES << 20)},
    "many short texts": {"do": "many", "times": 1, "said": ["a few words"] * (MEGABYTES << 16)},
    "many small objects": {"do": "many", "times": 1, "said": [{"id": 1, "name": "x"}] * (MEGABYTES << 15)},
}


@pytest.mark.parametrize(
    "bounds", [Bounds(size=10), Bounds(headers=1), Bounds(header_bytes=10), Bounds(depth=1)], ids=str
)
def test_what_is_too_much_fails_with_its_name(bench: Bench, bounds: Bounds) -> None:
    delivery = order("many", {"one": "header", "other": "header"}, times=[[1] * 20])
    assert bench.worker(bounds=bounds)(delivery) is DeliveryOutcome.FAILED
    assert bench.error()["code"] == "message_over_limit"


@pytest.mark.parametrize("name", BODIES)
def test_a_message_takes_at_most_fifteen_times_its_content(bench: Bench, name: str) -> None:
    delivery = order(headers=None, **BODIES[name])
    worker = bench.worker()
    size = len(json.dumps(BODIES[name]))
    tracemalloc.start()
    worker(delivery)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most <= 15 * size, f"{most / size:.1f} times"
