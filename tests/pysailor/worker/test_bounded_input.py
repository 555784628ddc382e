"""A worker refuses what is too much with a named error."""

from __future__ import annotations

import pytest

from pysailor.transport.base import DeliveryOutcome
from pysailor.wire.bounds import Bounds
from tests.support.worker_bench import Bench, order


@pytest.mark.parametrize(
    "bounds", [Bounds(size=10), Bounds(headers=1), Bounds(header_bytes=10), Bounds(depth=1)], ids=str
)
def test_what_is_too_much_fails_with_its_name(bench: Bench, bounds: Bounds) -> None:
    delivery = order("many", {"one": "header", "other": "header"}, times=[[1] * 20])
    assert bench.worker(bounds=bounds)(delivery) is DeliveryOutcome.FAILED
    assert bench.error()["code"] == "message_over_limit"
